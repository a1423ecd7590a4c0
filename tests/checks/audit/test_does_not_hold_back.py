import pytest

from harness.checks.audit.check import Finding, Heard, Question, Terms
from harness.checks.audit.does_not_hold_back import CHECK
from harness.transports.ending import Cause
from tests.checks.audit.scenes import EVENT_STREAM, Path, heard
from tests.metrics.paths import filling, open_path, opening, pausing, shaking, ticking, whole

KIB = 1024
MOCK = frozenset({"mock"})


def terms(**changes) -> Terms:
    return Terms(**{"has": MOCK, **changes})


def judged(wanted: Terms, path: Path = open_path, headers=None, **hops: Path) -> Finding:
    """`path` leads to the target, those in `hops` to the hops of that name."""
    found = [heard(asked, path=hops.get(asked.hop, path), headers=headers) for asked in CHECK.ask(wanted)]
    return CHECK.judge(found, wanted)


def test_three_passes_and_the_fast_one_twice():
    asked = CHECK.ask(terms())
    assert [(one.name.strip(), one.after.strip()) for one in asked] == [
        ("small", ""), ("large", ""), ("fast", ""), ("fast again", "fast"),
    ]  # fmt: skip
    seconds = [one.itl_ms * (one.tokens - 1) / 1000 for one in asked]
    assert seconds == [pytest.approx(each) for each in (4, 4, 2, 2)]


def test_names_are_unique_with_hops_and_follow_one_another_at_their_own():
    asked = CHECK.ask(terms(hops=("gateway", "nginx")))
    names = {one.name: one for one in asked}
    assert len(names) == len(asked) == 12
    assert all(names[one.after].hop == one.hop for one in asked if one.after)


def test_a_path_that_holds_nothing_back_passes():
    found = judged(terms())
    assert (found.state, found.value, found.limit) == ("PASS", 0, 0.1)
    assert "the target: holds nothing back" in found.evidence


@pytest.mark.parametrize(
    ("path", "evidence", "fix"),
    [
        (whole, "holds the whole answer until its end", "proxy_buffering off;"),
        (filling(4 * KIB), "a buffer that leaves when about 4 KiB are in it", "flush each event"),
        (filling(16 * KIB), "a buffer that leaves when about 16 KiB are in it", "blocks of a fixed size"),
        (ticking(40), "a timer that lets go every 40 ms", "TCP_NODELAY"),
        (ticking(200), "a timer that lets go every 200 ms", "option http-no-delay"),
        (ticking(1000), "a timer that lets go every 1000 ms", "no interval at which pieces are collected"),
        (opening(1500), "holds the first 1.5 s of an answer", "body inspection"),
    ],
)
def test_each_kind_of_buffer_is_named_with_its_fix(path, evidence, fix):
    found = judged(terms(), path)
    assert found.state == "FAIL"
    assert evidence in found.evidence
    assert fix in found.fix
    assert found.value > 0.1
    assert found.streams


def test_nginx_is_told_its_own_two_lines():
    found = judged(terms(), filling(4 * KIB), headers=EVENT_STREAM | {"server": "nginx/1.22.1"})
    assert found.fix.startswith("In nginx: `proxy_buffering off;`")
    assert "`X-Accel-Buffering: no`" in found.fix


def test_compression_that_nobody_asked_for_is_the_first_suspect():
    asked = CHECK.ask(terms())
    found = [heard(one, path=whole) for one in asked]
    found[0].headers["content-encoding"] = "gzip"
    assert CHECK.judge(found, terms()).fix.startswith("It compresses with gzip")


def test_the_innermost_hop_that_holds_back_is_blamed():
    found = judged(terms(hops=("gateway",)), path=filling(4 * KIB), gateway=open_path)
    assert found.state == "FAIL"
    gateway, target = found.evidence.split("; ")
    assert gateway.startswith("gateway: holds nothing back")
    assert target.startswith("the target: a buffer that leaves when about 4 KiB")


def test_lateness_that_nobody_notices_is_not_held_against_the_path():
    found = judged(terms(), shaking([0] * 30 + [30, 45]))
    assert found.state == "PASS"
    assert "95 % of the events within" in found.evidence


def test_lateness_without_a_pattern_that_anyone_notices_decides_nothing():
    found = judged(terms(), shaking([0] * 30 + [130, 95, 60]))
    assert found.state == "INCONCLUSIVE"
    assert "holds events back irregularly" in found.evidence


def test_a_fast_pass_that_a_busy_machine_clusters_is_no_buffer():
    asked = CHECK.ask(terms())
    found = [heard(one, path=pausing(0.7, 40, 3) if "fast" in one.name else None) for one in asked]
    assert CHECK.judge(found, terms()).state == "INCONCLUSIVE"


def test_events_that_come_together_without_a_pattern_a_second_late_are_held_back():
    found = judged(terms(), shaking([0, 0, 0, 0, 900, 0, 0, 700, 0, 0, 0, 0, 0, 1400]))
    assert found.state == "FAIL"
    assert found.fix.startswith("Ask again on an idle machine")


def test_one_disturbed_fast_pass_is_made_good_by_the_other():
    asked = CHECK.ask(terms())
    found = [heard(one, path=shaking([0, 30, 5]) if one.name.endswith("fast") else None) for one in asked]
    assert CHECK.judge(found, terms()).state == "PASS"


def test_a_path_that_joins_events_in_one_write_is_seen_although_every_token_came():
    found = judged(terms(), ticking(300))
    assert "large events: up to 3 at once" in found.evidence


def test_answers_that_never_came_tell_nothing():
    asked = CHECK.ask(terms())
    found = CHECK.judge([heard(one, [], status=0, ending=Cause.RESET, ledger=[]) for one in asked], terms())
    assert found.state == "INCONCLUSIVE"
    assert "no pass could be read (4 reset)" in found.evidence


def test_a_pass_that_broke_off_is_no_pass():
    asked = CHECK.ask(terms())
    found = [heard(one) for one in asked]
    found[1] = heard(asked[1], [], ending=Cause.EOF)
    result = CHECK.judge(found, terms())
    assert result.state == "INCONCLUSIVE"
    assert "not every pass could be read (3 completed, 1 truncated_fin)" in result.evidence


def alone(question: Question, path: Path) -> Heard:
    return heard(question, path=path, check=False, ledger=[])


@pytest.mark.parametrize(
    ("path", "state"), [(open_path, "PASS"), (whole, "FAIL"), (ticking(40), "INCONCLUSIVE")]
)
def test_without_our_provider_only_an_answer_in_one_piece_is_held_against_the_path(path, state):
    without = terms(has=frozenset())
    found = CHECK.judge([alone(asked, path) for asked in CHECK.ask(without)], without)
    assert found.state == state
    assert ("Without the mock provider" in found.evidence) == (state == "INCONCLUSIVE")


def test_without_our_provider_a_few_events_decide_nothing():
    without = terms(has=frozenset())
    found = CHECK.judge([alone(Question(name="it", tokens=5), whole)], without)
    assert (found.state, "too few events" in found.evidence) == ("INCONCLUSIVE", True)
