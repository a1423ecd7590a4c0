"""A network proxy of our own with Toxiproxy's API, for machines where no Toxiproxy can be had.

It runs as a process of its own: `python -m harness.network.builtin --host 127.0.0.1 --port 8474`. What it
does differently, and what it can do beyond, it says itself at `/x/info`.
"""
