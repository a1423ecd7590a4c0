"""Numbers -> verdicts, one promise a file, found by name. Pure."""
