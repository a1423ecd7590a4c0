from harness.checks.audit.check import Terms
from tests.checks.audit import scenes
from tests.checks.audit.asking import finding, good, unasked

NAME = "keeps_streams_apart"


def swapped_with(other):
    """One token of another stream in the place of an own."""

    def answer(asked, stream):
        own, foreign = (scenes.pieces_of(asked, number) for number in (stream, other))
        return scenes.heard(asked, [*own[:9], foreign[9], *own[10:]], stream=stream)

    return answer


def test_own_answers_in_order_pass():
    found = finding(NAME)
    assert (found.state, found.evidence) == (
        "PASS",
        "48 streams at once: each of 5760 tokens reached its own user, in order.",
    )


def test_another_users_token_fails():
    found = finding(NAME, user_3=swapped_with(99))
    assert (found.state, found.value, found.streams) == ("FAIL", 1, [44])
    assert "1 of them another user's tokens" in found.evidence
    assert "shared between requests" in found.fix


def test_a_changed_order_fails_with_another_fix():
    def reordered(asked, stream):
        pieces = scenes.pieces_of(asked, stream)
        pieces[4], pieces[5] = (pieces[4][0], pieces[5][1]), (pieces[5][0], pieces[4][1])
        return scenes.heard(asked, pieces, stream=stream)

    found = finding(NAME, user_7=reordered)
    assert (found.state, "0 of them another" in found.evidence) == ("FAIL", True)
    assert "order" in found.fix


def test_a_tail_that_is_lost_under_load_fails():
    def short(asked, stream):
        pieces = scenes.pieces_of(asked, stream)
        return scenes.heard(asked, pieces[:-4] + pieces[-1:], stream=stream)

    assert finding(NAME, user_1=short).state == "FAIL"


def test_too_few_at_once_decide_nothing():
    def most_are_refused(asked, stream):
        return (good if stream < 45 else unasked)(asked, stream)

    found = finding(NAME, answer=most_are_refused)
    assert (found.state, "3 of 48" in found.evidence) == ("INCONCLUSIVE", True)


def test_streams_one_after_the_other_decide_nothing():
    def in_turn(asked, stream):
        heard = good(asked, stream)
        heard.record.sent_ns += 2_000 * scenes.MS * stream
        heard.record.closed_ns += 2_000 * scenes.MS * stream
        return heard

    found = finding(NAME, answer=in_turn)
    assert (found.state, "1 of 48" in found.evidence) == ("INCONCLUSIVE", True)


def test_no_more_users_than_the_system_lets_in():
    assert finding(NAME, Terms(concurrency=4)).evidence.startswith("4 streams at once")
    assert finding(NAME, Terms(concurrency=1)).state == "INCONCLUSIVE"
