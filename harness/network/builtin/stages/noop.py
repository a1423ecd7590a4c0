"""`noop`: changes nothing."""

from harness.network.builtin.stages.stage import Stage


class Toxic(Stage):
    pass
