import pytest

from gateway.options import parse
from harness.plan.plan import GatewayOptions


def test_every_field_of_the_plans_gateway_is_a_flag():
    names = GatewayOptions.__struct_fields__
    flags = [text for name in names for text in ("--" + name.replace("_", "-"), "3")]
    options = parse(["--upstream", "http://127.0.0.1:9", *flags])
    assert options.gateway == GatewayOptions(**dict.fromkeys(names, 3))


def test_the_defaults_are_the_plans():
    assert parse(["--upstream", "http://127.0.0.1:9"]).gateway == GatewayOptions()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "--upstream"),
        (["--upstream", "localhost:9"], "http://127.0.0.1:9000"),
        (["--upstream", "http://127.0.0.1:9", "--idle-s", "0"], "above 0"),
        (["--upstream", "http://127.0.0.1:9", "--idle-s", "soon"], "'soon'"),
        (["--upstream", "http://127.0.0.1:9", "--flush-bytes", "1.5"], "whole number"),
        (["--upstream", "http://127.0.0.1:9", "--flush-bytes", "9"], "needs flush_ms"),
        (["--upstream", "http://127.0.0.1:9", "--resume-grace-s", "-1"], "from 0"),
        (["--upstream", "http://127.0.0.1:9", "--port", "x"], "--port"),
    ],
)
def test_a_bad_command_line_is_one_message_and_exit_4(argv, words, capsys):
    with pytest.raises(SystemExit) as stop:
        parse(argv)
    said = capsys.readouterr().err
    assert stop.value.code == 4
    assert words in said
    assert said.count("\n") == 1
