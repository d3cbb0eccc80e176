"""Players as the browser gets them: packed rows, and what is answered while there are none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from starlette.testclient import TestClient

from app.library.placing import PlayerPlacing
from app.routes import http, packing
from spotting_core.base.errors import BadInputError
from spotting_core.players.kept_players import ROW, KeptPlayers

ROWS = np.array(
    [
        (1, 0, 5, 0, 1, 0.8, -10.5, 3.25, 0.5, 0.4, True, (0.25, 0.5, 0.5, 1.0)),
        (1, 2, 5, 0, 1, 0.8, -9.5, 3.0, 1.5, 0.2, False, (0, 0, 0, 0)),
        (1, 2, 6, 2, 0, 0.0, 20.0, -33.0, 0.75, 1.0, True, (0, 0, 0.25, 0.5)),
        (2, 0, 7, 3, 0, 0.0, 0.0, 0.0, 0.25, 1.0, True, (0, 0, 1, 1)),
    ],
    ROW,
)
FOUND = KeptPlayers(ROWS, ((1, 2, 3), (4, 5, 6)), ("Home is a guess.",))


def unpacked(body: bytes, samples: int) -> tuple[dict, np.ndarray, np.ndarray]:
    """What the rows are about, where samples begin, and the rows."""
    begin = 4 + int(np.frombuffer(body, "<u4", 1)[0])
    begins = np.frombuffer(body, "<u4", samples + 1, begin)
    assert begin % 4 == 0
    return json.loads(body[4:begin]), begins, np.frombuffer(body, packing.PLAYER_ROW, -1, begin + 4 * (samples + 1))


def test_the_rows_of_a_half_are_packed_by_sample() -> None:
    about, begins, rows = unpacked(packing.pack_players(FOUND, 1, 3, ("#112233", "#445566")), 3)
    assert about == {"colours": ["#112233", "#445566"], "notes": ["Home is a guess."], "homeIsGuess": False}
    assert begins.tolist() == [0, 1, 1, 3]
    assert packing.PLAYER_ROW.itemsize == 28
    assert rows["track"].tolist() == [5, 5, 6]
    assert rows["x"].tolist() == [-10.5, -9.5, 20]
    assert rows["box"].tolist() == [[16384, 32768, 32768, 65535], [0] * 4, [0, 0, 16384, 32768]]
    assert rows["team_confidence"].tolist() == [204, 204, 0]
    assert rows["role"].tolist() == [0, 0, 2]


@pytest.fixture
def address(client: TestClient) -> str:
    """That of the first half of the demo match."""
    demo = http._library().demo()
    assert demo is not None
    folder = http._library().analyses(demo)[0].halves[0].folder
    return f"{http.PREFIX}/players/{http.sealer().seal(folder, 'half')}/{demo.id}"


def test_players_are_answered_once_they_are_there(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[KeptPlayers | None] = [FOUND, None]
    monkeypatch.setattr(PlayerPlacing, "players", lambda *_: answers.pop())
    waiting = client.get(address)
    assert (waiting.status_code, waiting.content) == (202, b"")
    there = client.get(address)
    assert (there.status_code, there.headers["cache-control"]) == (200, "no-store")
    demo = http._library().demo()
    assert demo is not None
    samples = len(http._library().analyses(demo)[0].half(1).times)
    about, begins, rows = unpacked(there.content, samples)
    assert about["colours"] == ["#17D13F", "#DD3FBB"]  # of the demo's shirts, as its head shows them
    assert (len(begins), len(rows)) == (samples + 1, 3)


def test_why_there_are_none_is_answered(client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise BadInputError("no picture of this match has a calibration")

    monkeypatch.setattr(PlayerPlacing, "players", fail)
    answer = client.get(address)
    assert (answer.status_code, answer.text) == (422, "no picture of this match has a calibration.")


def test_a_match_that_the_analysis_is_not_of_is_not_there(client: TestClient, address: str) -> None:
    assert client.get(f"{address}x").status_code == 404
    assert client.get(f"{http.PREFIX}/players/x/{address.rsplit('/')[-1]}").status_code == 404


def test_where_play_is_is_answered_at_once_and_says_whether_more_is_to_come(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address.replace("/players/", "/play/")
    answers: list[KeptPlayers | None] = [FOUND, None]
    monkeypatch.setattr(PlayerPlacing, "players", lambda *_: answers.pop())
    demo = http._library().demo()
    assert demo is not None
    samples = len(http._library().analyses(demo)[0].half(1).times)
    for settled in (False, True):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        begin = 4 + int(np.frombuffer(answer.content, "<u4", 1)[0])
        rows = np.frombuffer(answer.content, packing.PLAY_ROW, -1, begin)
        assert json.loads(answer.content[4:begin]) == {"settled": settled, "problem": None, "speed": 5.0}
        assert len(rows) == samples
        assert (rows["known"] > 0).mean() > 0.5  # the demo has calibrations
    assert client.get(f"{address}x").status_code == 404


def test_why_play_is_told_without_the_ball_is_answered(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BadInputError("this video is gone")

    monkeypatch.setattr(PlayerPlacing, "players", fail)
    content = client.get(address.replace("/players/", "/play/")).content
    about = json.loads(content[4 : 4 + int(np.frombuffer(content, "<u4", 1)[0])])
    assert (about["settled"], about["problem"]) == (True, "this video is gone.")
