"""The reference system under test: a small streaming gateway that does it right."""
