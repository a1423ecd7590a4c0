"""`x_connect` (ours): a client is accepted, its upstream dialled `delay` ms later; below 0, never.

It works before there are bytes, see `connection`; in the stream it is transparent.
"""

from harness.network.builtin.stages.stage import Stage


class Toxic(Stage):
    attributes = ("delay",)
