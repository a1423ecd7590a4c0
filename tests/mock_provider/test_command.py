from pathlib import Path

import pytest

from mock_provider.command import main


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("models: {m: {ttfb_ms: 5}}", "unknown key ttfb_ms; did you mean ttft_ms?"),
        ("models: {m: {dialect: opnai}}", "models.m.dialect: no dialect opnai (known: "),
        ("faults: [{id: s99}]", "faults: no fault s99 (known: "),
        ("models: {m: {faults: [{id: x}]}}", "models.m.faults: no fault x (known: "),
    ],
)
def test_a_bad_configuration_is_named_and_exits_with_4(
    text: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mock.yaml"
    path.write_text(text)
    assert main(["--config", str(path)]) == 4
    printed = capsys.readouterr()
    assert expected in printed.err
    assert str(path) in printed.err
    assert printed.out == ""


def test_a_missing_configuration_and_a_bad_argument_exit_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", "nowhere.yaml"]) == 4
    assert main(["--prot", "1"]) == 4
    assert main(["--port", "99999"]) == 4
    assert "99999" in capsys.readouterr().err
