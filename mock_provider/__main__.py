"""`python -m mock_provider`."""

import sys

from mock_provider.command import main

raise SystemExit(main(sys.argv[1:]))
