"""The formats in which the players of a match are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spotting_core.base.errors import BadInputError
from spotting_core.domain.people import MatchPlayers, Placed
from spotting_core.formats import (
    players_game_state,
    players_metrica,
    players_mot,
    players_skillcorner,
    players_table,
)


@dataclass(frozen=True)
class PlayersFormat:
    """A format.

    Arguments:
        suffix: of the file that a user names; writers of several files put theirs beside it.
        write: writes a match's players to a path and returns the files.
        carries: whether it has room for somebody; without: whom it has none for, in words.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[Path, MatchPlayers], list[Path]]
    carries: Callable[[Placed], bool] = lambda one: True
    without: str = ""


PLAYERS_FORMATS = {
    f.name: f
    for f in (
        PlayersFormat(players_table.FORM, "Parquet table", ".parquet", players_table.write),
        PlayersFormat(players_skillcorner.FORM, "SkillCorner JSON", ".json", players_skillcorner.write),
        PlayersFormat(
            players_metrica.FORM,
            "Metrica CSV",
            ".csv",
            players_metrica.write,
            players_metrica.carries,
            "somebody without a team, or not seen in the picture",
        ),
        PlayersFormat(players_game_state.FORM, "SoccerNet game state", ".json", players_game_state.write),
        PlayersFormat(
            players_mot.FORM,
            "MOT",
            ".txt",
            players_mot.write,
            players_mot.carries,
            "somebody who is not seen in the picture",
        ),
    )
}
"""By name."""


def players_format(name: str | None, path: Path) -> PlayersFormat:
    """A format by its name, or else by what the file is called.

    Errors:
        BadInputError: there is none, or the file's name could be of several.
    """
    names = ", ".join(PLAYERS_FORMATS)
    if name is not None:
        if name not in PLAYERS_FORMATS:
            raise BadInputError(f"there is no format {name!r} for players", fix=f"Formats: {names}")
        return PLAYERS_FORMATS[name]
    fitting = [f for f in PLAYERS_FORMATS.values() if f.suffix == path.suffix.lower()]
    if len(fitting) != 1:
        raise BadInputError("the format cannot be told from this name", where=path, fix=f"Give --format: {names}")
    return fitting[0]
