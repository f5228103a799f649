"""Writing `config.toml`: one value changes, every comment and the order stay."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from wellspring_tui.config.file import write
from wellspring_tui.errors import SettingsError, WellspringError

if TYPE_CHECKING:
    from pathlib import Path

KEPT = """# mine
service = "acme"  # for now

# how requests are
[requests]
# a cheap one
model = "gpt-4o-mini"

# at work
[services.acme]
base_url = "http://acme.example/v1"  # behind the wall

[notices]
bell = false
[services."lab.two"]
base_url = "http://lab.example/v1"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A file with comments, an order of its own, and tables apart that belong together."""
    path = tmp_path / "home" / "config.toml"
    path.parent.mkdir()
    path.write_text(KEPT)
    return path


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("service", "local", 'service = "acme"', 'service = "local"'),
        ("theme", "nord", "# for now\n", '# for now\ntheme = "nord"\n'),
        ("requests.model", "o3", '"gpt-4o-mini"', '"o3"'),
        ("requests.temperature", 0.5, 'mini"\n', 'mini"\ntemperature = 0.5\n'),
        ("services.acme.max_requests", 7, "wall\n", "wall\nmax_requests = 7\n"),
        ("services.lab.two.max_bytes", 7, 'lab.example/v1"\n', 'lab.example/v1"\nmax_bytes = 7\n'),
        ("notices.bell", True, "bell = false", "bell = true"),
        ("notices.bell", None, "bell = false\n", ""),
        ("requests.model", None, 'model = "gpt-4o-mini"\n', ""),
        ("services.lab.two.base_url", None, KEPT[KEPT.index('[services."') :], ""),
    ],
)  # fmt: skip
def test_only_that_value_changes(
    config: Path, key: str, value: object, before: str, after: str
) -> None:
    assert write(config, key, value)

    assert config.read_text() == KEPT.replace(before, after, 1)


@pytest.mark.parametrize(
    ("text", "key", "value", "written"),
    [
        ("", "theme", "nord", 'theme = "nord"\n'),
        ("# a note", "theme", "nord", '# a note\ntheme = "nord"\n'),
        ("pace = 5", "theme", "nord", 'pace = 5\ntheme = "nord"\n'),
        (
            "# mine\n\n# of requests\n[requests]\n",
            "theme",
            "nord",
            '# mine\n\ntheme = "nord"\n\n# of requests\n[requests]\n',
        ),
        ("requests.model = 'o3'\n", "requests.window", "24h",
         "requests.model = 'o3'\nrequests.window = \"24h\"\n"),
        ("services = {a = {base_url = 'http://a'}}\n", "services.a.max_requests", 4,
         "services = {a = {base_url = 'http://a', max_requests = 4}}\n"),
        ("pace = 5\r\n# so\r\n", "pace", 6, "pace = 6\r\n# so\r\n"),
    ],
)  # fmt: skip
def test_files_of_every_form_are_kept(
    tmp_path: Path, text: str, key: str, value: object, written: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())

    assert write(path, key, value)

    assert tomllib.loads(path.read_bytes().decode()) == tomllib.loads(written)
    assert path.read_bytes().decode().replace(" ", "") == written.replace(" ", "")


def test_the_first_value_makes_the_file_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"

    assert write(path, "services.lab.base_url", "http://lab.example/v1")

    assert tomllib.loads(path.read_text())["services"]["lab"]["base_url"] == "http://lab.example/v1"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [found.name for found in path.parent.iterdir()] == ["config.toml"]


def test_a_file_that_others_could_read_no_longer_is(config: Path) -> None:
    config.chmod(0o644)
    write(config, "theme", "nord")
    assert config.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link(config: Path, tmp_path: Path) -> None:
    link = tmp_path / "config.toml"
    link.symlink_to(config)

    write(link, "theme", "nord")

    assert link.is_symlink()
    assert 'theme = "nord"' in config.read_text()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("check_interval", 0.5, "a number of seconds from 1"),
        ("service", "nowhere", "no service “nowhere”"),
        ("services.new.max_requests", 5, "base_url is missing"),
        ("services.acme.base_url", None, "no service “acme”"),
        ("notices.command", "say 'so", "can't be split into words"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(
    config: Path, key: str, value: object, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        write(config, key, value)
    assert config.read_text() == KEPT


def test_a_broken_file_is_left_alone(config: Path) -> None:
    config.write_text("theme = \n")
    with pytest.raises(SettingsError, match=r"config\.toml.*Mend that line"):
        write(config, "theme", "nord")
    assert config.read_text() == "theme = \n"


def test_a_place_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_bytes(b"a file where the folder should be")
    with pytest.raises(WellspringError):
        write(tmp_path / "home" / "config.toml", "theme", "nord")


def test_what_is_so_already_is_not_written_again(config: Path) -> None:
    config.chmod(0o400)
    assert not write(config, "service", "acme")
    assert not write(config, "theme", None)
    assert config.read_text() == KEPT


_COMMENT = st.sampled_from(("", "# a note\n", "\n", "# one\n# two\n\n"))
_VALUES = {
    "theme": st.sampled_from(("nord", 'a "quoted" one', "two\nlines", "ümlaut")),
    "pace": st.floats(0, 1e6),
    "requests.model": st.text(min_size=1),
    "requests.max_tokens": st.integers(1, 10**9),
    "notices.bell": st.booleans(),
    "notices.command": st.lists(st.text(), max_size=3),
    "services.acme.max_requests": st.integers(1, 10**6),
    "services.a b.base_url": st.just("http://ab.example"),
}


# A busy machine takes a second over the first examples, which tells nothing of the strategy.
@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    comments=st.lists(_COMMENT, min_size=4, max_size=4),
    changes=st.lists(
        st.sampled_from(sorted(_VALUES)).flatmap(
            lambda key: st.tuples(st.just(key), st.none() | _VALUES[key])
        ),
        max_size=6,
    ),
)
def test_any_changes_leave_all_else_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    comments: list[str],
    changes: list[tuple[str, object]],
) -> None:
    path = tmp_path_factory.mktemp("home") / "config.toml"
    path.write_text(
        f"{comments[0]}service = 'acme'\n{comments[1]}[requests]\nwindow = '24h'\n"
        f"{comments[2]}[services.acme]\nbase_url = 'http://a'\n{comments[3]}[notices]\n"
    )
    latest: dict[str, object] = {}
    for key, value in changes:
        write(path, key, value)
        latest[key] = value

    text = path.read_text()
    found = tomllib.loads(text)
    assert found["service"] == "acme"
    assert found["requests"]["window"] == "24h"
    for key, value in latest.items():
        table = found
        *tables, last = key.split(".")
        for name in tables:
            table = table.get(name, {})
        assert table.get(last) == value
    notes = [line for comment in comments for line in comment.split("\n") if line]
    assert [line for line in text.split("\n") if line in ("# a note", "# one", "# two")] == notes
