"""What can't be used is refused in one sentence, before anything is sent."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import PROGRAM, SAMPLE, sentence
from tests.support.files import jsonl, request, visual

if TYPE_CHECKING:
    from tests.cli.conftest import Shell

BAD_FILES = {
    "empty": (b"", "empty"),
    "blank prompts only": (visual({"Soil": {"facts": " "}}), "no prompts"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
    "a letter": (b"Dear service,", "not JSON"),
    "half of UTF-16": ("[]".encode("utf-16")[:-1], "UTF-16"),
    "UTF-32": ("{}".encode("utf-32"), "UTF-32"),
    "other JSON": (b'{"prompts": []}', "batch_prompts"),
    "other lists": (b"[1, 2]", "[0]: expected text or an object with a prompt"),
    "no image": (b'[{"prompt": "x", "image": "gone.png"}]', "there is no file “gone.png”"),
    "cut JSON": (visual()[:-20], "not valid JSON"),
    "the same id twice": (jsonl([request("a"), request("a")]), "already on line 1"),
    "no body": (b'{"custom_id": "a", "method": "POST", "url": "/v1/responses"}', "line 1"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_prompts_file_is_refused(shell: Shell, kind: str) -> None:
    content, expected = BAD_FILES[kind]
    shell.write("prompts", content)

    done = shell.wellspring("run", "prompts")

    assert done.code == 2
    assert expected in sentence(done)
    assert list((shell.home / "input").glob("*")) == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("run", "missing.json"), "no such file"),
        (("run", "."), "folder"),
        (("run",), "missing argument"),
        (("run", SAMPLE, "--temperature", "3"), "--temperature"),
        (("run", SAMPLE, "--temperature", "nan"), "--temperature"),
        (("submit", SAMPLE, "--max-tokens", "0"), "--max-tokens"),
        (("submit", SAMPLE, "--system", "\udcff"), "UTF-8"),
        (("watch", "zzzzzz"), "no job"),
        (("results", "zzzzzz"), "no job"),
        (("results", "zzzzzz", "--format", "pdf"), "--format"),
        (("cancel", "batch_zzzzzz"), "no job"),
        (("--service", "nowhere", "jobs"), "no service"),
        (("stauts", "zzzzzz"), "Did you mean “status”"),
        ((SAMPLE,), "wellspring run FILE"),
        (("--input",), "missing argument"),
        ((), "needs a terminal"),
        (("demo",), "needs a terminal"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(
    shell: Shell, arguments: tuple[str, ...], expected: str
) -> None:
    done = shell.wellspring(*arguments)

    assert done.code == 2
    assert expected in sentence(done)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("missing/out.json", "nothing can be written there"),
        (".", "folder"),
        ("/dev/null", "not an ordinary file"),
        ("/proc/out.json", "nothing can be written there"),  # a folder that root can't write
        ("x" * 300, "nothing can be written there"),
    ],
)
def test_a_place_that_takes_no_results_is_refused_before_anything_is_sent(
    shell: Shell, output: str, expected: str
) -> None:
    done = shell.wellspring("run", SAMPLE, "-o", output)

    assert done.code == 2
    assert expected in sentence(done)
    assert not shell.home.exists()


def test_a_setting_that_makes_no_sense_is_refused(shell: Shell) -> None:
    shell.home.mkdir()
    config = shell.home / "config.toml"
    config.write_text('[services.lab]\nbase_ulr = "http://localhost"\n')

    assert "config.toml" in sentence(shell.wellspring("jobs"))
    assert shell.wellspring("jobs").code == 2
    doctor = shell.wellspring("doctor")
    assert doctor.code == 2
    assert "✗" in doctor.stdout

    config.unlink()
    done = shell.wellspring("jobs", BATCH_CHECK_INTERVAL="often")
    assert done.code == 2
    assert "BATCH_CHECK_INTERVAL" in sentence(done)


def test_a_full_disk_behind_stdout_is_told(shell: Shell) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "check", str(SAMPLE)],
            env=shell.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr.decode() == (
        "wellspring: stdout can't be written (No space left on device)\n"
    )
