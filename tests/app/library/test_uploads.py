"""Files that come piece by piece into a library folder, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.library import uploads
from app.library.uploads import Arriving, checked_name
from app.routes.http import routes, sealer
from app.settings import settings
from spotting_core.base.errors import BadInputError

pytestmark = pytest.mark.usefixtures("fresh")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=routes()))


def send(client: TestClient, root: Path, content: bytes, at: int, size: int, name: str = "1_720p.mkv", folder: str = "Cup") -> tuple[int, dict]:  # fmt: skip
    token = sealer().seal(root, "upload")
    query = {"folder": folder, "name": name, "at": at, "size": size}
    answer = client.post(f"/touchline/upload/{token}", params=query, content=content)
    return answer.status_code, answer.json() if answer.headers["content-type"] == "application/json" else {}


def test_a_file_appears_when_it_is_whole_and_goes_on_where_it_was(client: TestClient) -> None:
    (root,) = settings().roots
    assert send(client, root, b"abc", 0, 7) == (200, {"there": 3, "whole": False})
    assert not (root / "Cup" / "1_720p.mkv").exists()
    status, answer = send(client, root, b"abc", 0, 7)  # it was taken, but the browser never heard of it
    assert (status, answer["there"]) == (409, 3)
    assert send(client, root, b"defg", 3, 7) == (200, {"there": 7, "whole": True})
    assert (root / "Cup" / "1_720p.mkv").read_bytes() == b"abcdefg"
    assert sorted(p.name for p in (root / "Cup").iterdir()) == ["1_720p.mkv"]
    status, answer = send(client, root, b"x", 0, 1)
    assert status == 422
    assert "is there already" in answer["problem"]


def test_more_than_was_said_is_refused(client: TestClient) -> None:
    (root,) = settings().roots
    status, answer = send(client, root, b"abcdef", 0, 3)
    assert status == 409
    assert "more has come of this file than was said" in answer["problem"]
    assert not (root / "Cup" / "1_720p.mkv").exists()


@pytest.mark.parametrize(
    ("folder", "name", "size", "message"),
    [
        ("..", "a.mp4", 5, "no folder can be called so"), ("a/b", "a.mp4", 5, "no folder can be called so"),
        ("", "a.mp4", 5, "no folder can be called so"), ("Cup", "../a.mp4", 5, "no file can be called so"),
        ("Cup", ".a.mp4", 5, "no file can be called so"), ("Cup", "a\nb.mp4", 5, "no file can be called so"),
        ("Cup", "run.sh", 5, "files of this kind are not read"), ("Cup", "a.mp4", 0, "a file has 1 to"),
        ("Cup", "a.mp4", uploads.LARGEST_FILE + 1, "a file has 1 to"),
        ("Cup", "a.json", uploads.LARGEST_LABELS + 1, "a file has 1 to"),
    ],
)  # fmt: skip
def test_what_no_folder_should_hold_is_refused(client: TestClient, folder: str, name: str, size: int, message: str) -> None:  # fmt: skip
    (root,) = settings().roots
    status, answer = send(client, root, b"abc", 0, size, name, folder)
    assert status == 422
    assert message in answer["problem"]
    assert not (root / "Cup").exists()


def test_a_link_holds_for_a_root_alone(client: TestClient, tmp_path: Path) -> None:
    (root,) = settings().roots
    (root / "deep").mkdir()
    assert send(client, root / "deep", b"abc", 0, 3)[0] == 404
    query = {"folder": "Cup", "name": "a.mp4", "at": 0, "size": 3}
    assert client.post("/touchline/upload/made-up", params=query, content=b"abc").status_code == 404
    other = sealer().seal(root, "media")
    assert client.post(f"/touchline/upload/{other}", params=query, content=b"abc").status_code == 404
    token = sealer().seal(root, "upload")
    assert client.post(f"/touchline/upload/{token}", params={**query, "size": "many"}).status_code == 400


def test_a_folder_that_leads_out_and_a_full_disk_are_refused(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    (root,) = settings().roots
    (root / "out").symlink_to(tmp_path_factory.mktemp("outside"))
    with pytest.raises(BadInputError, match="leads out of the library folders"):
        Arriving.of(root, "out", "a.mp4", 5)
    monkeypatch.setattr(uploads, "_SPARE", 1 << 60)
    with pytest.raises(BadInputError, match="too little room"):
        Arriving.of(root, "Cup", "a.mp4", 5)


def test_names_of_people_and_clubs_are_names() -> None:
    assert checked_name(" 2026-05-01 Málaga 1 - 0 Köln ", "folder") == "2026-05-01 Málaga 1 - 0 Köln"
