import pytest

from harness.plan.draws import LogNormal, Quantiles
from harness.plan.provider import FaultRule, ModelProfile
from mock_provider import settings


def test_a_plain_name_is_a_plain_model() -> None:
    assert settings.parse("mock-8b") == settings.Settings(model="mock-8b")


def test_every_setting_changes_its_part_of_the_profile() -> None:
    given = settings.parse("m+ttft=800+itl=p50:20,p99:90+out=256+think=5+chunk=4+tools=2+api=vllm+seed=9")
    assert given.apply(ModelProfile()) == ModelProfile(
        ttft_ms=800.0,
        itl_ms=Quantiles(p50=20, p99=90),
        output_tokens=256.0,
        reasoning_tokens=5.0,
        tokens_per_chunk=4,
        parallel_tools=2,
        dialect="vllm",
    )
    assert given.seed == 9


def test_a_draw_may_be_lognormal_and_a_fault_may_ride_along() -> None:
    given = settings.parse("m+itl=mean:20,cv:0.5+fault=s6@20:30")
    assert given.apply(ModelProfile()).itl_ms == LogNormal(mean=20, cv=0.5)
    assert given.fault == FaultRule(id="s6", at_token=20, seconds=30)


def test_the_draws_of_a_block_may_be_those_of_another() -> None:
    assert settings.parse("m+pace=12:100").pace == (12, 100)
    assert settings.parse("m").pace is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("m+tftt=5", "unknown setting 'tftt'; did you mean ttft"),
        ("m+fault=s99", "no fault 's99'"),
        ("m+seed=x", "invalid literal"),
        ("m+seed=-1", "whole number from 0"),
        ("m+pace=99999999999999999999:5", "whole number from 0"),
        ("m+fault=s6@1:inf", "seconds go up to"),
        ("m+fault=s6@1:nan", "seconds go up to"),
        ("m+pace=12", "after how many streams"),
        ("m+pace=12:0", "after how many streams"),
    ],
)
def test_a_bad_name_says_what_is_wrong(name: str, message: str) -> None:
    with pytest.raises(settings.BadSetting, match=message):
        settings.parse(name)


@pytest.mark.parametrize(
    "change",
    [
        "ttft=soon",
        "itl=p50:20",
        "itl=x:1",
        "chunk=0",
        "api=nope",
        "ttft=p50:1,p99:x",
        "itl=nan",
        "out=inf",
        "tools=129",
        "chunk=1e9",
    ],
)
def test_a_bad_value_is_named_when_it_is_applied(change: str) -> None:
    with pytest.raises(settings.BadSetting, match=change.partition("=")[0]):
        settings.parse(f"m+{change}").apply(ModelProfile())


@pytest.mark.parametrize("change", ["out={}", "think={}", "out=p50:1,p99:{}", "think=mean:{},cv:0.1"])
def test_a_name_may_ask_for_so_many_tokens_and_no_more(change: str) -> None:
    most = settings.MOST_TOKENS
    settings.parse(f"m+{change.format(most)}").apply(ModelProfile())
    with pytest.raises(settings.BadSetting, match=f"{most + 1} is more than the {most} tokens"):
        settings.parse(f"m+{change.format(most + 1)}").apply(ModelProfile())
