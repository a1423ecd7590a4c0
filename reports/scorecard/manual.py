"""The sections of `docs/audit-checks.md` as HTML, so that the page explains a check without a network.

Only what such a section needs is rendered; raw HTML stays text, and links lead to the web or nowhere.
"""

import re
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

PAGE = Path(__file__).parents[2] / "docs" / "audit-checks.md"  # absent where only the packages are installed
_SECTION = re.compile(r"^## (\w+)[ \t]*$\n?(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


@cache
def sections() -> dict[str, Markup]:
    """What the page says about each check, by id. Empty sections are left out; no page, no sections."""
    text = PAGE.read_text("utf-8") if PAGE.is_file() else ""
    return {id: html(body) for id, body in _SECTION.findall(text) if body.strip()}


def html(text: str) -> Markup:
    """Markdown as HTML that may stand in our page: no raw HTML, no pictures, no links but to the web."""
    parser = MarkdownIt("js-default").disable("image")
    tokens = parser.parse(text)
    for token in tokens:
        if token.children:
            token.children = _without_dead_links(token.children)
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - escaped by the parser


def _without_dead_links(tokens: list[Token]) -> list[Token]:
    """Links to files beside the page in the docs would lead nowhere from a report: their words stay."""
    kept, alive = [], True
    for token in tokens:
        if token.type == "link_open":
            alive = str(token.attrGet("href")).startswith(("http://", "https://"))
            token.attrSet("rel", "noreferrer")
        if alive or token.type not in ("link_open", "link_close"):
            kept.append(token)
    return kept
