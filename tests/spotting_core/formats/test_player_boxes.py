"""Published boxes of people: read, placed by their feet, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.people import Role
from spotting_core.features.pitch_sets import read_half
from spotting_core.formats.player_boxes import boxes_file, read_placed
from tests.pitch_views import STRAIGHT, TILTED, seen_by, write_calibrated_game


def write_boxes(folder: Path, *samples: dict[str, object], size: tuple[int, ...] = (2, 360, 640, 3)) -> Path:
    path = boxes_file(folder, 1)
    path.write_text(json.dumps({"size": size, "predictions": samples}))
    return path


def test_people_stand_where_their_feet_are(tmp_path: Path) -> None:
    """The foot at (.6, .75) of the picture, 100 m by 50 m from above, is 10 m right of and 12.5 m before the middle."""
    box = {"bboxes": [[320, 180, 448, 270], [0, 0, 10, 30]], "colors": [[10.7, 300, 0], [1, 2, 3]]}
    path = write_boxes(tmp_path, box, {})
    (one, other), nobody = read_placed(path, seen_by(STRAIGHT, STRAIGHT))
    assert (one.x, one.y) == pytest.approx((10, 12.5))
    assert one.box == pytest.approx((0.5, 0.5, 0.7, 0.75))
    assert (one.colour, one.role, one.team, one.track) == ((10, 255, 0), Role.UNSURE, "", 0)
    assert other.track == 1
    assert nobody == []
    above_the_horizon, uncalibrated = read_placed(path, seen_by(TILTED, None))
    assert [p.track for p in above_the_horizon] == [0]
    assert uncalibrated == []


def test_boxes_beside_a_match_are_its_people(tmp_path: Path) -> None:
    game = write_calibrated_game(tmp_path, samples=2)
    assert read_half(game, 1).people == [[], []]
    write_boxes(game, {"bboxes": [[320, 180, 448, 270]], "colors": [[1, 2, 3]]}, {})
    assert list(map(len, read_half(game, 1).people)) == [1, 0]


def test_what_is_no_such_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="this is no file of player boxes"):
        read_placed(write_boxes(tmp_path, {"bboxes": [[1, 2, 3]]}), seen_by(STRAIGHT))
    with pytest.raises(BadInputError, match="a box has no colour"):
        read_placed(write_boxes(tmp_path, {"bboxes": [[1, 2, 3, 4]]}), seen_by(STRAIGHT))
    with pytest.raises(BadInputError, match="the boxes have 1 samples, the calibrations 2"):
        read_placed(write_boxes(tmp_path, {}), seen_by(STRAIGHT, STRAIGHT))
