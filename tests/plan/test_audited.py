"""The target file of an audit: what may stand in it, and what is said of what may not."""

from pathlib import Path

import pytest

from harness.plan.audited import Audited, Log, Probes
from harness.plan.reader import PlanError, load_as, parse

MINIMAL = "target: {url: 'http://127.0.0.1:8080'}\n"


def said(text: str) -> str:
    with pytest.raises(PlanError) as refused:
        parse(text, Audited, "mine.yaml")
    return str(refused.value)


def test_an_address_is_all_that_must_be_known() -> None:
    file = parse(MINIMAL, Audited, "mine.yaml")
    assert (file.provider, file.log, file.metrics, file.drain) == (None, None, None, None)
    assert file.probes == Probes()


def test_everything_may_be_declared() -> None:
    file = parse(
        MINIMAL
        + """
provider: {admin: http://127.0.0.1:8600, admin_token_env: TOKEN}
endpoints: {whole: /w, stop: "/stop/{id}"}
log: {path: /var/log/x.jsonl, ttft: t.first, times_in: s}
metrics: {path: /metrics, names: {tokens: my_tokens}}
policies: {after_disconnect: drain, reasoning: annotated, retries: 0, concurrency: 5, queue: 0}
hops: {app: http://127.0.0.1:8080, nginx: http://127.0.0.1:8081}
probes: {silences_s: [1, 2], total_s: 5}
drain: {pid_file: /run/x.pid, start: systemctl start x}
""",
        Audited,
        "mine.yaml",
    )
    assert file.log == Log(path="/var/log/x.jsonl", ttft="t.first", times_in="s")
    assert list(file.hops) == ["app", "nginx"]  # in their order
    assert file.probes.silences_s == (1, 2)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("endpoint: {}", "mine.yaml:2: unknown key endpoint; did you mean endpoints?"),
        ("endpoints: {whole: api}", "mine.yaml:2: endpoints: whole must begin with /"),
        ("endpoints: {stop: /stop}", "stop must hold {id}, where the stream's id goes"),
        ("provider: {admin: localhost}", "provider: admin must begin with http:// or https://"),
        ("provider: {}", "provider: the key admin is missing"),
        ("policies: {reasoning: show}", "show is not known here; did you mean shown?"),
        ("policies: {concurrency: 0}", "concurrency must be at least 1; leave it out for no limit"),
        ("policies: {heartbeat_s: 0}", "heartbeat_s and stall_limit_s must be positive"),
        ("policies: {retries: -1}", "retries and queue must not be negative"),
        ("probes: {silences_s: [5, 2]}", "silences_s must rise"),
        ("probes: {silences_s: []}", "silences_s are above 0"),
        ("probes: {total_s: 9999}", "total_s is above 0 and at most 1800"),
        ("drain: {start: x}", "drain needs either pid_file or stop"),
        ("hops: {nginx: 8081}", "expected str, found int"),
        (
            "hops: {nginx: 'http://here:99999'}",
            "hops.nginx: http://here:99999 is no address: Port out of range",
        ),
        ("provider: {admin: 'http://'}", "admin: http:// names no host"),
        ("hops: {nginx: 'http://me:pw@here'}", "hops.nginx holds a user name or password"),
        ("metrics: {path: 'https://me@here/metrics'}", "metrics.path holds a user name or password"),
        ("provider: {admin: 'http://:pw@here'}", "in provider.admin_token_env"),
        ("hops: {nginx: here}", "hops.nginx must begin with http:// or https://"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line_and_the_way_out(line: str, message: str) -> None:
    assert message in said(MINIMAL + line)


def test_a_target_without_an_address_is_refused() -> None:
    assert "target.url is missing" in said("target: {dialect: openai}")


def test_the_guides_example_can_be_read(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    blocks = [block.partition("```")[0] for block in guide.split("```yaml\n")[1:]]
    files = [block for block in blocks if block.startswith("target:")]
    assert len(files) >= 2
    for number, block in enumerate(files):
        (tmp_path / f"{number}.yaml").write_text(block, encoding="utf-8")
        assert load_as(tmp_path / f"{number}.yaml", Audited).target.url is not None
