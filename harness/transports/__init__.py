"""The only client sockets, one transport a file; they stamp reads and own the time limits."""
