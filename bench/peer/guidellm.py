"""GuideLLM, with so many concurrent streams and synthetic prompts."""

import json
from pathlib import Path

from bench.peer.environment import hub, installed, tokenizer_folder, variables
from bench.peer.work import NotThere, Reported, Work

VERSION = "0.8.1"
LABEL = f"GuideLLM {VERSION}"


def command(work: Work, url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    programs = installed("guidellm", VERSION)
    home = hub(programs)
    words = [
        str(programs / "guidellm"), "run",
        "--backend", f"kind=openai_http,target={url},model=known",
        "--profile", f"kind=concurrent,streams={work.streams}",
        "--constraint", f"kind=max_requests,count={work.answers}",
        "--tokenizer", f"kind=huggingface_auto,model={tokenizer_folder(home)}",
        "--data", f"kind=synthetic_text,prompt_tokens=16,output_tokens={work.tokens}",
        "--output", f"kind=json,path={folder / 'guidellm.json'}",
        "--disable-console-interactive",
    ]  # fmt: skip
    return words, variables(home)


def report(work: Work, folder: Path) -> Reported:
    path = folder / "guidellm.json"
    if not path.is_file():
        raise NotThere("GuideLLM ended without a report")
    [found] = json.loads(path.read_text(encoding="utf-8"))["benchmarks"]
    totals = found["metrics"]["request_totals"]
    ttft = found["metrics"]["time_to_first_token_ms"]["successful"] or {}
    return Reported(
        completed=totals["successful"],
        failed=totals["errored"] + totals["incomplete"],
        ttft_mean_ms=ttft.get("mean"),
        ttft_p50_ms=ttft.get("median"),
        ttft_p99_ms=ttft.get("percentiles", {}).get("p99"),
    )
