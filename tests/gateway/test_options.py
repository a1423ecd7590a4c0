from typing import get_args

import msgspec
import pytest

from gateway.options import parse
from harness.plan.plan import GatewayOptions

VALUES = {bool: True, str: "clock", int: 3, float: 3.0}


def test_every_field_of_the_plans_gateway_is_a_flag():
    fields = msgspec.structs.fields(GatewayOptions)
    values = {f.name: get_args(f.type)[-1] if get_args(f.type) else VALUES[f.type] for f in fields}
    flags = [text for name, value in values.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    options = parse(["--upstream", "http://127.0.0.1:9", *flags])
    assert options.gateway == GatewayOptions(**values)


def test_a_switch_needs_no_value_and_understands_a_plain_no():
    url = ["--upstream", "http://127.0.0.1:9"]
    assert parse([*url, "--compress", "--no-accel-header"]).gateway == GatewayOptions(
        compress=True, no_accel_header=True
    )
    assert not parse([*url, "--compress", "no"]).gateway.compress


def test_the_defaults_are_the_plans():
    assert parse(["--upstream", "http://127.0.0.1:9"]).gateway == GatewayOptions()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "--upstream"),
        (["--upstream", "localhost:9"], "http://127.0.0.1:9000"),
        (["--upstream", "http://me:secret@127.0.0.1:9"], "argument --upstream: the URL holds a user name or"),
        (["--upstream", "http://127.0.0.1:9", "--idle-s", "0"], "above 0"),
        (["--upstream", "http://127.0.0.1:9", "--idle-s", "soon"], "'soon'"),
        (["--upstream", "http://127.0.0.1:9", "--flush-bytes", "1.5"], "whole number"),
        (["--upstream", "http://127.0.0.1:9", "--flush-bytes", "9"], "needs flush_ms"),
        (["--upstream", "http://127.0.0.1:9", "--resume-grace-s", "-1"], "from 0"),
        (["--upstream", "http://127.0.0.1:9", "--port", "x"], "--port"),
        (["--upstream", "http://127.0.0.1:9", "--queue", "3"], "needs concurrency"),
        (["--upstream", "http://127.0.0.1:9", "--retries", "11"], "from 0 (none) to 10"),
        (["--upstream", "http://127.0.0.1:9", "--compress", "perhaps"], "neither yes nor no"),
        (["--upstream", "http://127.0.0.1:9", "--upstream-dialect", "gemini"], "anthropic"),
        (["--upstream", "http://127.0.0.1:9", "--offer-tools", "cluck"], "known: calculate, clock, lookup"),
        (["--upstream", "http://127.0.0.1:9", "--tool-rounds", "-1"], "tool_rounds is from 0"),
    ],
)
def test_a_bad_command_line_is_one_message_and_exit_4(argv, words, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(argv)
    said = capsys.readouterr().err
    assert stop.value.code == 4
    assert words in said
    assert said.count("\n") == 1
    assert "secret" not in said
