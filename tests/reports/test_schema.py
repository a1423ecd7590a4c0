"""The published schema and the structs agree."""

import msgspec

from reports.json_report import encode
from reports.schema import PATH, generate
from tests.reports.examples import demo


def test_the_schema_file_is_the_one_that_the_structs_make() -> None:
    assert PATH.read_bytes() == generate(), "run python -m reports.schema"


def test_every_key_of_a_summary_is_in_the_schema_and_every_required_one_in_the_summary() -> None:
    schema = msgspec.json.decode(generate())["$defs"]
    summary = msgspec.json.decode(encode(demo()))
    for name, value in {
        "Summary": summary,
        "RunInfo": summary["run"],
        "Validity": summary["validity"],
        "Verdict": summary["verdict"],
        "PhaseResult": summary["phases"][0],
        "Span": summary["phases"][0]["span"],
        "CheckResult": summary["checks"][0],
        "FaultRow": summary["faults"][0],
        "TwoSided": summary["two_sided"],
        "TimeSeries": summary["timeseries"],
        "Metric": summary["metrics"]["ttft_user"],
    }.items():
        assert set(schema[name]["required"]) <= value.keys() == schema[name]["properties"].keys()


def test_readers_may_meet_keys_of_later_versions() -> None:
    assert "additionalProperties" not in msgspec.json.decode(generate())["$defs"]["Summary"]
