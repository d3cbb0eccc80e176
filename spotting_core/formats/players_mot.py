"""Boxes of a match's players as MOT text, for annotation tools: ``frame,id,left,top,width,height,confidence,x,y,z``.

One file a half: NAME_1.txt, with NAME_1.ini, MOT's ``seqinfo.ini``, which says the rate. Frames are samples, counted
from 1; boxes are in pixels; x and y are metres on the pitch, z is 0. Only who was seen has a box.
Source: Leal-Taixé et al., MOTChallenge 2015 (arXiv:1504.01942), its form for world coordinates.
"""

from __future__ import annotations

import csv
from configparser import ConfigParser
from configparser import Error as ConfigParserError
from pathlib import Path

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_content, replacing
from spotting_core.domain.people import BALL_TRACK, MatchPlayers, Placed, Role

FORM = "mot"
_BALL_ID = 100_000  # ids begin at 1 there, and the ball's track has number 0


def write(path: Path, players: MatchPlayers) -> list[Path]:
    """Write both files of every half; returns them.

    Errors:
        BadInputError: they cannot be written.
    """
    files = []
    for half in sorted(players.samples):
        text, ini = (path.with_name(f"{path.stem}_{half}{suffix}") for suffix in (path.suffix, ".ini"))
        with replacing(text) as part, part.open("w", encoding="ascii", newline="\n") as handle:
            for number, (_, people) in enumerate(players.at(half).items(), start=1):
                handle.writelines(_line(number, p, players.size) for p in people if carries(p))
        sequence = ConfigParser()
        sequence.optionxform = str  # type: ignore[assignment, method-assign]  # its keys keep their capitals
        width, height = players.size
        sequence["Sequence"] = {
            "name": text.stem, "frameRate": f"{players.rate:g}", "seqLength": str(len(players.samples[half])),
            "imWidth": str(width), "imHeight": str(height),
        }  # fmt: skip
        with replacing(ini) as part, part.open("w", encoding="ascii", newline="\n") as handle:
            sequence.write(handle, space_around_delimiters=False)
        files += [text, ini]
    return files


def carries(one: Placed) -> bool:
    """Whether somebody stands in a file: those who are seen."""
    return one.seen


def _line(number: int, one: Placed, size: tuple[int, int]) -> str:
    assert one.box is not None
    x1, y1, x2, y2 = np.array(one.box) * [*size, *size]
    track = _BALL_ID if one.track == BALL_TRACK else one.track
    box = f"{x1:.2f},{y1:.2f},{x2 - x1:.2f},{y2 - y1:.2f}"
    return f"{number},{track},{box},{one.confidence:.3f},{one.x:.3f},{one.y:.3f},0\n"


def read(path: Path, half: int) -> list[Placed]:
    """The boxes of a half's file and the ``.ini`` beside it; role and team are not told there.

    Errors:
        BadInputError: not such a file, or numbers that are none.
    """
    ini = path.with_suffix(".ini")
    sequence = ConfigParser()
    try:
        sequence.read_string(read_content(ini, "sequence description").decode("utf-8", "replace"))
        about = sequence["Sequence"]
        rate, size = float(about["frameRate"]), (int(about["imWidth"]), int(about["imHeight"]))
        if not (0 < rate < np.inf and min(size) > 0):
            raise ValueError("rate and size have to be above 0")
    except (KeyError, ValueError, ConfigParserError) as error:
        raise BadInputError(f"this sequence description cannot be used ({error})", where=ini) from error
    rows = csv.reader(read_content(path, "file of boxes").decode("utf-8", "replace").splitlines())
    return [_placed(row, number, half, rate, size, path) for number, row in enumerate(rows, start=1) if row]


def _placed(row: list[str], number: int, half: int, rate: float, size: tuple[int, int], path: Path) -> Placed:
    try:
        frame, track, left, top, width, height, confidence, x, y = (float(cell) for cell in row[:9])
        if not np.isfinite([frame, track, left, top, width, height, confidence, x, y]).all():
            raise ValueError("a number that is none")
    except ValueError as error:
        raise BadInputError(f"this is no line of boxes ({error})", where=f"{path}, line {number}") from error
    box = (left / size[0], top / size[1], (left + width) / size[0], (top + height) / size[1])
    ball = int(track) == _BALL_ID
    return Placed(
        half, round((frame - 1) / rate * 1e6), BALL_TRACK if ball else int(track), Role.BALL if ball else Role.UNSURE,
        "", 0.0, x, y, 0.0, confidence, box,
    )  # fmt: skip
