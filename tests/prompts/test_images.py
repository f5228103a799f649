"""Images beside prompts: what is sent, what it costs, and what is refused."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.files import RESPONSES
from tests.support.pictures import gif, jpeg, png, webp
from wellspring_tui.prompts import images
from wellspring_tui.prompts.checking import survey
from wellspring_tui.prompts.image_formats import Format, format_of
from wellspring_tui.prompts.image_tokens import image_tokens
from wellspring_tui.prompts.images import beside, images_of
from wellspring_tui.prompts.model import Problem, Request, RequestOptions
from wellspring_tui.prompts.opening import open_prompts

if TYPE_CHECKING:
    from pathlib import Path

LINK = "https://example.org/wall.jpg?size=2"


def items(tmp_path: Path, content: object, **options: Any) -> list[Any]:
    """Everything that becomes of a prompts file."""
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps(content))
    return list(open_prompts(path).read(RequestOptions(**options)))


def body(tmp_path: Path, item: object, **options: Any) -> dict[str, Any]:
    """What the one request of a file asks."""
    (made,) = items(tmp_path, [item], **options)
    assert isinstance(made, Request), made
    whole: dict[str, Any] = json.loads(made.line)["body"]
    return whole


def data_url(kind: str, raw: bytes) -> str:
    """An image as it goes along."""
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"


def test_links_are_sent_as_they_are_and_files_go_along(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "one.png").write_bytes(png(30, 20))
    named = [LINK, "maps/one.png"]
    asked = {"prompt": " What is it? ", "images": named}
    assert body(tmp_path, asked, system="Be kind.")["messages"] == [
        {"role": "system", "content": "Be kind."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": LINK}},
                {"type": "image_url", "image_url": {"url": data_url("png", png(30, 20))}},
            ],
        },
    ]
    told = body(tmp_path, asked, endpoint=RESPONSES, system="Be kind.")
    assert told["instructions"] == "Be kind."
    assert told["input"] == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": LINK, "detail": "auto"},
                {
                    "type": "input_image",
                    "image_url": data_url("png", png(30, 20)),
                    "detail": "auto",
                },
            ],
        }
    ]


def test_image_and_images_may_be_one_or_several_and_blank_ones_are_none(tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(png(2, 2))
    whole = str(tmp_path / "a b.png")
    for given, count in (
        ({"image": LINK}, 1),
        ({"images": LINK}, 1),
        ({"image": [LINK, " a b.png "], "images": [whole]}, 3),
        ({"image": data_url("png", png(2, 2))}, 1),
        ({"image": "HTTP://example.org/A"}, 1),
    ):
        made = body(tmp_path, {"prompt": "x", **given})["messages"][0]["content"]
        assert [part["type"] for part in made] == ["text", *["image_url"] * count]
    for name, none in (("image", None), ("image", " "), ("images", []), ("images", ["", " "])):
        assert body(tmp_path, {"prompt": "x", name: none})["messages"][0]["content"] == "x"


def test_an_image_may_stand_alone(tmp_path: Path) -> None:
    for given in ({"image": LINK}, {"prompt": " ", "image": LINK}):
        made = body(tmp_path, given)["messages"][0]["content"]
        assert made == [{"type": "image_url", "image_url": {"url": LINK}}]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (png(640, 480), Format("image/png", 640, 480)),
        (jpeg(4000, 3000), Format("image/jpeg", 4000, 3000)),
        (gif(320, 200), Format("image/gif", 320, 200)),
        (webp(b"VP8 ", 1600, 900), Format("image/webp", 1600, 900)),
        (webp(b"VP8L", 16384, 9000), Format("image/webp", 16384, 9000)),
        (webp(b"VP8X", 70_000, 1), Format("image/webp", 70_000, 1)),
        (webp(b"ALPH", 9, 9), Format("image/webp", 0, 0)),
        (jpeg(4000, 3000)[:30], Format("image/jpeg", 0, 0)),
        (b"\xff\xd8\xff\xd9", Format("image/jpeg", 0, 0)),
        (b"BM" + bytes(60), None),
        (b"<svg/>", None),
        (b"%PDF-1.7", None),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", None),
        (b"", None),
    ],
)
def test_an_image_is_known_by_its_content(raw: bytes, found: Format | None) -> None:
    assert format_of(raw) == found


def test_the_content_names_the_kind_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(jpeg(40, 30))
    made = body(tmp_path, {"prompt": "x", "image": "photo.png"})
    url = made["messages"][0]["content"][1]["image_url"]["url"]
    assert url == data_url("jpeg", jpeg(40, 30))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"image": "gone.png"}, "[0].image: there is no file “gone.png”"),
        ({"images": [LINK, "gone.png"]}, "[0].images[1]: there is no file “gone.png”"),
        ({"image": "folder"}, "[0].image: “folder” is not an ordinary file"),
        ({"image": "pipe"}, "[0].image: “pipe” is not an ordinary file"),
        ({"image": "empty.png"}, "[0].image: “empty.png” is empty"),
        (
            {"image": "text.png"},
            "[0].image: “text.png” is no PNG, JPEG, WebP or GIF image, whatever its name",
        ),
        ({"image": "text.png/a"}, "[0].image: “text.png/a” can't be read (Not a directory)"),
        ({"image": "a\x00b"}, "[0].image: “ab” can't be read (embedded null byte)"),
        ({"image": 7}, "[0].image: expected an http(s) URL or the path of a file, found a number"),
        (
            {"images": [{"url": LINK}]},
            "[0].images[0]: expected an http(s) URL or the path of a file, found an object",
        ),
        (
            {"image": "ftp://example.org"},
            "[0].image: expected an http(s) URL or the path of a file, found “ftp://example.org”",
        ),
        (
            {"image": "https://"},
            "[0].image: expected an http(s) URL or the path of a file, found “https://”",
        ),
        ({"image": "data:image/png;base64,%%%"}, "[0].image: its base64 can't be decoded"),
        (
            {"image": "data:image/png;base64,QUJD"},
            "[0].image: it is no PNG, JPEG, WebP or GIF image, whatever its name",
        ),
        (
            {"prompt": None, "messages": [{"role": "user", "content": "x"}], "image": LINK},
            "[0]: images stand beside a prompt, messages hold their own",
        ),
    ],
)
def test_an_image_that_cannot_be_sent_is_named(
    tmp_path: Path, given: dict[str, object], said: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("I am no image")
    (problem,) = items(tmp_path, [{"prompt": "x", **given}])
    assert str(problem) == said


def test_more_than_a_request_may_hold_is_refused_with_the_limit(tmp_path: Path) -> None:
    for name, size in (("most", images.MOST_BYTES), ("more", images.MOST_BYTES + 1), ("half", 3e7)):
        with (tmp_path / name).open("wb") as file:
            file.write(png(3, 3))
            file.truncate(int(size))
    assert isinstance(items(tmp_path, [{"prompt": "x", "image": "most"}])[0], Request)
    for given, said in (
        (
            {"image": "more"},
            "[0].image: the image is larger than 50.0 MB, the most OpenAI takes in a request",
        ),
        (
            {"images": ["half", LINK, "half"]},
            "[0].images[2]: OpenAI takes at most 50.0 MB of images in a request, these are 60.0 MB",
        ),
        (
            {"images": [LINK] * 1_501},
            "[0].images[1500]: OpenAI takes at most 1,500 images a request",
        ),
    ):
        (problem,) = items(tmp_path, [{"prompt": "x", **given}])
        assert str(problem) == said


def test_a_row_names_its_images_by_column(tmp_path: Path) -> None:
    """What reads rows hands each as a mapping of its columns."""
    (tmp_path / "a.png").write_bytes(png(6, 5))
    (image,) = images_of({"id": "7", "image": "a.png", "images": ""}, "", beside(tmp_path))  # type: ignore[misc]
    assert (image.width, image.height, image.size_bytes) == (6, 5, len(png(6, 5)))
    problem = images_of({"image": "b.png"}, "", beside(tmp_path))
    assert problem == Problem("there is no file “b.png”", key="image")


# -- what it costs -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        # The examples of OpenAI's guide to images and vision.
        ("gpt-4o", (1024, 1024), 765),
        ("gpt-4o", (2048, 4096), 1105),
        ("gpt-5-mini-2025-08-07", (1024, 1024), 1659),  # 1,024 patches
        # And its tables.
        ("gpt-4o", (200, 200), 85 + 170),
        ("gpt-4o-mini", (1024, 1024), 2833 + 4 * 5667),
        ("ft:gpt-4o-mini-2024-07-18:us::x", (512, 512), 2833 + 5667),
        ("gpt-5", (512, 512), 70 + 140),
        ("gpt-5-2025-08-07", (512, 512), 70 + 140),
        ("o3", (512, 512), 75 + 150),
        ("o4-mini", (32, 64), 4),
        ("gpt-4.1-nano", (5000, 5000), 3779),  # no more than 1,536 patches
        ("gpt-6-astra", (2048, 2048), 3000),
        ("some-model/of-others", (1024, 1024), 765),
        ("gpt-4o", (0, 0), 765),
    ],
)
def test_an_image_costs_what_its_size_and_the_model_make_of_it(
    model: str, size: tuple[int, int], tokens: int
) -> None:
    assert image_tokens(model, *size) == tokens


def test_the_bytes_of_images_are_not_counted_as_text(tmp_path: Path) -> None:
    (tmp_path / "noise.png").write_bytes(png(512, 512) + os.urandom(300_000))
    content = [
        {"prompt": "What?", "image": "noise.png"},
        {"prompt": "What?", "image": LINK},
        "What?",
    ]
    pictured, linked, bare = (one.tokens for one in items(tmp_path, content, model="gpt-4o"))
    assert (pictured - bare, linked - bare) == (85 + 170, 765)


def test_the_same_images_in_ready_made_requests_cost_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(1024, 1024))
    (made,) = items(tmp_path, [{"prompt": "What is it?", "image": "a.png"}])
    path = tmp_path / "requests.jsonl"
    path.write_bytes(made.line + b"\n")
    (ready,) = open_prompts(path).read(RequestOptions())
    assert isinstance(ready, Request)
    assert ready.tokens == pytest.approx(made.tokens, abs=2)
    assert made.tokens > 25_000


def test_a_preview_names_the_image_and_keeps_none_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "noise.png").write_bytes(png(8, 8) + os.urandom(300_000))
    path = tmp_path / "prompts.json"
    path.write_text(json.dumps([{"prompt": "What?", "images": ["noise.png", LINK]}]))
    found, requests = survey(open_prompts(path), RequestOptions())
    assert len(list(requests)) == 1
    assert found.samples[0].text == f"What?\n[image: PNG, 300.1 kB]\n[image: {LINK}]"
