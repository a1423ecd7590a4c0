"""An environment of its own for each tool, with pinned versions, and a tokenizer that needs no hub."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.peer.work import NotThere
from harness.network.install import default_cache

_HERE = Path(__file__).parent
_INSTALL_S = 1800
TOKENIZER = "streamproof/bytes"  # as a model hub would call it

# Runs inside a tool's environment. A token a byte is enough: the tools only make prompts with it.
_MAKE_TOKENIZER = """
import sys
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
vocab = {letter: place for place, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
vocab["<|end|>"] = len(vocab)
made = Tokenizer(models.BPE(vocab=vocab, merges=[]))
made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
made.decoder = decoders.ByteLevel()
end = "<|end|>"
fast = PreTrainedTokenizerFast(tokenizer_object=made, eos_token=end, bos_token=end, pad_token=end)
fast.chat_template = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
fast.save_pretrained(sys.argv[1])
"""


def installed(name: str, version: str) -> Path:
    """The folder of programs of `name`==`version`, installed on first use. Raises NotThere.

    `bench/peer/<name>.txt` pins everything beneath it. The first time takes minutes and gigabytes.
    """
    folder = default_cache() / "bench" / f"{name}-{version}"
    pins = _HERE / f"{name}.txt"
    stamp, wanted = folder / ".pins", hashlib.sha256(pins.read_bytes()).hexdigest()
    if not stamp.is_file() or stamp.read_text() != wanted:
        sys.stderr.write(f"installing {name} {version} into {folder}\n")
        base = getattr(sys, "_base_executable", None) or sys.executable
        _run(f"{name}: no environment could be made", [base, "-m", "venv", str(folder)])
        pip = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        _run(f"{name}: pip could not install it", [*pip, "-c", str(pins), f"{name}=={version}"])
        stamp.write_text(wanted)
    return folder / "bin"


def hub(programs: Path) -> Path:
    """A model hub's local cache that holds our tokenizer, made with the libraries of a tool's environment."""
    home = programs.parent / "hub"
    model = home / "hub" / f"models--{TOKENIZER.replace('/', '--')}"
    files = model / "snapshots" / "local"
    if not (files / "tokenizer.json").is_file():
        files.mkdir(parents=True, exist_ok=True)
        command = [str(programs / "python"), "-c", _MAKE_TOKENIZER, str(files)]
        _run("the tokenizer could not be made", command, variables(home))
        (model / "refs").mkdir(exist_ok=True)
        (model / "refs" / "main").write_text("local")
    return home


def tokenizer_folder(home: Path) -> Path:
    """Where the tokenizer's own files lie below `hub`."""
    return home / "hub" / f"models--{TOKENIZER.replace('/', '--')}" / "snapshots" / "local"


def variables(home: Path) -> dict[str, str]:
    """No hub, no telemetry, no proxy: nothing leaves this machine."""
    return {
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "COLUMNS": "200",
    }


def _run(what: str, command: list[str], more: Mapping[str, str] = {}) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    try:
        subprocess.run(
            command, env={**environ, **more}, capture_output=True, text=True, timeout=_INSTALL_S, check=True
        )
    except subprocess.CalledProcessError as error:
        last = ((error.stderr or error.stdout).strip().splitlines() or ["it said nothing"])[-1]
        raise NotThere(f"{what}: {last[:200]}") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotThere(f"{what}: {error}") from None
