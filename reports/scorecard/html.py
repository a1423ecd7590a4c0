"""`audit.html`: the scorecard as one file that opens with no network and asks for none.

Style and script are named in the page's policy by their hashes, so nothing that a system under test wrote
could run even if it got past the escaping. Without scripts all is there; the script filters and saves.
"""

import base64
import hashlib
import re

from markupsafe import Markup, escape

from harness import scorecard
from harness.scorecard import Scorecard
from reports.clean import shown
from reports.html import own, slug, template
from reports.scorecard import manual, words


def render(card: Scorecard) -> str:
    """The whole page. The same card gives the same text."""
    card = shown(card)
    css = own("scorecard.css", str(own("page.css")))
    script = own("scorecard.js")
    return template("scorecard.html").render(
        card=card,
        words=words,
        ticked=ticked,
        anchor=anchor,
        manual=manual.sections(),
        css=css,
        script=script,
        policy=f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        # Inside a script element only "<" can end it or open a comment; JSON has another way to write it.
        data=Markup(scorecard.encode(card).decode().strip().replace("<", "\\u003c")),  # noqa: S704
    )


def ticked(text: str) -> Markup:
    """Text in which `words in backticks` are set as code; everything is escaped first."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704


def anchor(id: str) -> str:
    """A check's id as it is, for links that people send each other; anything else made fit."""
    return id if re.fullmatch(r"[a-z0-9_]+", id) else slug(id)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
