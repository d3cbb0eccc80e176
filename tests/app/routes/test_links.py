"""Signed links and the routes behind them."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from app.routes import http, packing
from app.routes.links import LIFETIME, LinkSealer
from app.serving.viewer import COOKIE
from app.work import workers
from spotting_core.analyses.analysis import Analysis, HalfAnalysis, HalfRecord
from spotting_core.base.data_directory import DataDirectory
from spotting_core.media.ingest import ingest
from spotting_core.store.database import open_database
from tests.videos import make_video, read_number, steady, uneven

SEALER = LinkSealer(b"a secret" * 8)


def test_a_link_holds_for_its_file_its_use_and_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"abc")
    token = SEALER.seal(path, "media", now=1_000_000)
    assert SEALER.open(token, "media", now=1_000_000) == path
    assert SEALER.open(token, "half", now=1_000_000) is None
    assert SEALER.open(token, "media", now=1_000_000 + LIFETIME + 7200) is None
    assert LinkSealer(b"another " * 8).open(token, "media", now=1_000_000) is None


def test_a_link_shows_nothing_of_its_path_and_holds_in_one_browser(tmp_path: Path) -> None:
    path = tmp_path / "a secret name.mp4"
    path.write_bytes(b"abc")
    token = SEALER.seal(path, "media", viewer="me")
    for shift in range(4):  # the letters of a path in base64, wherever they begin
        text = base64.urlsafe_b64encode(b"x" * shift + b"secret name").decode()[4:-4]
        assert text not in token
    assert SEALER.open(token, "media", viewer="me") == path
    assert SEALER.open(token, "media", viewer="you") is None
    assert SEALER.open(token, "media") is None
    assert SEALER.seal(path, "media", viewer="me") == token


def test_a_link_to_a_changed_or_removed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"abc")
    token = SEALER.seal(path, "media")
    os.utime(path, (1, 1))
    assert SEALER.open(token, "media") is None
    token = SEALER.seal(path, "media")
    path.write_bytes(b"abcd")
    assert SEALER.open(token, "media") is None
    path.unlink()
    assert SEALER.open(token, "media") is None


def test_altered_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"abc")
    token = SEALER.seal(path, "media")
    for place in range(0, len(token), 5):
        other = "A" if token[place] != "A" else "B"
        assert SEALER.open(token[:place] + other + token[place + 1 :], "media") is None
    for nonsense in ("", "x", "ä", "A" * 400, "../../etc/passwd", token[:-8]):
        assert SEALER.open(nonsense, "media") is None


def test_the_link_stays_the_same_over_reruns(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"abc")
    assert SEALER.seal(path, "media", now=7200.5) == SEALER.seal(path, "media", now=7201.5)


def test_video_is_served_by_range(client: TestClient, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", steady(30))
    url = f"{http.PREFIX}/media/{http.sealer().seal(path, 'media')}"
    whole = client.get(url)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = client.get(url, headers={"Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == path.read_bytes()[100:200]
    assert client.head(url).headers["accept-ranges"] == "bytes"
    assert client.get(url, headers={"Range": f"bytes={10**9}-"}).status_code == 416
    assert whole.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["passwd", "a.json", "a.mp4.txt"])
def test_only_pictures_and_videos_are_media(client: TestClient, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"secret")
    assert client.get(f"{http.PREFIX}/media/{http.sealer().seal(path, 'media')}").status_code == 404


def test_without_a_valid_link_nothing_is_there(client: TestClient) -> None:
    for url in ("media/x", "array/x/scores", "times/x", "picture/x?frame=0", "media/..%2f..%2fetc%2fpasswd"):
        assert client.get(f"{http.PREFIX}/{url}").status_code == 404


def test_scripts_are_public_and_nothing_beside_them(client: TestClient) -> None:
    assert client.get(f"{http.PREFIX}/scripts/v/workspace/main.js").status_code == 200
    assert client.get(f"{http.PREFIX}/scripts/v/../workspace.py").status_code == 404
    assert client.get(f"{http.PREFIX}/scripts/v/%2e%2e/workspace.py").status_code == 404


def test_frame_times_and_exact_pictures(client: TestClient, tmp_path: Path, data: DataDirectory) -> None:
    path = make_video(tmp_path / "a.mkv", uneven(60, start=1.0))
    token = http.sealer().seal(path, "frames")
    times = np.frombuffer(client.get(f"{http.PREFIX}/times/{token}").content, "<f8")
    assert np.allclose(times, ingest(path, data).table.times / 1e6)
    for frame in (0, 17, 59):
        answer = client.get(f"{http.PREFIX}/picture/{token}?frame={frame}&width=320")
        import cv2

        picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR_RGB)
        assert picture is not None
        assert read_number(picture) == frame
    assert client.get(f"{http.PREFIX}/picture/{token}?frame=60").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "frame=a", "", "frame=0&width=wide", "frame=0&box=", "frame=0&box=1,2,3", "frame=0&box=1,2,3,4,5",
        "frame=0&box=a,b,c,d", "frame=0&box=nan,0,1,1", "frame=0&box=0,0,inf,1", "frame=0&box=9,9,1,1",
        "frame=0&box=0,0,1e300,1e300", "frame=0&box=0,0,0,0", "frame=1e9",
    ],
)  # fmt: skip
def test_a_question_that_asks_for_no_picture_is_told_so(client: TestClient, tmp_path: Path, query: str) -> None:
    token = http.sealer().seal(make_video(tmp_path / "a.mp4", steady(30)), "frames")
    assert client.get(f"{http.PREFIX}/picture/{token}?{query}").status_code == 400


def test_a_link_opens_in_the_browser_that_it_was_made_for(client: TestClient, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4", steady(30))
    mine, other = "m" * 22, "o" * 22
    url = f"{http.PREFIX}/media/{http.sealer().seal(path, 'media', viewer=mine)}"
    assert client.get(url, headers={"cookie": f"{COOKIE}={mine}"}).status_code == 200
    assert client.get(url, headers={"cookie": f"{COOKIE}={other}"}).status_code == 404
    assert client.get(url).status_code == 404


def test_a_file_that_leads_out_of_the_folders_by_now_is_not_served(
    client: TestClient, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.mp4"
    outside.write_bytes(b"secret")
    (tmp_path / "a.mp4").symlink_to(outside)
    for path in (tmp_path / "a.mp4", outside):
        token = http.sealer().seal(path, "media")
        assert client.get(f"{http.PREFIX}/media/{token}").status_code == 404


def test_health_says_what_is_wrong(client: TestClient, data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_KEPT", 0.0)
    monkeypatch.setattr(workers.WORKERS, "_checked", (0.0, None))
    sound = client.get(f"{http.PREFIX}/health")
    assert (sound.status_code, sound.json()) == (200, {"ok": True})
    open_database(data).engine.dispose()
    for file in data.root.glob("touchline.db*"):
        file.write_bytes(b"no database at all" * 1000)
    damaged = client.get(f"{http.PREFIX}/health")
    assert damaged.status_code == 503
    assert "the database is damaged" in damaged.json()["database"]


@pytest.mark.parametrize("query", ["frame=0&width=320", "frame=0&width=320&box=0,0,320,180"])
def test_the_pictures_of_a_video_that_took_anothers_place_are_its_own(
    client: TestClient, tmp_path: Path, query: str
) -> None:
    path, pictures = tmp_path / "a.mp4", []
    for first in (3, 1000):
        make_video(path, steady(30), first=first)
        token = http.sealer().seal(path, "frames")
        pictures.append(client.get(f"{http.PREFIX}/picture/{token}?{query}").content)
    assert pictures[0] != pictures[1]
    path.unlink()
    assert client.get(f"{http.PREFIX}/picture/{token}?{query}").status_code == 404


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((100, 100, 110, 120), (90, 95, 120, 125)),
        ((0, 0, 4, 4), (0, 0, 24, 24)),
        ((300, 170, 320, 180), (290, 150, 320, 180)),
        ((-50, -50, 400, 400), (85, 0, 265, 180)),
    ],
)
def test_crops_are_square_and_inside(box: tuple, expected: tuple) -> None:
    assert http.square_around(box, 320, 180) == expected


def test_packed_arrays_are_those_of_the_analysis(demo: Path) -> None:
    half = Analysis.open(demo / "analysis").half(1)
    samples = len(half.times)
    scores = np.frombuffer(packing.pack(half, "scores", {}), np.uint8).reshape(17, samples)
    assert np.abs(scores.T / 255 - half.scores).max() < 0.003
    times = np.frombuffer(packing.pack(half, "samples", {}), "<f8")
    assert np.allclose(times * 1e6, half.times)
    content = packing.pack(half, "entities", {})
    begins = np.frombuffer(content[: 4 * (samples + 1)], "<u4")
    rows = np.frombuffer(content[4 * (samples + 1) :], packing.ENTITY_ROW)
    table = half.entities
    assert table is not None
    assert begins[-1] == len(rows) == len(table)
    own = table.rows(40, 41)
    assert begins[40] == own.start
    size = np.array([640, 360, 640, 360])
    box = rows["box"][own] / 65535 * size
    assert np.abs(box - table.box[own].clip(0, size)).max() < 0.02
    assert np.abs(rows["weight"][own] / 255 - table.weight[own]).max() < 0.003  # type: ignore[index]
    one = packing.pack(half, "map", {"map": "class_map", "class": "14"})
    assert one == np.ascontiguousarray(half.array("maps/class_map")[:, 14]).tobytes()
    for query in ({"map": "../scores"}, {"map": "class_map", "class": "99"}):
        with pytest.raises((KeyError, ValueError, Exception)):
            packing.pack(half, "map", query)


def test_a_layer_without_scores_has_curves_of_nothing(tmp_path: Path) -> None:
    np.save(tmp_path / "times.npy", np.arange(3) * 500_000)
    half = HalfAnalysis(HalfRecord(1, "1.mp4", 1_500_000, 640, 360, 3), tmp_path, ("Goal", "Corner"))
    assert packing.pack(half, "scores", {}) == bytes(2 * 3)
