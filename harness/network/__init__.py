"""Toxiproxy, link profiles, and journeys as schedules of PATCHes."""
