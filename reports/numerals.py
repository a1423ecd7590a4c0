"""How numbers print, the same in every format for people."""

import math

from harness.summary import Number, TrustCheck

NOTHING = "–"
NEVER = "∞"


def number(value: Number | int) -> str:
    """About three digits; `–` for not measurable, `∞` for never reached."""
    if value is None:
        return NOTHING
    if value == "inf":
        return NEVER
    assert not isinstance(value, str)
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return NEVER
    if isinstance(value, int):
        return f"{value:,}"
    size = abs(value)
    if size >= 99.95 or value == 0:
        return f"{value:,.0f}"
    if size >= 9.995:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.0995 else f"{value:.2g}"


def quantity(value: Number | int, unit: str) -> str:
    """A number with its unit: `412 ms`. What is counted is whole, and one is not several: `1 stream`."""
    text = number(value)
    if text == NOTHING or not unit:
        return text
    if _is_count(unit) and isinstance(value, float) and value.is_integer():
        text = f"{int(value):,}"
    return f"{text} {_noun(text, unit)}"


def _is_count(unit: str) -> bool:
    """`streams`, `tokens`, `rows`; not `ms`, `share` or `of the gaps`."""
    return len(unit) > 2 and unit.endswith("s") and " " not in unit


def _noun(text: str, unit: str) -> str:
    return unit[:-1] if text == "1" and _is_count(unit) else unit


def share(part: float, whole: float) -> str:
    """`part` of `whole` in percent. Only the whole is 100 %, and only nothing is 0 %."""
    if not whole:
        return NOTHING
    percent = 100 * part / whole
    if 0 < percent < 0.05:
        return "< 0.1 %"
    if 99.95 <= percent < 100:
        return "> 99.9 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def trusted_while(check: TrustCheck) -> str:
    """`at most 25 ms`: what a number must be for its question of validity to be answered well.

    Limits are chosen, not measured, so they print as they were chosen: 10, not 10.0.
    """
    if not isinstance(check.limit, float | int):
        return NOTHING
    limit = f"{check.limit:,.4g}"
    return " ".join(part for part in (check.bound or "limit", limit, _noun(limit, check.unit)) if part)


def seconds(value: float) -> str:
    """A length of time: `8.2 s`, `62 s`, `12 min 5 s`, `2 h 3 min`."""
    if not math.isfinite(value):
        return NOTHING
    if value < 120:
        return f"{value:.0f} s" if value >= 10 or value == int(value) else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def counted(count: int, one: str, many: str = "") -> str:
    """`1 stream`, `2 streams`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
