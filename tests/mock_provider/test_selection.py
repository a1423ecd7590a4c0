from harness.plan.provider import FaultRule, Match
from mock_provider.attempt import key_digest
from mock_provider.selection import Request, choose


def chosen(
    rules: list[FaultRule], *, stream: int = 5, streaming: bool = True, attempt: int = 1, at_s: float = 0
) -> str | None:
    request = Request(model="m", path="/p", stream=stream, streaming=streaming, key=key_digest("sk-a"))
    rule = choose(rules, request, 7, (stream, attempt), at_s)
    return rule.id if rule is not None else None


def test_the_first_rule_that_matches_wins() -> None:
    other = FaultRule(id="s1", match=Match(model="other"))
    assert chosen([other, FaultRule(id="s2"), FaultRule(id="s3")]) == "s2"
    assert chosen([other]) is None


def test_a_rule_can_mean_one_stream_or_one_path() -> None:
    assert chosen([FaultRule(id="s1", match=Match(stream=5))]) == "s1"
    assert chosen([FaultRule(id="s1", match=Match(stream=6))]) is None
    assert chosen([FaultRule(id="s1", match=Match(path="/q"))]) is None


def test_a_rule_can_mean_one_key() -> None:
    assert chosen([FaultRule(id="s1", match=Match(key="sk-a"))]) == "s1"
    assert chosen([FaultRule(id="s1", match=Match(key="sk-b"))]) is None


def test_a_window_that_repeats_is_an_endpoint_that_flaps() -> None:
    rule = FaultRule(id="s1", window_s=(0, 60), every_s=120)
    assert [chosen([rule], at_s=at) for at in (59, 60, 119, 120, 179, 180)] == [
        "s1",
        None,
        None,
        "s1",
        "s1",
        None,
    ]


def test_the_window_is_half_open() -> None:
    rule = FaultRule(id="s1", window_s=(10, 20))
    assert [chosen([rule], at_s=at) for at in (9.9, 10, 19.9, 20)] == [None, "s1", "s1", None]


def test_a_rule_that_needs_a_stream_leaves_whole_answers_alone() -> None:
    assert chosen([FaultRule(id="s1"), FaultRule(id="s2")], streaming=False) == "s2"


def test_the_share_is_met_and_the_same_streams_are_hit_again() -> None:
    rule = FaultRule(id="s1", p=0.2)
    hit = [stream for stream in range(2000) if chosen([rule], stream=stream)]
    again = [stream for stream in range(2000) if chosen([rule], stream=stream)]
    assert hit == again
    assert 340 <= len(hit) <= 460  # 400 +- 3.3 sigma; the seed is fixed


def test_two_rules_are_drawn_apart() -> None:
    first, second = FaultRule(id="s1", p=0.5), FaultRule(id="s2", p=0.5)
    got = [chosen([first, second], stream=stream) for stream in range(400)]
    assert 70 <= got.count("s2") <= 130  # half of the half that the first rule spared
