"""Players of a match, written and read again; by kloppy where it reads the form."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from kloppy import metrica, skillcorner
from kloppy.domain import Ground

from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import AWAY, HOME, MatchPlayers, Placed, Role
from spotting_core.domain.pitch import Pitch
from spotting_core.formats import players_game_state, players_mot, players_skillcorner, players_table
from spotting_core.formats.players_registry import PLAYERS_FORMATS, players_format

HALF_SECOND = 500_000
BOX = (0.40, 0.20, 0.42, 0.30)
PLAN = Homography(np.array([[0.01, 0, 0.5], [0, 0.0125, 0.5], [0, 0, 1.0]]))  # 100 by 80 m are the picture


def player(half: int, sample: int, track: int, team: str, x: float, y: float, *, seen: bool = True) -> Placed:
    box = BOX if seen else None
    return Placed(half, sample * HALF_SECOND, track, Role.PLAYER, team, 0.9, x, y, 0.4, 0.8, box)


@pytest.fixture
def match() -> MatchPlayers:
    """Two halves of three samples: a home player, missed once, an away player, a referee, the ball."""
    placed = []
    for half in (1, 2):
        placed += [
            Placed(half, 0, 0, Role.BALL, "", 0.0, -9.0, 21.6, 0.2, 0.7, (0.4, 0.7, 0.41, 0.71)),
            player(half, 0, half * 10, HOME, -50.0, -30.0),
            player(half, 0, half * 10 + 1, AWAY, 10.0, 20.0),
            player(half, 1, half * 10, HOME, -48.0, -30.0, seen=False),
            player(half, 1, half * 10 + 1, AWAY, 11.0, 20.0),
            player(half, 2, half * 10, HOME, -46.0, -30.0),
            Placed(half, 1_000_000, half * 10 + 2, Role.REFEREE, "", 0.0, 1.0, 2.0, 0.4, 0.6, BOX),
        ]
    times = tuple(s * HALF_SECOND for s in range(3))
    known = [(half, time) for half in (1, 2) for time in times]
    return MatchPlayers(
        tuple(placed),
        2.0,
        Pitch(100, 72),
        (400, 200),
        {1: times, 2: times},
        {key: Calibration(*key, PLAN, 0.8) for key in known},
        dict.fromkeys(known, 0.5),
        {1: True, 2: False},
        home="Solway United",
        away="Pell SC",
    )


def test_the_table_comes_back_as_it_was(match: MatchPlayers, tmp_path: Path) -> None:
    players_table.write(tmp_path / "a.parquet", match)
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names[:12] == [
        "period", "time", "frame", "track", "team", "jersey", "role", "x", "y", "confidence", "visible",
        "calibration_error",
    ]  # fmt: skip
    assert table.schema.metadata[b"rate"] == b"2"
    assert table.column("frame").to_pylist()[:7] == [0, 0, 0, 1, 1, 2, 2]
    assert table.column("visible").to_pylist()[:7] == [True, True, True, False, True, True, True]
    assert table.column("calibration_error").to_pylist()[0] == 0.5
    read = players_table.read(tmp_path / "a.parquet")
    assert (read.rate, read.pitch) == (2.0, Pitch(100, 72))
    for one, other in zip(read.placed, match.placed, strict=True):
        assert (one.half, one.time, one.track, one.role, one.team) == (
            other.half, other.time, other.track, other.role, other.team,
        )  # fmt: skip
        assert (one.x, one.y, one.seen) == (pytest.approx(other.x), pytest.approx(other.y), other.seen)


def test_a_table_of_something_else_is_told(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"x": [1.0]}), tmp_path / "a.parquet")
    with pytest.raises(BadInputError, match="lacks the columns period"):
        players_table.read(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"none")
    with pytest.raises(BadInputError, match="cannot be read"):
        players_table.read(tmp_path / "b.parquet")


def test_kloppy_reads_the_skillcorner_form(match: MatchPlayers, tmp_path: Path) -> None:
    raw, about = players_skillcorner.write(tmp_path / "a.json", match)
    assert json.loads(about.read_text())["frame_rate"] == 2.0
    data = skillcorner.load(meta_data=str(about), raw_data=str(raw), coordinates="skillcorner")
    assert [f.timestamp.total_seconds() for f in data.records] == [0, 0.5, 1.0] * 2
    assert [f.period.id for f in data.records] == [1, 1, 1, 2, 2, 2]
    assert [t.name for t in data.metadata.teams] == ["Solway United", "Pell SC"]
    first = data.records[0]
    places = {p.player_id: (c.coordinates.x, c.coordinates.y) for p, c in first.players_data.items()}
    assert places == {"10": (-50.0, 30.0), "11": (10.0, -20.0)}  # y away from the camera
    assert (first.ball_coordinates.x, first.ball_coordinates.y) == (-9.0, -21.6)
    detected = [p["is_detected"] for frame in json.loads(raw.read_text())[:3] for p in frame["player_data"]]
    assert detected == [True, True, False, True, True]


def test_kloppy_reads_metricas_form(match: MatchPlayers, tmp_path: Path) -> None:
    home, away, about = PLAYERS_FORMATS["metrica"].write(tmp_path / "a.csv", match)
    assert json.loads(about.read_text())["rate"] == 2.0
    data = metrica.load_tracking_csv(home_data=str(home), away_data=str(away))
    assert [f.period.id for f in data.records] == [1, 1, 1, 2, 2, 2]
    assert [f.timestamp.total_seconds() for f in data.records[:3]] == pytest.approx([0.04, 0.52, 1.04])
    first = {p.jersey_no: c.coordinates for p, c in data.records[0].players_data.items()}
    # x of -50 m is the left end; kloppy counts y from the near side, the form from the far one.
    assert (first[10].x, first[10].y) == pytest.approx((0.0, 1 - 6 / 72), abs=1e-5)
    assert next(p for p in data.records[0].players_data if p.jersey_no == 10).team.ground == Ground.HOME
    assert (data.records[0].ball_coordinates.x, data.records[0].ball_coordinates.y) == pytest.approx((0.41, 0.2))
    assert [p.jersey_no for p in data.records[1].players_data] == [11]  # who was not seen is left out


def test_metricas_form_without_teams_still_has_its_rows(match: MatchPlayers, tmp_path: Path) -> None:
    alone = MatchPlayers((), 2.0, match.pitch, match.size, match.samples)
    home, *_ = PLAYERS_FORMATS["metrica"].write(tmp_path / "a.csv", alone)
    assert home.read_text().splitlines()[3] == "1,1,0.00,NaN,NaN"


def test_mot_holds_boxes_in_pixels(match: MatchPlayers, tmp_path: Path) -> None:
    files = PLAYERS_FORMATS["mot"].write(tmp_path / "a.txt", match)
    assert [f.name for f in files] == ["a_1.txt", "a_1.ini", "a_2.txt", "a_2.ini"]
    assert "frameRate=2\n" in files[1].read_text()
    assert files[0].read_text().splitlines()[1] == "1,10,160.00,40.00,8.00,20.00,0.800,-50.000,-30.000,0"
    read = players_mot.read(files[0], 1)
    seen = [p for p in match.placed if p.half == 1 and p.seen]
    assert [(p.time, p.track, p.x, p.y) for p in read] == [(p.time, p.track, p.x, p.y) for p in seen]
    assert read[1].box == pytest.approx(BOX)


def test_a_broken_line_of_boxes_is_named(match: MatchPlayers, tmp_path: Path) -> None:
    file, *_ = PLAYERS_FORMATS["mot"].write(tmp_path / "a.txt", match)
    file.write_text("1,10,nan,40,8,20,.8,0,0,0\n")
    with pytest.raises(BadInputError, match="line of boxes"):
        players_mot.read(file, 1)


@pytest.mark.parametrize("ini", ["frameRate=2", "[Sequence]\nframeRate=0\nimWidth=9\nimHeight=9\n", "[Sequence]\n"])
def test_a_broken_sequence_description_is_told(ini: str, match: MatchPlayers, tmp_path: Path) -> None:
    file, about, *_ = PLAYERS_FORMATS["mot"].write(tmp_path / "a.txt", match)
    about.write_text(ini)
    with pytest.raises(BadInputError, match="sequence description cannot be used"):
        players_mot.read(file, 1)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("bbox_image", {"x": 1, "y": 2}, "no game state"), ("image_id", "3001", "no image_id"),
     ("bbox_pitch", {"x_bottom_middle": float("nan"), "y_bottom_middle": 0.0}, "no number")],
)  # fmt: skip
def test_a_broken_entry_of_a_game_state_is_told(
    name: str, value: object, message: str, match: MatchPlayers, tmp_path: Path
) -> None:
    file, *_ = PLAYERS_FORMATS["game-state"].write(tmp_path / "a.json", match)
    content = json.loads(file.read_text())
    content["predictions"][1][name] = value
    file.write_text(json.dumps(content))
    with pytest.raises(BadInputError, match=message):
        players_game_state.read(file, 1)


def test_a_game_state_has_all_of_its_fields(match: MatchPlayers, tmp_path: Path) -> None:
    file, other = PLAYERS_FORMATS["game-state"].write(tmp_path / "a.json", match)
    content = json.loads(file.read_text())
    assert content["info"]["rate"] == 2.0
    first = content["predictions"][1]
    assert first == {
        "id": "1",
        "image_id": "3001000001",
        "video_id": "001",
        "track_id": 10,
        "category_id": 1,
        "supercategory": "object",
        "confidence": 0.8,
        "attributes": {"role": "player", "jersey": None, "team": "left"},
        "bbox_image": {"x": 160.0, "y": 40.0, "w": 8.0, "h": 20.0},
        # the ends of its lower edge, .40 and .42 of the width and .30 of the height, by the map
        "bbox_pitch": {
            "x_bottom_left": -10.0, "y_bottom_left": -16.0, "x_bottom_middle": -50.0, "y_bottom_middle": -30.0,
            "x_bottom_right": -8.0, "y_bottom_right": -16.0,
        },
    }  # fmt: skip
    assert json.loads(other.read_text())["predictions"][1]["attributes"]["team"] == "right"  # sides changed
    unseen = content["predictions"][3]
    assert unseen["bbox_image"] is None
    assert unseen["bbox_pitch"]["x_bottom_left"] == unseen["bbox_pitch"]["x_bottom_right"] == -48.0
    read = players_game_state.read(file, 1)
    assert [(p.time, p.track, p.role, p.team, p.x) for p in read] == [
        (p.time, p.track, p.role, p.team, p.x) for p in match.placed if p.half == 1
    ]


def test_a_game_state_without_rate_or_content_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"predictions": []}')
    with pytest.raises(BadInputError, match="rate"):
        players_game_state.read(path, 1)
    path.write_text('{"info": {}}')
    with pytest.raises(BadInputError, match="neither"):
        players_game_state.read(path, 1)


def test_a_format_is_told_by_name_or_suffix() -> None:
    assert players_format(None, Path("a.csv")).name == "metrica"
    assert players_format("mot", Path("a.anything")).name == "mot"
    with pytest.raises(BadInputError, match="cannot be told"):
        players_format(None, Path("a.json"))
    with pytest.raises(BadInputError, match="no format 'xml'"):
        players_format("xml", Path("a.xml"))


def test_of_a_half_that_nobody_can_tell_the_sides_follow_from_the_other(match: MatchPlayers) -> None:
    known = replace(match, home_left={1: True})
    assert [players_game_state.side_of(known, half, HOME) for half in (1, 2)] == ["left", "right"]
    assert players_game_state.side_of(replace(match, home_left={2: True}), 1, AWAY) == "left"
    assert players_game_state.side_of(replace(match, home_left={}), 2, HOME) == "left"
