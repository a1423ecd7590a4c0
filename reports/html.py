"""`report.html`: one file that opens with no network, now and in ten years.

The page is made from the summary alone. Sections without data are absent. It works without scripts; the
scripts only add a shared cursor, a stretch of time to look at, series to choose from, and downloads.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from harness.summary import Summary
from reports import definitions, deliveries, json_report, numerals, outcomes, palette, states
from reports.page import breakdown, chapters
from reports.scoreboard import by_phase, objectives, phases_with, scoreboard

_PAGE = Path(__file__).parent / "page"
MAX_BYTES = 5_000_000


def render(summary: Summary) -> str:
    """The whole page. The same summary gives the same text."""
    data = json_report.encode(summary)
    summary = json_report.decode(data)
    return template("page.html").render(
        summary=summary,
        chapters=chapters.of(summary),
        css=own("page.css", palette.css()),
        script=own("page.js") + own("timeline.js"),
        # Inside a script element only "<" can end it or open a comment; JSON has another way to write it.
        data=Markup(data.decode().strip().replace("<", "\\u003c")),  # noqa: S704 - escaped just here
        **_pictures(summary),
    )


def own(name: str, before: str = "") -> Markup:
    """A file of the page's folder, to be put into it as it is."""
    return Markup(before + (_PAGE / name).read_text("utf-8"))  # noqa: S704 - a file of this package


def _pictures(summary: Summary) -> dict[str, Any]:
    # Here, because matplotlib takes half a second to load and most commands draw nothing.
    from reports.figures import inline
    from reports.figures.series import series
    from reports.page.table import timeline_table

    data = series(summary)
    return {
        "timeline": inline.timeline(summary, data) if data else [],
        "axis": data,
        "timeline_table": timeline_table(data) if data else None,
        "distributions": [
            picture
            for metric in chapters.drawn_distributions(summary)
            for picture in inline.distribution(summary, metric)
        ],
        "gallery": inline.streams(summary),
        "capacity_pictures": inline.capacity(summary),
        "comparison_pictures": inline.comparison(summary),
        "bars": breakdown.bars(summary),
        "sizes": inline.SIZES,
    }


@cache
def template(name: str) -> jinja2.Template:
    """A template of the page's folder, with all that its like may use. Everything is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": numerals.number,
        "seconds": numerals.seconds,
        "counted": numerals.counted,
        "quantity": numerals.quantity,
        "trusted_while": numerals.trusted_while,
        "label": definitions.label,
        "svg": Markup,  # only ever given figures of our own, whose text matplotlib has escaped
        "ink": palette.variable,
        "slug": slug,
        "tip": breakdown.tip,
    }
    environment.globals |= {
        "definitions": definitions,
        "deliveries": deliveries,
        "outcomes": outcomes,
        "share": numerals.share,
        "scoreboard": scoreboard,
        "by_phase": by_phase,
        "objectives": objectives,
        "phases_with": phases_with,
        "view": chapters,
        "states": states,
    }
    return environment.get_template(name)


def slug(text: str) -> str:
    """An element id for any text; two texts never share one."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
    if plain == text:
        return plain
    digest = hashlib.sha256(text.encode()).digest()
    return f"{plain[:24]}-{base64.b32encode(digest)[:6].decode().lower()}"
