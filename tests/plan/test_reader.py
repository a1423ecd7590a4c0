"""A bad plan is answered with its file, line, key and the way out; a good one survives a round trip."""

from pathlib import Path

import msgspec
import pytest

from harness.plan.behaviour import Retry
from harness.plan.plan import Plan
from harness.plan.reader import PlanError, dump, load_as, load_plan, named_journey, parse

ROOT = Path(__file__).parents[2]
PLAN = """\
name: small
provider:
  models:
    quick: {ttft_ms: 5}
    slow:
      ttft_ms: {dist: lognormal, mean: 200, cv: 0.3}
phases:
  - name: steady
    duration_s: 5
    load: {users: 2}
"""


def complaint(text: str, kind: type = Plan) -> str:
    with pytest.raises(PlanError) as error:
        parse(text, kind, "p.yaml")
    return str(error.value)


def changed(old: str, new: str) -> str:
    """The complaint, without the name of the file."""
    assert old in PLAN
    return complaint(PLAN.replace(old, new)).removeprefix("p.yaml:")


def test_the_plan_of_these_tests_is_good() -> None:
    assert parse(PLAN, Plan, "p.yaml").provider is not None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        # unknown keys, with the nearest of that very place
        ("duration_s", "durations", "9: phases[0]: unknown key durations; did you mean duration_s?"),
        ("name: small", "naem: small", "1: unknown key naem; did you mean name?"),
        (
            "    slow:\n",
            "    slow:\n      ttft: 3\n",
            "6: provider.models.slow: unknown key ttft; did you mean ttft_ms?",
        ),
        # a key that belongs elsewhere is not its own neighbour
        ("duration_s", "think_s", "9: phases[0]: unknown key think_s; it belongs in phases[].load"),
        (
            "{users: 2}",
            "{duration_s: 2}",
            "10: phases[0].load: unknown key duration_s; it belongs in phases[]",
        ),
        ("name: small", "quota: small", "1: unknown key quota; it belongs in provider.models.<name>"),
        (
            "cv: 0.3",
            "zz: 0.3",
            "6: provider.models.slow.ttft_ms: unknown key zz; known here: cap, cv, mean, median, sigma",
        ),
        # missing keys and wrong types
        ("name: small\n", "", "1: the key name is missing"),
        ("    duration_s: 5\n", "", "8: phases[0]: the key duration_s is missing"),
        ("users: 2", "users: two", "10: phases[0].load.users: expected int or null, found str"),
        ("duration_s: 5", "duration_s: 5s", "9: phases[0].duration_s: expected float, found str"),
        ("name: small", "name: 2024-01-01", "1: name: expected str, found date"),
        # values out of a choice
        (
            "duration_s: 5",
            "duration_s: 5\n    kind: stead",
            "10: phases[0].kind: stead is not known here; did you mean steady?",
        ),
        (
            "duration_s: 5",
            "duration_s: 5\n    kind: x",
            "10: phases[0].kind: x is not known here; choose from: fault, recovery, steady, warm_up",
        ),
        (
            "dist: lognormal",
            "dist: lognorm",
            "6: provider.models.slow.ttft_ms.dist: lognorm is not known here; did you mean lognormal?",
        ),
        # what a struct says about itself names the entry that is wrong, not the first of its mapping
        (
            ", cv: 0.3",
            "",
            "6: provider.models.slow.ttft_ms: lognormal needs mean and cv, or median and sigma, and not both",
        ),
        ("users: 2", "users: 2, rate: 5", "10: phases[0].load: load needs exactly one of users, rate, trace"),
        (
            "    load:",
            "    slo: [ttft p95 under 8]\n    load:",
            "8: phases[0]: cannot read the objective 'ttft p95 under 8'; "
            "write it like 'ttft_user p95 < 800 ms'",
        ),
        ("5}", "-5}", "4: provider.models.quick.ttft_ms: expected float >= 0.0"),
        # references between parts
        (
            "    load:",
            "    model: sloww\n    load:",
            "1: phase steady asks for model sloww; the provider has: quick, slow",
        ),
        # what YAML allows and no plan means
        ("name: small", "name: small\nname: big", "2: the key name stands here twice"),
        ("    slow:\n", "    quick:\n", "5: the key quick stands here twice"),
        ("name: small", "? [a, b]\n: 1", "1: a key must be a word, not a list or mapping"),
        ("name: small", "name: &x [*x]", "1: an anchor stands inside its own value"),
        ("duration_s: 5", "duration_s: .nan", "9: .nan is no quantity; leave the key out for no limit"),
        ("duration_s: 5", "duration_s: -.inf", "9: -.inf is no quantity; leave the key out for no limit"),
        ("name: small", "name: a: b", "1: not YAML: mapping values are not allowed here"),
        ("name: small", "name: !!python/name:os.system", "1: not YAML: could not determine a constructor"),
    ],
)
def test_a_bad_plan_is_told_where_and_what_to_write(old: str, new: str, message: str) -> None:
    assert changed(old, new).startswith(message)


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n", "5\n"])
def test_a_file_that_is_no_mapping_holds_no_plan(text: str) -> None:
    assert complaint(text) == "p.yaml: a plan is a mapping of keys to values; this file holds none"


def test_a_mapping_key_that_is_no_text_is_named() -> None:
    assert "expected str, found int" in changed("    quick:", "    5:")


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "On", "true"])
def test_a_key_that_yaml_takes_for_a_boolean_is_a_word(word: str) -> None:
    plan = parse(PLAN.replace("quick", word), Plan, "p.yaml")
    assert plan.provider is not None
    assert list(plan.provider.models) == [word, "slow"]
    assert parse(dump(plan), Plan, "again") == plan


def test_the_outcomes_that_are_retried_can_be_named_as_the_guide_writes_them() -> None:
    behaviour = "    behaviour: {retry: {on: [reset, truncated]}, resume: yes}\n"
    (phase,) = parse(PLAN + behaviour, Plan, "p.yaml").phases
    assert phase.behaviour.retry == Retry(on=["reset", "truncated"])
    assert phase.behaviour.resume


def test_a_broken_end_says_where() -> None:
    assert complaint('name: "x\n').startswith("p.yaml:2: not YAML: ")


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "steady.yaml").write_text(PLAN)
    with pytest.raises(PlanError, match=r"stedy\.yaml: no such file; did you mean .*steady\.yaml\?"):
        load_plan(tmp_path / "stedy.yaml")
    with pytest.raises(PlanError, match=r"no such file$"):
        load_plan(tmp_path / "elsewhere" / "other.yaml")


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"name: w\xf6rd\n")
    for path in (tmp_path, tmp_path / "latin.yaml"):
        with pytest.raises(PlanError, match="cannot be read"):
            load_plan(path)


@pytest.mark.parametrize("path", sorted(ROOT.glob("scenarios/*.yaml")), ids=lambda path: path.stem)
def test_every_plan_that_ships_reads_and_survives_a_round_trip(path: Path) -> None:
    plan = load_plan(path)
    assert parse(dump(plan), Plan, "again") == plan


def test_a_dumped_plan_has_every_default_written_out() -> None:
    plan = parse(PLAN, Plan, "p.yaml")
    text = dump(plan)
    assert parse(text, Plan, "again") == plan
    assert "drain_s: 20.0" in text
    assert "first_content_s: 30.0" in text


def test_samples_from_a_file_become_part_of_the_plan(tmp_path: Path) -> None:
    (tmp_path / "gaps.txt").write_text("10\n20.5\n")
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN.replace("ttft_ms: 5", "ttft_ms: {dist: empirical, file: gaps.txt}"))
    assert "- 20.5" in dump(load_plan(path))
    for bad in ("10\nten\n", "", "-1\n", "nan\n", "inf\n"):
        (tmp_path / "gaps.txt").write_text(bad)
        with pytest.raises(PlanError, match=r"gaps\.txt: .*sample"):
            load_plan(path)


def test_a_journey_that_ships_is_found_by_name_and_another_is_not() -> None:
    assert named_journey("no such journey") is None


def test_any_struct_of_a_plan_can_be_read_by_itself(tmp_path: Path) -> None:
    class Small(msgspec.Struct, forbid_unknown_fields=True):
        count: int

    (tmp_path / "small.yaml").write_text("count: 3\n")
    assert load_as(tmp_path / "small.yaml", Small) == Small(3)
    assert complaint("count: many", Small) == "p.yaml:1: count: expected int, found str"
