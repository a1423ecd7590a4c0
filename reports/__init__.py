"""A summary in one output format a file."""
