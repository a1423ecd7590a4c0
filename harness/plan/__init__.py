"""One YAML file -> one frozen `Plan`. Every key, default and message about a bad plan lives here."""
