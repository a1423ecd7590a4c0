"""The colours of every chart: a name, its colour on paper, its colour on a dark screen.

Hues from Paul Tol's schemes, which keep apart under the common colour-vision deficiencies; neighbours in a
stack differ in lightness as well. In the page a colour is a CSS variable of the same name.
"""

from typing import NamedTuple


class Ink(NamedTuple):
    light: str
    dark: str


INKS: dict[str, Ink] = {
    # the frame of a chart
    "ink": Ink("#20242a", "#e6e8eb"),
    "faint": Ink("#666c75", "#a0a7b0"),
    "rule": Ink("#dfe2e6", "#2e3339"),
    # quantities
    "flight": Ink("#8fb3d9", "#41648c"),
    "provider": Ink("#1f4e79", "#9cc4ee"),
    "p50": Ink("#117733", "#5cc48a"),
    "p95": Ink("#c2541b", "#f0995e"),
    "delivered": Ink("#2f6fb1", "#6fa8e6"),
    "emitted": Ink("#b8860b", "#e3b94a"),
    "stall": Ink("#aa3377", "#e07ab0"),
    "intended": Ink("#787e87", "#8d949d"),
    "started": Ink("#2a6db0", "#6ea6e4"),
    "lag": Ink("#555b63", "#aab1ba"),
    "gc": Ink("#a6611a", "#dfa35c"),
    "cpu": Ink("#3f7f93", "#7fc0d4"),
    "not_begun": Ink("#b3261f", "#ff8a7e"),
    "heat": Ink("#3d6fd1", "#3d6fd2"),
    "limit": Ink("#b3271e", "#ff8b7d"),
    # a stream on its own
    "before": Ink("#c4c9d0", "#4a5058"),
    "first": Ink("#77aadd", "#5588bb"),
    "flowing": Ink("#228834", "#4fb564"),
    "slow": Ink("#ccbb44", "#d9c85a"),
    "stall1": Ink("#ee7733", "#ff8844"),
    "stall2": Ink("#aa1155", "#e0559b"),
    "halo": Ink("#fffffe", "#191c20"),  # the ground, around a mark that may lie on any of these
    # parts of the time to first token, and whose they are
    "dispatch": Ink("#bbbbbb", "#777d85"),
    "earlier_attempts": Ink("#882257", "#c2679c"),
    "connect": Ink("#332289", "#8b80e6"),
    "send": Ink("#6699cd", "#6699cc"),
    "wait": Ink("#44aa98", "#3f9f8f"),
    "first_byte": Ink("#117734", "#2f9a52"),
    "first_event": Ink("#999934", "#b9b94f"),
    "first_content": Ink("#ddcc77", "#e5d588"),
    "client": Ink("#bbbbbc", "#777d86"),
    "network": Ink("#33228a", "#8b80e7"),
    "system": Ink("#cc6678", "#e07f90"),
    "path": Ink("#aa4498", "#c46bb6"),
    "provider_time": Ink("#ddcc78", "#e5d589"),
    # what is shaded behind them
    "band_warm_up": Ink("#9aa0a8", "#8a9199"),
    "band_fault": Ink("#e0a030", "#d9a441"),
    "band_recovery": Ink("#44aa99", "#4db8a6"),
    "event": Ink("#b0452a", "#f08a6c"),
    # phases, in their order
    "phase0": Ink("#332288", "#9d92f0"),
    "phase1": Ink("#cc6677", "#e78b9a"),
    "phase2": Ink("#127a6b", "#3fc0ac"),
    "phase3": Ink("#999933", "#c9c957"),
    "phase4": Ink("#882255", "#d070a4"),
    "phase5": Ink("#4ba3c7", "#88ccee"),
    # outcomes
    "completed": Ink("#4477aa", "#5b93cc"),
    "truncated": Ink("#aa3378", "#d565a3"),
    "timed_out": Ink("#882256", "#b0447f"),
    "stalled": Ink("#ee8866", "#ee8867"),
    "reset": Ink("#d55e00", "#f0792a"),
    "interrupted": Ink("#66ccee", "#66ccef"),
    "abandoned": Ink("#8c8c8c", "#8c8c8d"),
    "cancelled": Ink("#bdbdbd", "#6d6d6d"),
    "corrupt": Ink("#1a1a1a", "#f2f2f2"),
    "error_event": Ink("#ee6677", "#ee6678"),
    "rate_limited": Ink("#ddb321", "#ddb322"),
    "refused": Ink("#997700", "#b89416"),
    "not_started": Ink("#d8d2c4", "#4d493f"),
    "other": Ink("#5f5f6b", "#9797a6"),
}


HEAT = INKS["heat"].light  # of a picture whose opacity tells; the same on both grounds


def light(name: str) -> str:
    """The colour on paper; an unknown outcome gets the colour of `other`."""
    return INKS.get(name, INKS["other"]).light


def variable(name: str) -> str:
    """The colour in the page, as a CSS value."""
    return f"var(--{name if name in INKS else 'other'})"


def css() -> str:
    """Every colour as a CSS variable, light by default, dark by the reader's preference."""
    light_rules = "".join(f"--{name}:{ink.light};" for name, ink in INKS.items())
    dark_rules = "".join(f"--{name}:{ink.dark};" for name, ink in INKS.items())
    return f":root{{{light_rules}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark_rules}}}}}\n"
