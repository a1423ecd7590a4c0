"""`x_fin` (ours): a clean end of live connections, after `bytes` B or `delay` ms; both 0: at once."""

from harness.network.builtin.stages import x_rst


class Toxic(x_rst.Toxic):
    rst = False
