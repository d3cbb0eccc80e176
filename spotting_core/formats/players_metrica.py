"""Players of a match as Metrica's CSV: NAME_home.csv and NAME_away.csv, which kloppy reads
(``kloppy.metrica.load_tracking_csv``), and NAME_about.json, which says the rate and the pitch.

A column pair for every track, x and y as shares of the pitch from its far left corner; NaN where it is not seen: the
form cannot say that a place is told by a track, so those are left out. Frames are numbered as at 25 a second, as
readers expect. Officials, and whoever has no team, have no place in it.
"""

from __future__ import annotations

from pathlib import Path

from spotting_core.base.files import replacing, write_json
from spotting_core.domain.people import AWAY, HOME, MatchPlayers, Placed, Role

FORM = "metrica"
NUMBERED = 25
"""Frames a second by which frames are numbered."""


def write(path: Path, players: MatchPlayers) -> list[Path]:
    """Write the three files; returns them.

    Errors:
        BadInputError: they cannot be written.
    """
    files = [path.with_name(f"{path.stem}_{side}.csv") for side in (HOME, AWAY)]
    for file, side in zip(files, (HOME, AWAY), strict=True):
        with replacing(file) as part, part.open("w", encoding="ascii", newline="\n") as handle:
            handle.writelines(_lines(players, side))
    about = path.with_name(f"{path.stem}_about.json")
    write_json(about, {
        "rate": players.rate,
        "numbered_at": NUMBERED,
        "pitch": [players.pitch.length, players.pitch.width],
        "home": players.home,
        "away": players.away,
        "notes": list(players.notes),
    })  # fmt: skip
    return [*files, about]


def carries(one: Placed) -> bool:
    """Whether somebody stands in a file: those of a team who are seen, and the ball."""
    return one.role is Role.BALL or (one.seen and bool(one.team))


def _lines(players: MatchPlayers, side: str) -> list[str]:
    tracks = sorted({p.track for p in players.placed if p.team == side and carries(p)})
    lines = [
        f",,,{','.join(side.capitalize() + ',' for _ in tracks) or side.capitalize() + ','},\n",
        f",,,{','.join(f'{track},' for track in tracks)}{',' if tracks else ''},\n",
        f"Period,Frame,Time [s],{','.join(f'Player{track},' for track in tracks)}{',' if tracks else ''}Ball,\n",
    ]
    begun, elapsed = 0, 0.0
    for half, times in sorted(players.samples.items()):
        people = players.at(half)
        for time in times:
            seen = {p.track: p for p in people[time] if carries(p) and p.team == side}
            ball = next((p for p in people[time] if p.role is Role.BALL), None)
            cells = [_cells(players, seen.get(track)) for track in tracks]
            frame = begun + round(time / 1e6 * NUMBERED) + 1
            lines.append(
                f"{half},{frame},{elapsed + time / 1e6:.2f},{''.join(c + ',' for c in cells)}{_cells(players, ball)}\n"
            )
        last = (times[-1] if times else 0) / 1e6
        begun, elapsed = begun + round(last * NUMBERED) + 1, elapsed + last
    return lines


def _cells(players: MatchPlayers, one: Placed | None) -> str:
    if one is None:
        return "NaN,NaN"
    return f"{one.x / players.pitch.length + 0.5:.5f},{one.y / players.pitch.width + 0.5:.5f}"
