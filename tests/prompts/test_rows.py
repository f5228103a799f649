"""One prompt over the rows of a table: CSV in its dialects, JSON objects, templates."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from tests.support.files import answer, encoded, jsonl, request, visual
from tests.support.pictures import png
from wellspring_tui.errors import InputError, PromptsFileError
from wellspring_tui.prompts import tables
from wellspring_tui.prompts.checking import Survey, survey
from wellspring_tui.prompts.model import FileKind, Request, RequestOptions
from wellspring_tui.prompts.opening import looks_like_prompts, open_prompts
from wellspring_tui.prompts.template import read_template

if TYPE_CHECKING:
    from pathlib import Path

ABOUT = "Summarise for a planner: {text}"


def read(path: Path, template: str | None = ABOUT) -> tuple[Survey, list[Request]]:
    """A table as a command reads it."""
    file = open_prompts(path, with_template=template is not None)
    found, requests = survey(file, RequestOptions(template=template))
    return found, list(requests)


def table(tmp_path: Path, content: str | bytes, name: str = "table.csv") -> Path:
    """A file of that content, its line breaks as they are."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def prompts(requests: list[Request]) -> list[str]:
    """What is asked."""
    return [json.loads(one.line)["body"]["messages"][-1]["content"] for one in requests]


def rows(requests: list[Request]) -> list[dict[str, object]]:
    """The own columns of each."""
    return [json.loads(one.row) for one in requests]


def refused(path: Path, template: str | None = ABOUT) -> str:
    """The one sentence that refuses a table."""
    with pytest.raises(PromptsFileError) as caught:
        read(path, template)[0].raise_if_unsendable()
    sentence = str(caught.value)
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


# -- CSV -----------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_each_row_of_a_csv_becomes_a_prompt_whatever_separates_it(
    tmp_path: Path, delimiter: str, line_end: str
) -> None:
    lines = [
        ["id", "text"],
        ["7", f'"Two{delimiter} of ""them"",\u2028{line_end}on two lines"'],
        ["8", "Soil"],
    ]
    path = table(tmp_path, "".join(delimiter.join(line) + line_end for line in lines))
    found, requests = read(path)
    text = f'Two{delimiter} of "them",\u2028{line_end}on two lines'
    assert (found.kind, found.columns, found.prompts) == (FileKind.ROWS, ("id", "text"), 2)
    assert prompts(requests) == [
        f"Summarise for a planner: {text}",
        "Summarise for a planner: Soil",
    ]
    assert rows(requests) == [{"id": "7", "text": text}, {"id": "8", "text": "Soil"}]


def test_a_decimal_comma_does_not_make_a_semicolon_table_another(tmp_path: Path) -> None:
    path = table(tmp_path, "name;text;price\na;x, y;1,5\nb;z;2,5\n")
    assert read(path)[0].columns == ("name", "text", "price")


def test_what_excel_writes_is_understood(tmp_path: Path) -> None:
    told = table(tmp_path, 'sep=;\r\n"id";"text"\r\n"1";"Soil"\r\n')
    assert rows(read(told)[1]) == [{"id": "1", "text": "Soil"}]
    spaced = table(tmp_path, 'id, text\n1, "Soil, deep"\n2, "Rain"\n')
    assert rows(read(spaced)[1])[0] == {"id": "1", "text": "Soil, deep"}


def test_columns_without_a_title_or_with_the_same_have_names_of_their_own(tmp_path: Path) -> None:
    path = table(tmp_path, ",text,text, text \n1,a,b,c\n")
    (row,) = rows(read(path, "{text} {text (2)}")[1])
    assert row == {"column 1": "1", "text": "a", "text (2)": "b", "text (3)": "c"}


def test_one_column_is_a_table_by_its_name_or_when_a_template_is_there(tmp_path: Path) -> None:
    named = table(tmp_path, "text\nHello, world.\nSoil, rain, and sun.\n")
    assert prompts(read(named)[1])[1] == "Summarise for a planner: Soil, rain, and sun."
    assert open_prompts(named).kind is FileKind.ROWS
    other = table(tmp_path, "text\nHello, world.\n", "lines.txt")
    assert read(other)[0].prompts == 1
    with pytest.raises(PromptsFileError, match="this is not JSON: it starts with “text"):
        open_prompts(other)


def test_prose_is_not_taken_for_a_table(tmp_path: Path) -> None:
    prose = table(tmp_path, "Hello, this is me.\nI like cats, dogs.\nAnd you?\n", "letter.txt")
    with pytest.raises(PromptsFileError, match="this is not JSON"):
        open_prompts(prose)


def test_rows_with_too_few_or_too_many_cells_are_told_with_their_lines(tmp_path: Path) -> None:
    path = table(tmp_path, 'id,text\n1,"a\nb"\n2\n3,c,d\n4,e\n')
    found, requests = read(path)
    assert [(one.line, one.what) for one in found.problems] == [
        (4, "the row has 1 cell, the table 2 columns"),
        (5, "the row has 3 cells, the table 2 columns"),
    ]
    assert len(requests) == 2
    assert "line 4: the row has 1 cell" in refused(path)


def test_a_table_of_which_every_row_is_broken_is_still_one(tmp_path: Path) -> None:
    assert "line 2: the row has 1 cell, the table 2 columns" in refused(
        table(tmp_path, "id,text\n1\n2\n")
    )


def test_a_quote_mark_that_is_never_closed_swallows_no_rows(tmp_path: Path) -> None:
    path = table(tmp_path, 'id,text\n1,a\n2,"b\n3,c\n4,d\n')
    assert "line 3: a quote mark opens here that is never closed" in refused(path)
    within = table(tmp_path, 'id,text\n1,"a" b\n2,c\n')
    assert "line 2: a quote mark within a quoted cell has to be written twice" in refused(within)
    assert read(within)[0].prompts == 1


def test_long_cells_are_read_and_endless_ones_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "word " * 100_000  # beyond what Python's csv module takes unless told otherwise
    assert prompts(read(table(tmp_path, f"id,text\n1,{long}\n"))[1])[0].endswith("word word")
    monkeypatch.setattr(tables, "_LONGEST", 200_000)
    assert "line 2 is longer than 200,000 characters" in refused(tmp_path / "table.csv")
    open_quote = table(tmp_path, 'id,text\n1,"' + "word\n" * 50_000)
    assert "line 2: a cell is longer than 200,000 characters; is a quote mark" in refused(
        open_quote
    )


def test_bytes_that_are_no_utf_8_are_told_with_their_line(tmp_path: Path) -> None:
    content = "id,text\n" + "1,Soil\n" * 20_000
    path = table(tmp_path, content.encode() + "2,Gärten\n".encode("latin-1"))
    assert "the file is not UTF-8 text (line 20002)" in refused(path)


def test_blank_rows_are_counted_and_left_out(tmp_path: Path) -> None:
    path = table(tmp_path, "id,text\n1,Soil\n2,  \n\n3,Rain\n")
    found, requests = read(path)
    assert (found.prompts, found.blank) == (2, 2)
    assert [one.prompt_type for one in requests] == ["row 1", "row 3"]
    all_blank = table(tmp_path, "id,text\n1,\n")
    assert "there are no prompts in it: all 1 are blank" in refused(all_blank)


# -- JSON ----------------------------------------------------------------------------


def test_each_object_of_a_jsonl_becomes_a_prompt_and_keeps_its_values(tmp_path: Path) -> None:
    lines = [
        b'{"id": 1, "text": "Soil\\u2028deep", "price": 1.10, "url": "http://example.org"}',
        b"",
        b'{"id": 12345678901234567890123, "text": ["a", 2.50], "new": true, "price": null}',
    ]
    path = table(tmp_path, jsonl(lines), "table.jsonl")
    found, requests = read(path, "{id}: {text} at {price}")
    assert found.columns == ("id", "text", "price", "url", "new")
    assert prompts(requests) == [
        "1: Soil\u2028deep at 1.10",
        '12345678901234567890123: ["a",2.50] at',
    ]
    assert requests[0].row == (
        '{"id":1,"text":"Soil\u2028deep","price":1.10,"url":"http://example.org"}'.encode()
    )
    assert found.blank == 1


def test_bad_lines_of_a_jsonl_are_told(tmp_path: Path) -> None:
    lines = [b'{"text": "a"}', b'{"text": "b"', b"[1]", b'{"other": 1}', b'{"text": "\\ud800"}']
    found, requests = read(table(tmp_path, jsonl(lines), "table.jsonl"))
    assert [(one.line, one.what) for one in found.problems] == [
        (2, "the line is not valid JSON"),
        (3, "expected an object, as on every line of this table"),
        (4, "the row has no “text”"),
        (5, "the line is not valid JSON"),
    ]
    assert len(requests) == 1


def test_a_single_object_is_a_row_only_for_a_template(tmp_path: Path) -> None:
    path = table(tmp_path, b'{"text": "Soil"}\n', "one.jsonl")
    assert read(path)[0].prompts == 1
    with pytest.raises(PromptsFileError, match="batch_prompts"):
        read(path, None)


def test_a_first_object_longer_than_what_is_looked_at_first_is_recognised(tmp_path: Path) -> None:
    lines = [json.dumps({"id": n, "text": "Which soil? " * 10_000}).encode() for n in range(2)]
    path = table(tmp_path, jsonl(lines), "long.jsonl")
    assert read(path)[0].prompts == 2
    assert open_prompts(path).kind is FileKind.ROWS


def test_requests_answers_and_prompts_stay_what_they_are(tmp_path: Path) -> None:
    requests = table(tmp_path, jsonl([request("a"), request("b")]), "requests.jsonl")
    assert open_prompts(requests, with_template=True).kind is FileKind.REQUESTS
    output = table(tmp_path, encoded(answer("a"), answer("b")), "output.jsonl")
    with pytest.raises(PromptsFileError, match="this is an output file of a batch"):
        open_prompts(output, with_template=True)
    whole = table(tmp_path, json.dumps(json.loads(visual())).encode(), "visual.json")
    assert open_prompts(whole, with_template=True).kind is FileKind.VISUAL_PROMPTS
    for path in (requests, whole):
        assert "a template makes prompts of a CSV, TSV or JSONL table, and this is none" in refused(
            path
        )


def test_a_table_may_have_columns_that_requests_and_answers_have_too(tmp_path: Path) -> None:
    lines = [
        {"custom_id": "a", "body": "Dear all", "url": "http://example.org"},
        {"custom_id": "b", "body": "Dear you", "url": "http://example.org"},
    ]
    letters = table(tmp_path, encoded(*lines), "letters.jsonl")
    assert [one.custom_id for one in read(letters, "{body}")[1]] == ["a", "b"]
    answers = [{"custom_id": "a", "response": "Yes.", "state": "answered"}] * 2
    ours = table(tmp_path, encoded(*answers), "answers.jsonl")
    assert open_prompts(ours).kind is FileKind.ROWS


# -- templates -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "prompt"),
    [
        ("{text}", "Soil"),
        ("{ text } in {Full Name}", "Soil in Ann {not} me"),
        ('Answer as {{"a": "{text}"}}', 'Answer as {"a": "Soil"}'),
        ("{{{text}}}", "{Soil}"),
        ("\n  {text}{text}\n", "SoilSoil"),
    ],
)
def test_columns_stand_in_braces_and_double_braces_for_themselves(
    tmp_path: Path, template: str, prompt: str
) -> None:
    path = table(tmp_path, "text,Full Name\nSoil,Ann {not} me\n")
    assert prompts(read(path, template)[1]) == [prompt]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Hello", "it names no column in braces"),
        ("Hello {{text}}", "it names no column in braces"),
        ("A {text", "the brace in “A {text” stands alone"),
        ("A text} {text}", "stands alone"),
        ("{} {text}", "the braces “{}” name no column"),
    ],
)
def test_a_template_that_no_row_could_fill_is_refused(template: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        RequestOptions(template=template)
    assert said in str(caught.value)


def test_an_unknown_column_is_one_sentence_that_lists_the_columns(tmp_path: Path) -> None:
    path = table(tmp_path, "id,text,place\n" + "1,Soil,North\n" * 100)
    assert "template: there is no column “txt”. There are id, text and place." in refused(
        path, "Summarise {txt}"
    )


def test_a_table_without_a_template_says_what_it_is_and_what_it_needs(tmp_path: Path) -> None:
    path = table(tmp_path, "id,text\n1,Soil\n")
    assert (
        "this is a table with the columns id and text; it needs a template. "
        '--template "… {text} …" makes a prompt of each row.'
    ) in refused(path, None)
    assert looks_like_prompts(path)


def test_a_cell_is_never_read_as_a_template() -> None:
    assert read_template("{a} {b}").fill({"a": "{b}", "b": "{{x}}"}) == "{b} {{x}}"


# -- where answers are filed --------------------------------------------------------------


def test_section_type_and_custom_id_are_taken_from_columns_of_these_names(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        "section,type,custom_id,text\n"
        "Ground,facts,soil-1,Soil\n"
        "Ground,facts,,Rain\n"
        ",,,Sun\n"
        "Money,,,Fees\n",
    )
    filed = [(one.section, one.prompt_type, one.custom_id) for one in read(path)[1]]
    assert filed == [
        ("Ground", "facts", "soil-1"),
        ("Ground", "facts", "ground.facts.0002"),
        ("Rows", "row 3", "row.0003"),
        ("Money", "row 4", "money.row.0004"),
    ]
    assert all(len(own_id) <= 64 for _, _, own_id in filed)


def test_a_custom_id_that_comes_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    path = table(tmp_path, "custom_id,text\na,Soil\nb,Rain\na,Sun\n")
    assert "line 4: the custom_id “a” is already on line 2" in refused(path)


# -- size ------------------------------------------------------------------------------------


def test_a_large_table_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("id,text\n")
        file.writelines(f"{n},{'Which soil? ' * 40}\n" for n in range(30_000))
    tracemalloc.start()
    try:
        file_of_rows = open_prompts(path, with_template=True)
        found, requests = survey(file_of_rows, RequestOptions(template=ABOUT))
        for _ in requests:
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.prompts == 30_000
    assert peak < path.stat().st_size / 4


def test_a_table_of_endlessly_many_columns_is_refused(tmp_path: Path) -> None:
    wide = ",".join(f"c{n}" for n in range(2_001))
    assert "the table has more than 2,000 columns" in refused(table(tmp_path, f"{wide}\n"), "{c1}")
    lines = ({"text": "Soil", f"key {n}": n} for n in range(2_001))
    path = table(tmp_path, encoded(*lines), "wide.jsonl")
    assert "the table has more than 2,000 columns" in refused(path)


# -- images --------------------------------------------------------------------------


def test_a_column_image_puts_a_picture_beside_the_prompt(tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(png(30, 20))
    path = table(
        tmp_path, "text,image\nA wall,wall.png\nA gate,https://example.org/gate.jpg\nAir,\n"
    )
    _, requests = read(path)
    wall, gate, air = (json.loads(one.line)["body"]["messages"][-1]["content"] for one in requests)
    assert wall[0] == {"type": "text", "text": "Summarise for a planner: A wall"}
    assert wall[1]["image_url"]["url"].startswith("data:image/png;base64,")
    assert gate[1]["image_url"]["url"] == "https://example.org/gate.jpg"
    assert air == "Summarise for a planner: Air"
    assert rows(requests)[0] == {"text": "A wall", "image": "wall.png"}


def test_an_image_that_is_not_there_is_a_problem_with_its_line(tmp_path: Path) -> None:
    path = table(tmp_path, "text,image\nA wall,wall.png\n")
    assert "line 2, image: there is no file “wall.png”" in refused(path)


def test_a_column_image_that_the_template_asks_for_is_words(tmp_path: Path) -> None:
    path = table(tmp_path, "text,image\nA wall,of stone\n")
    _, requests = read(path, "Describe {image}: {text}")
    assert prompts(requests) == ["Describe of stone: A wall"]
