"""Players of a match as SkillCorner's JSON (version 3), the norm for tracking from broadcasts.

NAME.json is a list of frames, NAME.match.json what it takes to read them; kloppy reads both
(``kloppy.skillcorner.load``). Frames are numbered as at ten a second, as readers expect; how many there really are says
``frame_rate`` of the second file. Metres, origin at the centre spot, y away from the main camera. Every track is a
player of its own; ``is_detected`` tells those seen from those told by their track. Officials, and whoever has no team,
stand in ``other_data``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spotting_core.base.files import write_json
from spotting_core.domain.people import AWAY, BALL_TRACK, HOME, MatchPlayers, Placed, Role

FORM = "skillcorner"
NUMBERED = 10
"""Frames a second by which frames are numbered."""
_TEAMS = {HOME: 1, AWAY: 2}
_STARTS = (0, 45, 90, 105, 120)  # minutes of the clock at which periods begin
_KEEPER, _UNKNOWN = 0, 18  # player_role


def write(path: Path, players: MatchPlayers) -> list[Path]:
    """Write both files; returns them.

    Errors:
        BadInputError: they cannot be written.
    """
    about = path.with_name(f"{path.stem}.match.json")
    frames: list[dict[str, Any]] = []
    begun = 0  # frames of the periods before
    for half, times in sorted(players.samples.items()):
        people = players.at(half)
        for time in times:
            frames.append(_frame(players, half, time, begun + round(time / 1e6 * NUMBERED), people[time]))
        begun += round((times[-1] if times else 0) / 1e6 * NUMBERED) + 1
    write_json(path, frames)
    write_json(about, _about(players))
    return [path, about]


def _frame(players: MatchPlayers, half: int, time: int, number: int, people: Sequence[Placed]) -> dict[str, Any]:
    ball = next((p for p in people if p.role is Role.BALL), None)
    return {
        "frame": number,
        "timestamp": _clock(half, time),
        "period": half,
        "ball_data": {"x": ball and round(ball.x, 2), "y": ball and round(-ball.y, 2), "z": None,
                      "is_detected": ball is not None},
        "possession": {"player_id": None, "group": None},
        "player_data": [_person(p) for p in people if p.team],
        "other_data": [{**_person(p), "role": p.role.value} for p in people if not p.team and p.role is not Role.BALL],
        "calibrated": (half, time) in players.calibrations,
    }  # fmt: skip


def _person(person: Placed) -> dict[str, Any]:
    return {
        "x": round(person.x, 2), "y": round(-person.y, 2), "player_id": person.track, "is_detected": person.seen,
        "expected_error": round(person.error, 2),
    }  # fmt: skip


def _clock(half: int, time: int) -> str:
    start = _STARTS[half - 1] if half <= len(_STARTS) else _STARTS[-1]
    seconds = time / 1e6 + start * 60
    return f"{int(seconds // 3600):02d}:{int(seconds // 60 % 60):02d}:{seconds % 60:05.2f}"


def _about(players: MatchPlayers) -> Mapping[str, Any]:
    tracks = {p.track: p for p in players.placed if p.team}
    return {
        "id": 1,
        "date_time": None,
        "home_team": {"id": _TEAMS[HOME], "name": players.home},
        "away_team": {"id": _TEAMS[AWAY], "name": players.away},
        "home_team_score": None,
        "away_team_score": None,
        "pitch_length": players.pitch.length,
        "pitch_width": players.pitch.width,
        "frame_rate": players.rate,
        "numbered_at": NUMBERED,
        "notes": list(players.notes),
        "ball": {"trackable_object": BALL_TRACK},
        "referees": [],
        "players": [_player(p) for _, p in sorted(tracks.items())],
    }


def _player(person: Placed) -> dict[str, Any]:
    return {
        "id": person.track,
        "trackable_object": person.track,
        "team_id": _TEAMS[person.team],
        "number": None,
        "first_name": "Track",
        "last_name": str(person.track),
        "start_time": None,
        "player_role": {"id": _KEEPER if person.role is Role.GOALKEEPER else _UNKNOWN},
    }
