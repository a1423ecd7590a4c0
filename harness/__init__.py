"""Drives load, damages the network, records and judges. ARCHITECTURE.md names the rooms."""

__version__ = "0.1.0"
