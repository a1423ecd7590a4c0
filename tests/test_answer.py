"""The canonical answer, and what the verifier makes of every way to damage it, however it is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.answer import WORDS, AnswerCheck, Integrity, answer, mark, marked_streams, token

SEED, STREAM, OTHER = 7, 42, 43
TOKENS = answer(SEED, STREAM, 12)
FOREIGN = answer(SEED, OTHER, 12)


def verdict(*pieces: str) -> Integrity:
    check = AnswerCheck(SEED, STREAM)
    for piece in pieces:
        check.feed(piece)
    return check.result()


def every_cut(text: str) -> list[list[str]]:
    """Whole, character by character, and in two at every place."""
    return [[text], list(text), *([text[:at], text[at:]] for at in range(1, len(text)))]


def test_a_token_names_its_stream_and_number_and_is_the_same_for_ever() -> None:
    assert token(7, 42, 7) == f"[000042:0007] {WORDS[(49 + 546 + 7 * 14) % 31]} "
    assert token(1, 1_234_567, 12_345).startswith("[1234567:12345] ")
    assert answer(7, 42, 3) == [token(7, 42, 0), token(7, 42, 1), token(7, 42, 2)]


def test_every_answer_runs_through_all_words_and_breaks_careless_decoders() -> None:
    for stream in range(60):
        assert {text.partition("] ")[2][:-1] for text in answer(7, stream, len(WORDS))} == set(WORDS)
    text = "".join(answer(7, 1, len(WORDS)))
    assert {len(character.encode()) for character in text} == {1, 2, 3, 4}
    assert "\u2028" in text


def test_other_seeds_and_streams_have_other_words() -> None:
    words = {
        tuple(text.partition("] ")[2] for text in answer(seed, stream, 9))
        for seed in (1, 2)
        for stream in (3, 4)
    }
    assert len(words) == 4


def test_the_correlation_id_travels_in_a_prompt() -> None:
    assert marked_streams(f"Tell me {mark(42)} more") == [42]
    assert marked_streams("Tell me more [sid:42] [sid:] [42:0001]") == []
    assert marked_streams(mark(1) + mark(1_234_567)) == [1, 1_234_567]


CASES = {
    "complete": (TOKENS, Integrity(tokens=12)),
    "nothing": ([], Integrity()),
    "prefix": (TOKENS[:5], Integrity(tokens=5)),
    "half a token at the end": ([*TOKENS[:5], TOKENS[5][:-3]], Integrity(tokens=5)),
    "one lost": ([*TOKENS[:4], *TOKENS[5:]], Integrity(tokens=11, lost=1)),
    "first lost": (TOKENS[1:], Integrity(tokens=11, lost=1)),
    "three lost in two holes": ([*TOKENS[:2], *TOKENS[4:6], *TOKENS[7:]], Integrity(tokens=9, lost=3)),
    "one repeated": ([*TOKENS[:5], TOKENS[4], *TOKENS[5:]], Integrity(tokens=12, duplicated=1)),
    "begun again": ([*TOKENS[:3], *TOKENS], Integrity(tokens=12, duplicated=3)),
    "begun again after half a token": (
        [*TOKENS[:3], TOKENS[3][:-3], *TOKENS],
        Integrity(tokens=12, duplicated=4, altered=1),
    ),
    "repeated much later": ([*TOKENS, TOKENS[0]], Integrity(tokens=12, duplicated=1)),
    "two swapped": ([*TOKENS[:5], TOKENS[6], TOKENS[5], *TOKENS[7:]], Integrity(tokens=12, reordered=1)),
    "one late by three": (
        [*TOKENS[:2], *TOKENS[3:6], TOKENS[2], *TOKENS[6:]],
        Integrity(tokens=12, reordered=1),
    ),
    "one of another stream": ([*TOKENS[:5], FOREIGN[5], *TOKENS[5:]], Integrity(tokens=12, crosstalk=1)),
    "another stream altogether": (FOREIGN, Integrity(crosstalk=12)),
    "half a foreign token at the end": ([*TOKENS[:5], FOREIGN[5][:-2]], Integrity(tokens=5, crosstalk=1)),
    "one with another word": (
        [*TOKENS[:5], TOKENS[5].replace("] ", "] un"), *TOKENS[6:]],
        Integrity(tokens=12, altered=1),
    ),
    "one without its blank": ([*TOKENS[:5], TOKENS[5][:-1], *TOKENS[6:]], Integrity(tokens=12, altered=1)),
    "text without a number between": ([*TOKENS[:5], "Sorry, ", *TOKENS[5:]], Integrity(tokens=12, altered=1)),
    "text without a number first": (["Sure! ", *TOKENS], Integrity(tokens=12, altered=1)),
    "text without a number last": ([*TOKENS, "Bye."], Integrity(tokens=12, altered=1)),
    "nothing but other text": (["I am ", "sorry, ", "Dave."], Integrity(altered=1)),
    "a number far too high": (
        [*TOKENS[:5], TOKENS[5].replace(":0005", ":9005"), *TOKENS[6:]],
        Integrity(tokens=11, lost=1, altered=1),
    ),
    "a replaced character": (
        ["".join(TOKENS).replace(TOKENS[5], TOKENS[5][:-2] + "\ufffd ")],
        Integrity(tokens=12, altered=1),
    ),
    "all at once": (
        [TOKENS[0], TOKENS[2], TOKENS[1], TOKENS[3], TOKENS[3], FOREIGN[4], TOKENS[5], "x", *TOKENS[6:]],
        Integrity(tokens=11, lost=1, duplicated=1, reordered=1, crosstalk=1, altered=1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_verdict_names_the_damage_and_no_other_at_every_cut(name: str) -> None:
    pieces, expected = CASES[name]
    assert verdict(*pieces) == expected
    for cut in every_cut("".join(pieces)):
        assert verdict(*cut) == expected


def test_only_an_exact_prefix_is_intact() -> None:
    intact = {name for name, (_, expected) in CASES.items() if expected.intact}
    assert intact == {"complete", "nothing", "prefix", "half a token at the end"}


@pytest.mark.parametrize("at", range(1, len("[000042:0003] ")))
def test_an_end_inside_a_tag_is_no_fault_after_a_deviation_either(at: int) -> None:
    assert verdict(*TOKENS[:3], TOKENS[2], TOKENS[3][:at]) == Integrity(tokens=3, duplicated=1)


def test_the_verdict_can_be_asked_for_while_text_still_comes() -> None:
    check = AnswerCheck(SEED, STREAM)
    check.feed("oops ")
    assert check.result() == check.result() == Integrity(altered=1)
    check.feed(TOKENS[0])
    assert check.result() == Integrity(tokens=1, altered=1)


def test_feed_counts_the_tokens_that_each_piece_completed() -> None:
    check = AnswerCheck(SEED, STREAM)
    text = "".join(TOKENS[1:4])
    assert [check.feed(piece) for piece in (TOKENS[0], text[:5], text[5:], "", TOKENS[4][:-1], " ")] == [
        1,
        0,
        3,
        0,
        0,
        1,
    ]
    assert [check.feed(piece) for piece in (TOKENS[4], TOKENS[6] + TOKENS[5], "?", TOKENS[7])] == [0, 2, 0, 1]
    assert check.result() == Integrity(tokens=8, duplicated=1, reordered=1, altered=1)


def test_the_tokens_so_far_can_be_asked_for() -> None:
    check = AnswerCheck(SEED, STREAM)
    check.feed(TOKENS[0] + TOKENS[1][:5])
    assert check.tokens == 1
    check.feed("nonsense " + TOKENS[1] + TOKENS[3])
    assert check.tokens == check.result().tokens == 3


def test_text_that_never_becomes_a_token_is_not_hoarded() -> None:
    check = AnswerCheck(SEED, STREAM)
    for _ in range(1000):
        check.feed("lorem ipsum dolor sit amet " * 10)
    assert len(check._rest) < 10_000
    check.feed(TOKENS[0])
    assert check.result() == Integrity(tokens=1, altered=1)


damaged = st.lists(
    st.sampled_from([*TOKENS, *FOREIGN[:3], "x", "[", "[000042:", "[0000", TOKENS[3][:-2], TOKENS[4][3:]]),
    max_size=25,
)


@given(pieces=damaged, places=st.lists(st.integers(0, 400), max_size=12))
def test_the_verdict_depends_on_the_text_alone(pieces: list[str], places: list[int]) -> None:
    text = "".join(pieces)
    edges = sorted({0, len(text), *(place for place in places if place < len(text))})
    cut = [text[start:end] for start, end in pairwise(edges)]
    assert verdict(*cut) == verdict(text) == verdict(*text)


@given(pieces=damaged)
def test_the_tokens_that_feed_counts_are_those_of_the_verdict(pieces: list[str]) -> None:
    check = AnswerCheck(SEED, STREAM)
    counted = sum(check.feed(piece) for piece in pieces)
    assert 0 <= check.result().tokens - counted <= 1  # an altered one at the very end may still be open


@given(order=st.permutations(range(8)))
def test_a_permutation_loses_and_repeats_nothing(order: list[int]) -> None:
    found = verdict("".join(TOKENS[index] for index in order))
    late = sum(index < max(order[:at], default=-1) for at, index in enumerate(order))
    assert found == Integrity(tokens=8, reordered=late)


@given(kept=st.sets(st.integers(0, 11)))
def test_what_is_missing_before_the_last_that_came_is_lost(kept: set[int]) -> None:
    found = verdict("".join(TOKENS[index] for index in sorted(kept)))
    assert found == Integrity(tokens=len(kept), lost=max(kept, default=-1) + 1 - len(kept))


@given(text=st.text(), cut=st.integers(0, 12))
def test_no_text_makes_it_raise(text: str, cut: int) -> None:
    assert verdict(*TOKENS[:cut], text, "[999999999999:999999999] ", text).tokens >= cut
