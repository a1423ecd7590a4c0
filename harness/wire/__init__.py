"""Bytes <-> frames, without any I/O: `feed(bytes)` returns what became whole. One format a file."""
