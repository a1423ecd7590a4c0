"""Starts the processes of a run, waits until they are healthy, always cleans up."""
