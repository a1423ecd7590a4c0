"""`python -m mock_provider`."""

import sys

from harness.sockets import raise_limit
from mock_provider.command import main

raise_limit()
raise SystemExit(main(sys.argv[1:]))
