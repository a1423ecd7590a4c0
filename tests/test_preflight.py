"""Whatever can be known to be wrong is said before anything is started: where it stands, and the way out."""

import socket
from pathlib import Path

import pytest

from harness import preflight
from harness.plan.reader import PlanError, load_plan
from harness.run_folder import RunFolder, write_plan
from harness.stack.errors import StackError

OWN_PROMPTS = "target: {prompts: prompts.jsonl}"
PHASE = "{name: p, duration_s: 5, load: {users: 1}%s}"


@pytest.fixture
def written(tmp_path):
    """A plan file with these top-level lines and one phase; files may lie beside it."""

    def write(*lines, phase="", **files):
        for name, content in files.items():
            (tmp_path / name.replace("__", ".")).write_text(content, encoding="utf-8")
        path = tmp_path / "plan.yaml"
        path.write_text(
            "\n".join(["name: test", *lines, "phases:", "  - " + PHASE % phase]), encoding="utf-8"
        )
        return path

    return write


def complaint(path):
    with pytest.raises(PlanError) as raised:
        preflight.check(load_plan(path), path)
    text = str(raised.value)
    assert text.startswith(f"{path}: ")
    return text.removeprefix(f"{path}: ")


def test_a_plan_that_is_right_gets_its_files(written):
    path = written(
        OWN_PROMPTS,
        phase=", scenario: mine",
        mine__py="",
        prompts__jsonl='{"prompt": "Hallo"}\n\n{"prompt": "é"}\n',
    )
    ready = preflight.check(load_plan(path), path)
    assert ready.scenarios == [path.parent / "mine.py"]
    assert ready.prompts == ["Hallo", "é"]
    assert ready.whose_prompts == str(path.parent / "prompts.jsonl")


@pytest.mark.parametrize(
    ("load", "said"),
    [
        ("load: {users: 3}", "phase short: load.ramp_s is 2, longer than the phase's duration_s of 1"),
        ("load: {users: 3, ramp_s: 1.5}", "phase short: load.ramp_s is 1.5"),
        ("scenario: mobile, load: {users: 1}", "phase short: load.ramp_s is 2"),
    ],
)
def test_newcomers_whose_ramp_goes_beyond_the_end_of_their_phase_are_refused(written, load, said):
    path = written()
    path.write_text(path.read_text() + f"\n  - {{name: short, duration_s: 1, {load}}}")
    assert complaint(path).startswith(said)


@pytest.mark.parametrize("load", ["{users: 3, ramp_s: 1}", "{rate: 3}", "{users: 1, ramp_s: 9}"])
def test_a_ramp_that_ends_with_its_phase_or_that_nobody_climbs_is_right(written, load):
    path = written()
    path.write_text(path.read_text() + f"\n  - {{name: short, duration_s: 1, load: {load}}}")
    assert preflight.check(load_plan(path), path).prompts


def test_what_a_plan_does_not_name_comes_from_the_house(written):
    path = written(prompts__jsonl='{"prompt": "nobody asked for these"}')
    ready = preflight.check(load_plan(path), path)
    assert ready.scenarios == [preflight.SCENARIOS / "chat.py"]
    assert len(ready.prompts) > 3
    assert ready.whose_prompts == "ours"


def test_prompts_that_a_plan_names_are_never_replaced_by_ours_of_the_same_name(written):
    text = complaint(written(OWN_PROMPTS))
    assert "prompts.jsonl cannot be read: No such file or directory; write one" in text
    assert "or leave the key out for ours" in text


def test_the_plan_that_a_run_leaves_finds_the_files_that_lay_beside_its_own(written, tmp_path):
    path = written(OWN_PROMPTS, phase=", scenario: mine", mine__py="", prompts__jsonl='{"prompt": "Hallo"}')
    left = RunFolder(tmp_path / "runs" / "r0")
    write_plan(left, load_plan(path))
    first, again = (preflight.check(load_plan(one), one) for one in (path, left.plan))
    assert again == first


def test_prompts_may_be_no_folder(written, tmp_path):
    assert "cannot be read: Is a directory" in complaint(written(f"target: {{prompts: '{tmp_path}'}}"))


@pytest.mark.parametrize(
    ("lines", "phase", "parts"),
    [
        (["target: {dialect: opnai}"], "", ["target.dialect: there is no opnai; did you mean openai?"]),
        ([], ", scenario: chatt", ["phase p: there is no scenario chatt; did you mean chat?", "mobile"]),
        ([], ", checks: [loses_no_token]",
         ["phase p: checks: there is no loses_no_token; did you mean loses_no_tokens?"]),
        ([], ", slo: ['tftt_user p95 < 1 s']", ["phase p: slo 'tftt_user p95 < 1 s'", "ttft_user"]),
        (["provider: {faults: [{id: s99}]}"], "", ["provider: faults: there is no s99", "(there are: "]),
        (["provider: {models: {m: {faults: [{id: s99}]}}}"], "", ["provider: faults: there is no s99"]),
        (["target: {api_key_env: NO_SUCH_KEY}"], "",
         ["target.api_key_env: the environment has no NO_SUCH_KEY; set it"]),
        (["target: {prompts: none.jsonl}"], "",
         ["target.prompts: ", "none.jsonl cannot be read: No such file"]),
    ],
)  # fmt: skip
def test_a_name_that_leads_nowhere_is_told_with_its_key_and_its_nearest_neighbour(
    written, lines, phase, parts
):
    text = complaint(written(*lines, phase=phase))
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    "line", ["nonsense", '{"question": "x"}', '["prompt"]', '{"prompt": 7}', '{"prompt": null}']
)
def test_a_line_that_is_no_prompt_is_named(written, line):
    text = complaint(written(OWN_PROMPTS, prompts__jsonl=f'{{"prompt": "ok"}}\n{line}\n'))
    assert 'prompts.jsonl:2: not a prompt; a line is {"prompt": "…"}' in text


def test_a_file_without_prompts_is_told(written):
    assert 'holds no prompts; write one {"prompt": "…"} a line' in complaint(
        written(OWN_PROMPTS, prompts__jsonl="\n\n")
    )


def test_prompts_that_are_no_text_are_told(written):
    path = written(OWN_PROMPTS)
    (path.parent / "prompts.jsonl").write_bytes(b'{"prompt": "\xff"}')
    assert "it must be UTF-8 text" in complaint(path)


def test_two_scenarios_of_one_name_are_told(written):
    path = written(chat__py="")
    (path.parent / "sub").mkdir()
    (path.parent / "sub" / "chat.py").write_text("")
    second = "  - " + (PHASE % ", scenario: sub/chat").replace("name: p", "name: q")
    path.write_text(path.read_text() + "\n" + second + "\n")
    assert "two scenario files are called chat: " in complaint(path)


TRACE = "{name: p, duration_s: 5, load: {trace: %s}}"


def traced(path, name):
    path.write_text(path.read_text().replace(PHASE % "", TRACE % name))
    return path


def test_a_trace_is_meant_from_the_plans_own_folder(written, monkeypatch, tmp_path):
    path = traced(written(times__txt="0.5\n1\n"), "times.txt")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    plan = load_plan(path)
    assert plan.phases[0].load.trace == str(path.parent / "times.txt")
    preflight.check(plan, path)


def test_a_trace_that_is_missing_wrong_or_empty_is_told(written):
    path = traced(written(bad__txt="1\nsoon\n", late__txt="5\n9\n"), "none.txt")
    assert "phase p: load.trace: " in complaint(path)
    assert "none.txt cannot be read: No such file" in complaint(path)
    path.write_text(path.read_text().replace("none.txt", "bad.txt"))
    assert "bad.txt:2: 'soon' is not a time in seconds; write one time" in complaint(path)
    path.write_text(path.read_text().replace("bad.txt", "late.txt"))
    assert "has no arrival within the phase's 5 s; times are seconds from the phase's start" in complaint(
        path
    )


def test_a_key_that_the_environment_has_is_no_complaint(written, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "k")
    path = written("target: {api_key_env: SOME_KEY}")
    preflight.check(load_plan(path), path)


@pytest.mark.slow
def test_a_target_that_nobody_listens_at_is_told_and_one_that_listens_is_not(written):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        path = written(f"target: {{url: '{url}'}}")
        preflight.check(load_plan(path), path)
    with pytest.raises(StackError) as raised:
        preflight.check(load_plan(path), path)
    assert str(raised.value).startswith(
        f"the target {url} cannot be reached: Connection refused; is it running"
    )


def test_a_network_in_front_of_an_https_target_is_told(written):
    network = ", network: [{name: phones, journey: tunnel}]"
    path = written(
        "target: {url: 'https://127.0.0.1:1'}",
        "network:",
        "  links: {slow: wpt/edge}",
        "  journeys: {tunnel: [{link: slow}]}",
        phase=network,
    )
    assert "target.url: an https target cannot be reached through a network proxy; give" in complaint(path)


@pytest.mark.parametrize(("dialect", "path"), [("generic", "/chat"), ("tgi", "/mine")])
def test_a_path_that_does_not_tell_where_whole_answers_are_is_asked_about(written, dialect, path):
    target = f"dialect: {dialect}, path: {path}"
    plan = written(f"target: {{{target}}}", phase=", streamed: false")
    assert complaint(plan).endswith(f"and {path} does not tell which; name it in target.whole_path")
    told = written(f"target: {{{target}, whole_path: /whole}}", phase=", streamed: false")
    preflight.check(load_plan(told), told)


def test_a_body_that_says_whether_to_stream_needs_no_other_path(written):
    plan = written("target: {dialect: openai, path: /chat}", phase=", streamed: false")
    preflight.check(load_plan(plan), plan)


def test_a_folder_or_a_scenario_is_no_plan(tmp_path):
    with pytest.raises(PlanError, match=r"a folder; .*plan\.yaml"):
        preflight.plan_path(tmp_path)
    with pytest.raises(PlanError, match="`scenario: chat`"):
        preflight.plan_path(Path("scenarios/chat.py"))


def test_the_bare_name_of_a_scenario_is_told_with_the_shipped_plans_that_have_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("")
    for name, end in (
        ("rate_limits", "`scenario: rate_limits`, or a shipped one that does: demo, rate_limited"),
        ("mine", "`scenario: mine`"),
    ):
        with pytest.raises(PlanError) as raised:
            preflight.plan_path(Path(name))
        text = f"{name}: a scenario, which says who the users are; name a plan (YAML) whose phases say {end}"
        assert str(raised.value) == text


def test_a_port_that_another_mock_has_is_told_before_anything_is_started(written):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path = written(f"provider: {{port: {port}}}")
        with pytest.raises(StackError, match=rf"127\.0\.0\.1:{port}: .*--provider-port"):
            preflight.check(load_plan(path), path)
    preflight.check(load_plan(path), path)


def test_the_name_of_a_shipped_plan_will_do_and_a_file_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert preflight.plan_path(Path("steady")) == preflight.SCENARIOS / "steady.yaml"
    Path("steady.yaml").write_text("")
    assert preflight.plan_path(Path("steady.yaml")) == Path("steady.yaml")


def test_a_name_of_nothing_is_told_with_its_nearest_neighbour(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlanError, match=r"stedy: no such file, and no shipped plan; did you mean steady\?"):
        preflight.plan_path(Path("stedy"))


def many_users(written, users, *lines):
    path = written(*lines)
    path.write_text(path.read_text().replace("users: 1", f"users: {users}"), encoding="utf-8")
    return path


def test_users_without_a_port_for_each_are_refused(written, monkeypatch):
    monkeypatch.setattr(preflight, "port_limit", lambda: 28_232)
    monkeypatch.setattr(preflight, "descriptor_limit", lambda: None)
    preflight.check(load_plan(path := many_users(written, 28_232)), path)
    told = complaint(many_users(written, 28_233))
    assert told.startswith("phase p: load.users: 28233 users need a port")
    assert "ip_local_port_range" in told


@pytest.mark.parametrize(
    ("lines", "users", "part"),
    [
        (("stack: {system: none}",), 937, "a load process"),
        (("stack: {system: none}", "workers: 2"), 937, "the mock provider"),
        ((), 469, "the system (gateway)"),
        (("workers: 2", "provider: {workers: 4}"), 469, "the system (gateway)"),
    ],
)
def test_users_without_descriptors_for_their_streams_are_refused(written, monkeypatch, lines, users, part):
    monkeypatch.setattr(preflight, "descriptor_limit", lambda: 1000)
    preflight.check(load_plan(path := many_users(written, users - 1, *lines)), path)
    told = complaint(many_users(written, users, *lines))
    assert f"descriptors in {part}, and a process here may have 1000" in told
    assert "ulimit -Hn" in told


def test_where_no_limit_is_known_none_is_held_against_a_plan(written, monkeypatch):
    monkeypatch.setattr(preflight, "port_limit", lambda: None)
    monkeypatch.setattr(preflight, "descriptor_limit", lambda: None)
    preflight.check(load_plan(path := many_users(written, 10_000_000)), path)
