"""What an audit leaves in its folder: `audit.json`, `audit.html`, `junit.xml` and `comment.md`."""

from pathlib import Path

import msgspec

from harness import scorecard
from harness.scorecard import Scorecard
from reports.clean import shown
from reports.scorecard import junit, markdown

JSON = "audit.json"
PAGE = "audit.html"


def write_all(card: Scorecard, folder: Path) -> list[Path]:
    """Write every format into `folder`, the JSON first: the others are made from it. Returns the files."""
    # Here, because the templates take a moment to load, which every command would pay.
    from reports.scorecard import html

    folder.mkdir(parents=True, exist_ok=True)
    card = shown(card)
    (folder / JSON).write_bytes(scorecard.encode(card))
    texts = {
        PAGE: html.render(card),
        junit.FILE: junit.render(card),
        markdown.FILE: markdown.render(card),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="\n")
    return [folder / JSON, *(folder / name for name in texts)]


def is_audit(folder: Path) -> bool:
    """Whether an audit has left its scorecard here."""
    return (folder / JSON).is_file()


def read(folder: Path) -> Scorecard:
    """The scorecard of an audit's folder. Raises ValueError naming the file and what is wrong with it."""
    path = folder / JSON
    try:
        return scorecard.decode(path.read_bytes())
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: this is not a scorecard of {scorecard.SCHEMA}: {error}") from None
