"""The cap of a machine, kept between runs and never taken for another machine's."""

from pathlib import Path

import pytest

from harness import calibration
from harness.calibration import Calibration, cache_file, calibrated_cap, fingerprint, load, save

KEPT = Calibration(
    machine={"cpu": "one"}, measured_utc="2026-11-22T18:00:00+00:00", events_cap=41_000.0, at_least=False,
    streams=820, tokens_s=50.0, stamp_error_p99_ms=0.02, broke_first="cpu",
)  # fmt: skip


def test_what_is_kept_comes_back_for_the_same_machine(tmp_path: Path):
    save(KEPT, tmp_path / "deep" / "doctor.json")
    assert load(tmp_path / "deep" / "doctor.json", {"cpu": "one"}) == KEPT
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["doctor.json"]


def test_another_machine_has_no_cap(tmp_path: Path):
    save(KEPT, tmp_path / "doctor.json")
    assert load(tmp_path / "doctor.json", {"cpu": "two"}) is None


@pytest.mark.parametrize("text", ["", "{", '{"schema": "streamproof.doctor/1"}'])
def test_a_damaged_file_is_no_cap(tmp_path: Path, text: str):
    (tmp_path / "doctor.json").write_text(text)
    assert load(tmp_path / "doctor.json", {"cpu": "one"}) is None
    assert load(tmp_path / "absent.json", {"cpu": "one"}) is None


@pytest.mark.parametrize("wrong", [{"events_cap": 0.0}, {"schema": "streamproof.doctor/9"}])
def test_a_cap_of_nothing_or_of_another_schema_is_none(tmp_path: Path, wrong):
    kept = Calibration(**{**{f: getattr(KEPT, f) for f in KEPT.__struct_fields__}, **wrong})
    save(kept, tmp_path / "doctor.json")
    assert load(tmp_path / "doctor.json", {"cpu": "one"}) is None


def test_the_file_is_in_the_user_s_cache(tmp_path: Path):
    assert cache_file({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "streamproof" / "doctor.json"
    assert cache_file({}).parts[-3:] == (".cache", "streamproof", "doctor.json")


def test_a_run_takes_the_cap_of_its_own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(calibration, "cache_file", lambda: tmp_path / "doctor.json")
    assert calibrated_cap() is None
    save(Calibration(**{**{f: getattr(KEPT, f) for f in KEPT.__struct_fields__}, "machine": fingerprint()}),
         tmp_path / "doctor.json")  # fmt: skip
    assert calibrated_cap() == 41_000.0
