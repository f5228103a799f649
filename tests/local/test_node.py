"""The `openai` package for Node carries a batch through its whole life, where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local.conftest import LocalService

PACKAGES = os.environ.get("WELLSPRING_TEST_NODE_PACKAGES", "")
"""A folder in which somebody said `npm install openai`."""
CYCLE = Path(__file__).with_name("cycle.mjs")


def test_the_node_package_sees_what_it_would_see_at_openai(service: LocalService) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    if not (Path(PACKAGES) / "node_modules" / "openai").is_dir():
        pytest.skip("WELLSPRING_TEST_NODE_PACKAGES names no folder with npm's openai package")

    done = subprocess.run(
        [node, str(CYCLE), service.base_url, PACKAGES],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "file": ["batch", "processed", True],
        "created": ["validating", None, True],
        "batch": ["completed", {"total": 3, "completed": 2, "failed": 1}, True],
        "answered": ["request-1", "request-3"],
        "failed": [500],
        "cancelling": "cancelling",
        "cancelled": "cancelled",
        "listed": [True, False],
        "twice": ["ConflictError", 409, None, True],
        "unknown": ["NotFoundError", 404, None, True],
        "direct": "assistant",
        "deleted": True,
        "gone": ["NotFoundError", 404, None, True],
    }
