"""Whose ball it is before a spot: ``make bench-possession``, by which ``soccernet-v2.possession.csv`` was chosen.

python -m benchmarks.possession DATA

DATA holds the splits of simmatch; every fourth match of ``train`` is looked at, with the true places of players and
ball. For each class whose labels have a team it prints, by seconds before the spot, how often the player nearest to the
ball is of the spot's team, of the spots that show the ball then. The table in ``assets/classes`` has for each class
seconds at which that is among the highest; fouls and cards, where it is not clear or of too few, are left out of it.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from spotting_core.analyses.match_cameras import match_cameras
from spotting_core.base.files import read_json
from spotting_core.domain.people import Placed, Role
from spotting_core.domain.spots import TEAMS
from spotting_core.entities.placed_truth import true_people
from spotting_core.inference.replay_run import labels_beside
from spotting_core.media.source import open_match
from spotting_core.players.spot_places import seconds_before
from spotting_core.tasks.spotting import SPOTTING

SECONDS = (3, 2, 1.5, 1, 0.5, 0, -0.5, -1)
"""Before a spot, at which the ball is looked at."""
_EVERY, _RATE = 4, 2  # of the matches; looks a second


def nearest_team(people: list[Placed]) -> str | None:
    """The team of the player nearest the ball; None where either is not in the picture."""
    ball = next((one for one in people if one.role is Role.BALL), None)
    players = [one for one in people if one.team]
    if ball is None or not players:
        return None
    return min(players, key=lambda one: float(np.hypot(one.x - ball.x, one.y - ball.y))).team


def measure(folder: Path, right: dict[str, dict[float, list[bool]]]) -> None:
    """Add the spots of a match to what is known: by class and seconds, whether the nearest player was of its team."""
    meta = read_json(folder / "meta.json")
    people, frames = true_people(folder, tuple(meta["out_res"])), float(meta["fps"]) / _RATE
    cameras = match_cameras(labels_beside(open_match(folder)), [])
    for spot in SPOTTING.read_truth(folder):
        for seconds in SECONDS if spot.team in TEAMS[:2] else ():
            sample = round((spot.time / 1e6 - seconds) * _RATE)
            shot = cameras.shot_at(spot.half, round(sample * 1e6 / _RATE)) if cameras is not None else None
            team = nearest_team(people.get((spot.half, round(sample * frames)), []))
            if team is not None and not (shot and shot.replay):
                right[spot.label][seconds].append(team == spot.team)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of simmatch's splits")
    games = list(SPOTTING.labelled_games(parser.parse_args().data / "train"))[::_EVERY]
    right: dict[str, dict[float, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for game in games:
        measure(game, right)
    table = Table("Class", *(f"{-s:+g} s" for s in SECONDS), "In the table", box=None, header_style="bold")
    for label, by_seconds in sorted(right.items()):
        cells = (f"{np.mean(v):.2f} of {len(v)}" if (v := by_seconds[s]) else "–" for s in SECONDS)
        known = seconds_before("soccernet-v2").get(label)
        table.add_row(label, *cells, "none" if known is None else f"{-known:+g} s")
    console = Console(width=150)
    console.print(
        f"{len(games)} matches of train; nearest to the ball is somebody of the spot's team in", highlight=False
    )
    console.print(table)


if __name__ == "__main__":
    main()
