"""What an answer must not say. Pure: the whole text in, a reason or none out."""

import re
import unicodedata

from harness.plan.plan import GatewayOptions

# As many digits as the number of a payment card has, and no part of a longer or a broken number.
_DIGITS = re.compile(r"(?<!\d)(?<!\d\.)\d(?:[ -]?\d){12,18}(?!\.?\d)")


class Moderation:
    """Refuses texts with a word of the operator's list, or with the number of a payment card.

    It wants the whole text: a word may be cut anywhere, and what comes later can change what was said before.
    """

    def __init__(self, options: GatewayOptions) -> None:
        words = [_plain(word.strip()) for word in options.refused_words.split(",") if word.strip()]
        alternatives = "|".join(map(re.escape, words))
        self._words = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)") if words else None

    def objection(self, text: str) -> str | None:
        """Why `text` must not be shown, in a word that says nothing of the text; None: it may."""
        if self._words is not None and self._words.search(_plain(text)):
            return "refused_word"
        if any(_is_card(found[0]) for found in _DIGITS.finditer(text)):
            return "payment_card"
        return None


def _plain(text: str) -> str:
    """One spelling for those that look alike to a reader."""
    return unicodedata.normalize("NFKC", text).casefold()


def _is_card(text: str) -> bool:
    """Luhn's check digit (ISO/IEC 7812-1): nine of ten other numbers fail it."""
    digits = [int(digit) for digit in text if digit.isdecimal()]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + doubled) % 10 == 0 and any(digits)
