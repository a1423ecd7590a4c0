"""What holds for every test."""

import os

from hypothesis import settings

# A developer's own settings must not change what a test sees; where Toxiproxy is may be said outside.
for name in list(os.environ):
    if name.startswith("STREAMPROOF_") and not name.startswith("STREAMPROOF_TOXIPROXY"):
        del os.environ[name]

# A busy machine must not fail a property.
settings.register_profile("streamproof", deadline=None)
settings.load_profile("streamproof")
