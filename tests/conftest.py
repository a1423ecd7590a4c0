"""What holds for every test."""

import os
import signal

from hypothesis import settings

# A developer's own settings must not change what a test sees; where Toxiproxy is may be said outside.
for name in list(os.environ):
    if name.startswith("STREAMPROOF_") and not name.startswith("STREAMPROOF_TOXIPROXY"):
        del os.environ[name]

# A shell that starts the tests in the background makes them deaf to SIGINT, and their children with them.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine must not fail a property.
settings.register_profile("streamproof", deadline=None)
settings.load_profile("streamproof")
