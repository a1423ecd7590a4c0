"""Send the streams of a finished run to an OpenTelemetry collector, as spans with a first-token event."""

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.run_folder import RunFolderError, read_run
from harness.traces import export

_PATIENCE_S = 4  # of one batch, its repetitions included


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="a folder below runs/")
    parser.add_argument(
        "--endpoint",
        default="http://127.0.0.1:4318/v1/traces",
        metavar="URL",
        help="where the collector takes OTLP over HTTP (%(default)s)",
    )


def run(
    arguments: argparse.Namespace,
    _argv: Sequence[str],
    say: Callable[[str], None],
    _show: Callable[[Any], None],
) -> int:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise RunFolderError(
            "traces need the extra otel, which is not installed: pip install '.[otel]' in a clone; "
            "`make dev` brings it too"
        ) from None
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it is told below, once
    exporter = _Watched(OTLPSpanExporter(endpoint=arguments.endpoint, timeout=_PATIENCE_S))
    count = export(read_run(arguments.folder), exporter)
    if exporter.failed:
        raise RunFolderError(f"{arguments.endpoint}: spans were not taken; is a collector there?")
    say(f"{count:,} attempts sent to {arguments.endpoint}")
    return 0


class _Watched:
    """An exporter that remembers a failure, which the SDK only logs, and does not ask again after one."""

    def __init__(self, exporter: Any) -> None:
        self._exporter = exporter
        self._failure: Any = None

    @property
    def failed(self) -> bool:
        return self._failure is not None

    def export(self, spans: Sequence[Any]) -> Any:
        if self._failure is not None:
            return self._failure
        result = self._exporter.export(spans)
        if result.name != "SUCCESS":
            self._failure = result
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return bool(self._exporter.force_flush(timeout_millis))
