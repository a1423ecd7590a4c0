"""Arrivals as pure schedules; the glue to Locust; what a load process writes down."""
