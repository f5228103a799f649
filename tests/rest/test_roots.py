"""Ways out of the folders that a server may read, tried on a running one."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rest.conftest import Server, problem
from tests.support.files import visual
from wellspring_tui.errors import InputError, PromptsFileError
from wellspring_tui.rest.problems import RefusalError
from wellspring_tui.rest.roots import LARGEST_BYTES, Roots, open_checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = visual({"Secret": {"secret_prompt": "The password is swordfish."}})


@pytest.fixture
def outside(shared: Server) -> Path:
    """A prompts file outside the root."""
    path = shared.folder / "outside.json"
    path.write_bytes(SECRET)
    return path


def refused(server: Server, path: object) -> None:
    """The path is refused, and no job is made of it."""
    before = server.get("/batch/list")["total"]
    told = problem(server.submit(path), 403, "path-refused")
    assert "swordfish" not in str(told)
    assert "--root" in told["todo"]
    assert server.get("/batch/list")["total"] == before


def test_files_below_the_root_are_read_however_they_are_named(shared: Server) -> None:
    path = shared.write("deep/er/garden.json", visual())
    for name in (path, "deep/er/garden.json", "./deep//er/./garden.json"):
        assert shared.submit(name).status_code == 202


def test_a_file_outside_is_refused_and_not_told_apart_from_none(
    shared: Server, outside: Path
) -> None:
    told = [
        problem(shared.submit(path), 403, "path-refused")
        for path in (outside, outside.with_name("nothing-here.json"), "/etc/passwd", "/")
    ]
    assert len({str(one) for one in told}) == 1


@pytest.mark.parametrize(
    "path",
    [
        "../outside.json",
        "deep/../../outside.json",
        "deep/../garden.json",
        "{root}/../outside.json",
        "{root}/../root/garden.json",
        "..",
        "../",
        "{root}",
        ".",
        "deep",
        "{root}x/garden.json",
        "garden.json\x00.txt",
    ],
)
def test_steps_upwards_and_folders_are_refused(shared: Server, outside: Path, path: str) -> None:
    shared.write("garden.json", visual())
    shared.write("deep/garden.json", visual())
    refused(shared, path.format(root=shared.root))


def test_links_are_refused_wherever_they_stand_and_lead(shared: Server, outside: Path) -> None:
    inside = shared.write("garden.json", visual())
    links = {
        "file-out.json": outside,
        "file-in.json": inside,
        "folder-out": outside.parent,
        "folder-in": shared.write("deep/garden.json", visual()).parent,
        "dangling.json": Path("/nowhere/at/all"),
        "loop.json": Path("loop.json"),
    }
    for name, target in links.items():
        (shared.root / name).unlink(missing_ok=True)
        (shared.root / name).symlink_to(target)
    for path in (
        *("file-out.json", "file-in.json", "dangling.json", "loop.json"),
        *("folder-out/outside.json", "folder-in/garden.json", "garden.json/garden.json"),
    ):
        refused(shared, path)
    for name in links:
        (shared.root / name).unlink()


def test_pipes_sockets_and_devices_are_refused_at_once(shared: Server, tmp_path: Path) -> None:
    os.mkfifo(shared.root / "pipe.json")
    refused(shared, "pipe.json")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(shared.root)  # a socket's path has to be short
        listening.bind("socket.json")
        os.chdir(here)
        refused(shared, "socket.json")
    for name in ("pipe.json", "socket.json"):
        (shared.root / name).unlink()


def test_devices_below_a_root_are_refused(serve: Callable[..., Server]) -> None:
    server = serve("--root", "/dev")
    for name in ("zero", "null", "tty", "fd", "stdin", "/dev/zero"):
        refused(server, name)


def test_a_huge_file_is_refused_before_it_is_read(shared: Server) -> None:
    path = shared.root / "huge.json"
    with path.open("wb") as file:
        file.write(visual())
        file.truncate(LARGEST_BYTES + 1)
    told = problem(shared.submit("huge.json"), 422, "prompts-file")
    assert "larger than 1,073,741,824 bytes" in told["detail"]
    path.unlink()


def test_a_file_that_is_not_there_or_may_not_be_read_is_told(shared: Server) -> None:
    told = problem(shared.submit("nothing.json"), 422, "prompts-file")
    assert told["detail"] == "nothing.json: there is no such file"
    problem(shared.submit("x" * 300 + ".json"), 422, "prompts-file")


def test_several_roots_are_looked_through(serve: Callable[..., Server], tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.json").write_bytes(visual())
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "garden.json").write_bytes(visual())
    server = serve("--root", str(tmp_path / "one"), "--root", str(tmp_path / "two"))
    for path in ("one.json", "two.json", tmp_path / "two" / "two.json"):
        assert server.submit(path).status_code == 202
    refused(server, tmp_path / "root" / "garden.json")
    problem(server.submit("garden.json"), 422, "prompts-file")


def test_a_root_may_be_a_link_and_stays_the_folder_it_was(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "garden.json").write_bytes(visual())
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "garden.json").write_bytes(SECRET)
    link = tmp_path / "link"
    link.symlink_to("real")
    server = serve("--root", str(link))

    link.unlink()
    link.symlink_to("secrets")
    (tmp_path / "real").rename(tmp_path / "moved")
    (tmp_path / "real").symlink_to("secrets")

    job = server.submit("garden.json").json()
    assert server.ended(job["job_id"])["answered"] == 4
    assert "swordfish" not in server.http.get(f"/batch/{job['job_id']}/results").text


def test_a_path_of_a_job_from_elsewhere_is_not_told(shared: Server, outside: Path) -> None:
    from wellspring_tui.settings import load_settings
    from wellspring_tui.wellspring import Wellspring

    with Wellspring(load_settings(home=shared.home, service="local")) as door:
        job = door.submit(outside, door.request_options())
    assert shared.get(f"/batch/{job.id}/status")["source"] == "outside.json"
    everything = shared.http.get("/batch/list").text + shared.http.get("/health").text
    assert str(outside.parent / "outside") not in everything


def test_a_root_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: it can't be a root"):
        Roots([tmp_path, tmp_path / "nowhere"])


# -- races -----------------------------------------------------------------------------


@pytest.fixture
def swapping(tmp_path: Path) -> Iterator[Roots]:
    """A root in which somebody swaps a folder for a link to secrets, as fast as they can."""
    root, secrets = tmp_path / "root", tmp_path / "secrets"
    for folder, content in ((root / "real", visual()), (secrets, SECRET)):
        folder.mkdir(parents=True)
        (folder / "garden.json").write_bytes(content)
    (root / "link").symlink_to(secrets)
    (root / "folder").mkdir()
    over = threading.Event()

    def swap() -> None:
        folder, real, link = root / "folder", root / "real", root / "link"
        folder.rmdir()
        while not over.is_set():
            real.rename(folder)
            folder.rename(real)
            link.rename(folder)
            folder.rename(link)

    swapper = threading.Thread(target=swap)
    swapper.start()
    roots = Roots([root])
    yield roots
    over.set()
    swapper.join()
    roots.close()


def test_a_link_that_is_swapped_in_does_not_win(swapping: Roots) -> None:
    read = 0
    for _ in range(3_000):
        try:
            with swapping.opened("folder/garden.json") as (file, _path):
                assert b"swordfish" not in file.read()
                read += 1
        except (RefusalError, PromptsFileError):
            continue
    assert read > 0


def test_where_paths_can_not_be_walked_the_open_file_is_held_against_its_real_path(
    tmp_path: Path,
) -> None:
    root = tmp_path.resolve()
    (root / "garden.json").write_bytes(visual())
    (root / "folder").mkdir()
    (root / "link.json").symlink_to(root / "garden.json")
    (root / "link").symlink_to(root / "folder")
    (root / "folder" / "garden.json").write_bytes(SECRET)

    handle = open_checked(root, Path("garden.json"))
    assert os.read(handle, 1_000_000) == visual()
    os.close(handle)
    for name in ("link.json", "link/garden.json", "folder"):
        with pytest.raises(RefusalError):
            open_checked(root, Path(name))
