"""A person asks for answers that fit a JSON Schema, and hears of those that do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema

from tests.cli.conftest import SAMPLE, sentence
from tests.support.files import jsonl, request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Shell

BED: dict[str, Any] = {
    "title": "Garden bed",
    "type": "object",
    "additionalProperties": False,
    "required": ["plant", "months", "sun"],
    "properties": {
        "plant": {"type": "string"},
        "months": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 12}},
        "sun": {"enum": ["full", "half", "none"]},
    },
}
# The built-in service makes up texts without a look at their pattern.
CODED = {
    **BED,
    "required": [*BED["required"], "code"],
    "properties": {**BED["properties"], "code": {"type": "string", "pattern": "^[A-Z]{3}$"}},
}


def answers_in(path: Path) -> list[dict[str, Any]]:
    """The answers in a results JSON."""
    sections = json.loads(path.read_bytes())["results_by_section"]
    return [answer for types in sections.values() for answer in types.values()]


def test_every_answer_of_a_run_fits_the_schema(shell: Shell) -> None:
    schema = shell.write("bed.json", json.dumps(BED))
    for endpoint in ("/v1/chat/completions", "/v1/responses"):
        out = shell.folder / f"{endpoint[4:8]}.json"
        done = shell.wellspring(
            "run", SAMPLE, "--schema", schema, "--endpoint", endpoint, "-o", out
        )
        assert done.code == 0, done.stderr
        assert "9 answered, 0 failed, 0 missing; " in done.stderr
        found = answers_in(out)
        assert len(found) == 9
        for answer in found:
            jsonschema.validate(json.loads(answer["response"]), BED)
            assert answer["off_schema"] is None


def test_answers_off_their_schema_are_told_everywhere(shell: Shell) -> None:
    schema = shell.write("coded.json", json.dumps(CODED))
    out = shell.folder / "out.json"

    done = shell.wellspring("run", SAMPLE, "--schema", schema, "-o", out)

    assert done.code == 0  # they are answered, as those that were cut off are
    assert "9 answered, 0 failed, 0 missing, 9 off schema; " in done.stderr
    assert json.loads(out.read_bytes())["off_schema"] == 9
    for answer in answers_in(out):
        assert answer["off_schema"].startswith('code: "Simulated: ')
        assert answer["off_schema"].endswith(' does not match "^[A-Z]{3}$"')
    (job,) = shell.json("jobs")
    told = shell.json("status", job["job_id"])
    assert (told["answered"], told["off_schema"], told["truncated"]) == (9, 9, 0)
    whole = shell.wellspring("status", job["job_id"]).stdout
    assert "  Flagged     9 off schema\n" in whole
    assert "  Schema      Garden_bed\n" in whole
    assert "retry" not in done.stderr
    again = shell.wellspring("retry", job["job_id"])  # it has its answers, such as they are
    assert sentence(again).startswith(f"every request of the job {job['job_id']} has its answer")


def test_what_is_cut_off_is_told_as_that(shell: Shell) -> None:
    schema = shell.write("coded.json", json.dumps(CODED))
    done = shell.wellspring("run", SAMPLE, "--schema", schema, "--max-tokens", "9", "-q", "-o", "o")
    assert done.code == 0, done.stderr
    whole = json.loads((shell.folder / "o").read_bytes())
    assert (whole["truncated"], whole["off_schema"]) == (9, 0)


def test_ready_made_requests_and_their_files_are_checked_by_their_own_schema(shell: Shell) -> None:
    formats = {
        "good": {"type": "json_schema", "json_schema": {"name": "bed", "schema": BED}},
        "off": {"type": "json_schema", "json_schema": {"name": "coded", "schema": CODED}},
        "any": {"type": "text"},
    }
    lines = [request(own_id, response_format=wanted) for own_id, wanted in formats.items()]
    path = shell.write("requests.jsonl", jsonl(lines))
    out = shell.folder / "out.json"

    done = shell.wellspring("run", path, "-o", out)

    assert "3 answered, 0 failed, 0 missing, 1 off schema; " in done.stderr
    off = {answer["custom_id"]: answer["off_schema"] for answer in answers_in(out)}
    assert (off["good"], off["any"]) == (None, None)
    assert off["off"].startswith("code: ")
    (job,) = shell.json("jobs")
    (batch,) = shell.json("status", job["job_id"])["parts"]
    output = shell.home / "output" / job["job_id"] / "part-001.output.jsonl"
    taken = shell.wellspring("import", output, "--input", path)
    assert "3 answered, 0 failed, 0 missing, 1 off schema; " in taken.stderr
    assert batch["answered"] == 3


def test_check_says_what_a_schema_costs_and_how_it_is_sent(shell: Shell) -> None:
    strict = shell.write("bed.json", json.dumps(BED))
    loose = shell.write("loose.json", json.dumps({**BED, "additionalProperties": True}))
    plain = shell.json("check", SAMPLE)
    checked = shell.json("check", SAMPLE, "--schema", strict)
    assert checked["notes"] == []
    more = checked["estimated_input_tokens"] - plain["estimated_input_tokens"]
    assert more >= 9 * 40
    (note,) = shell.json("check", SAMPLE, "--schema", loose)["notes"]
    assert note.startswith("Garden_bed is sent without strict (the root: additionalProperties must")
    assert note in shell.wellspring("submit", SAMPLE, "--schema", loose).stderr
    sent = next((shell.home / "input").glob("*/part-001.jsonl")).read_bytes()
    assert b'"strict":false' in sent


def test_a_schema_that_can_not_be_used_is_one_sentence_and_no_job(shell: Shell) -> None:
    schema = shell.write("bed.json", json.dumps(BED))
    remote = shell.write("remote.json", '{"type": "object", "$ref": "https://example.com/a"}')
    ready = shell.write("requests.jsonl", jsonl([request("a")]))
    other = ("--model", "text-embedding-3-small", "--endpoint", "/v1/embeddings")
    wrong: list[tuple[Path, str | Path, tuple[str, ...], str]] = [
        (SAMPLE, "no.json", (), "no.json: there is no such file. Check the path."),
        (SAMPLE, remote, (), "leads out of the schema, and nothing is fetched."),
        (ready, schema, (), "so no schema can be added to them."),
        (SAMPLE, schema, other, "answers of /v1/embeddings can't be asked to fit a schema."),
    ]
    for file, given, options, said in wrong:
        for command in ("check", "submit", "run"):
            refused = shell.wellspring(command, file, "--schema", given, *options)
            assert refused.code == 2
            assert said in sentence(refused)
    assert shell.json("jobs") == []
