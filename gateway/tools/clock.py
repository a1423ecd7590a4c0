"""The time, which models cannot know."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from gateway.tools.tool import BadArguments, Tool
from harness.dialects.dialect import ToolOffer


def _run(arguments: dict[str, Any]) -> str:
    hours = arguments.get("utc_offset_hours", 0)
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not -14 <= hours <= 14:
        raise BadArguments("utc_offset_hours is a number from -14 to 14")
    zone = timezone(timedelta(hours=hours)) if hours else UTC
    return datetime.now(zone).isoformat(timespec="seconds")


TOOL = Tool(
    ToolOffer(
        "clock",
        "The date and time now.",
        {
            "type": "object",
            "properties": {"utc_offset_hours": {"type": "number", "minimum": -14, "maximum": 14}},
        },
    ),
    _run,
)
