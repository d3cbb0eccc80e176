"""Who stands where in a match, worked out in the background: it takes a minute or more, and no page waits for it.

The videos are decoded for it, in a process of its own: a damaged one does not end the app.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import hypot
from pathlib import Path

import msgspec
import numpy as np

from app.library.cameras import readings_of, unreviewed_cameras
from app.library.library import Library, Match, kits
from app.library.roots import source_of
from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.base.confined_processes import ConfinedProcesses
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import FileState
from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import Colour
from spotting_core.formats import field_calibration, labels_cameras
from spotting_core.media.fingerprint import joint_hash
from spotting_core.media.source import MatchSource, open_match
from spotting_core.players.kept_players import ROW, KeptPlayers, kept_already, kept_players, players_key

log = logging.getLogger(__name__)

PATIENCE = 0.3
"""Seconds that an answer waits: what is kept already is there at once then."""
NO_PLAYERS = "The model of this analysis looks for no players."
"""Why nobody is placed by an analysis without entities."""
_FAR = 180.0  # of two shirts as they are drawn, in red, green and blue
_LONGEST = 4 * 3600.0  # seconds, of a match on a slow machine
_PROCESSES = ConfinedProcesses(1, memory=8 << 30)
_MOST = 6  # matches whose players are remembered, some ten megabytes each


@dataclass
class _Placing:
    """The players of one match being worked out, and in the end they themselves or why they cannot be."""

    players: KeptPlayers | None = None
    error: Exception | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class PlayerPlacing:
    """The players of the matches of a library; those of one match are worked out at a time, in a thread that ends with
    the server."""

    def __init__(self, library: Library, data: DataDirectory) -> None:
        self._library, self._data = library, data
        self._placings: OrderedDict[str, _Placing] = OrderedDict()
        self._guard, self._one = threading.Lock(), threading.Lock()

    def players(self, match: Match, analysis: Analysis) -> KeptPlayers | None:
        """Everybody of a match by an analysis; None while they are worked out, which begins now if it has not yet.

        Errors:
            BadInputError: they cannot be told; that is remembered as long as no file changes.
        """
        layers = self._library.layers(match)
        stamp = placing_stamp(match, analysis, layers)
        with self._guard:
            placing = self._placings.get(stamp)
            if placing is None:
                placing = self._placings[stamp] = _Placing()
                arguments = (placing, match, analysis, layers)
                threading.Thread(target=self._work, args=arguments, name="player-placing", daemon=True).start()
                self._forget()
            self._placings.move_to_end(stamp)
        placing.ended.wait(PATIENCE)
        if placing.error is not None:
            raise placing.error
        return placing.players

    def at_hand(self, match: Match, analysis: Analysis) -> KeptPlayers | None:
        """Everybody of a match by an analysis, where that has been worked out; nothing is begun."""
        return already_placed(placing_stamp(match, analysis, self._library.layers(match)), self._data)

    def _forget(self) -> None:
        """Let go of the oldest that have ended."""
        ended = [stamp for stamp, placing in self._placings.items() if placing.ended.is_set()]
        for stamp in ended[: max(0, len(self._placings) - _MOST)]:
            del self._placings[stamp]

    def _work(self, placing: _Placing, match: Match, analysis: Analysis, layers: list[Analysis]) -> None:
        try:
            with self._one:
                placing.players = placed(match, analysis, layers, self._data, players_apart)
        except TouchlineError as error:
            placing.error = error
        except Exception as error:
            log.exception("the players of %s could not be placed", match.path)
            placing.error = error
        finally:
            placing.ended.set()


@dataclass(frozen=True)
class PlacingInput:
    """What players of a match are placed by.

    Arguments:
        layers: of the match, of every task; the first is the analysis whose entities are placed.
        shirts: of home and away, where the match knows them.
    """

    source: MatchSource
    layers: tuple[Analysis, ...]
    calibrations: tuple[Calibration, ...]
    cameras: MatchCameras | None
    shirts: tuple[Colour, Colour] | None

    @classmethod
    def of(cls, source: MatchSource, layers: Sequence[Analysis]) -> PlacingInput:
        """Read it.

        Errors:
            BadInputError: a file of calibrations or cameras is not what it should be.
        """
        home, away = kits(source.path)
        shirts = (_rgb(home), _rgb(away)) if home is not None and away is not None else None
        calibrations = tuple(match_calibrations(source, layers))
        return cls(source, tuple(layers), calibrations, unreviewed_cameras(source.path, layers), shirts)

    @property
    def key(self) -> str:
        """By which what comes of it is kept."""
        return players_key(self.layers[0], self.calibrations, self.cameras, self.shirts)


def players_here(used: PlacingInput) -> KeptPlayers:
    """Place players in this process.

    Errors:
        BadInputError: no entities, no calibration, or a video that cannot be read.
    """
    from spotting_core.players.match_players import match_players  # its libraries take seconds to load

    pitch = used.calibrations[0].pitch if used.calibrations else None
    return KeptPlayers.of(
        match_players(
            used.source, used.layers[0], used.calibrations, cameras=used.cameras, pitch=pitch, kits=used.shirts
        )
    )


class _Packed(msgspec.Struct):
    """Players as one process hands them to another, see ``KeptPlayers``; ``key``: of what they were placed by."""

    key: str
    rows: bytes
    kits: tuple[Colour, Colour] | None
    notes: tuple[str, ...]
    home_left: dict[int, bool]
    home_is_guess: bool


def players_apart(used: PlacingInput) -> KeptPlayers:
    """Place players in a process of its own."""
    folders = [str(layer.folder) for layer in used.layers]
    path = used.source.path
    content = _PROCESSES.call(
        f"{__name__}:players_bytes", str(path), *folders, where=path, what="match", seconds=_LONGEST
    )
    try:
        packed = msgspec.msgpack.decode(content, type=_Packed)
        rows = np.frombuffer(packed.rows, ROW)
    except (msgspec.MsgspecError, ValueError) as error:
        raise BadInputError("what was made of the players of this match is none", where=path) from error
    if packed.key != used.key:  # else what is kept would be that of other calibrations
        raise BadInputError(
            "files of this match changed while its players were placed", where=path, fix="Reload the page to try again"
        )
    return KeptPlayers(rows, packed.kits, packed.notes, packed.home_left, packed.home_is_guess)


def players_bytes(path: str, *layers: str) -> bytes:
    """Players of a match, packed: what the process does that is started for it."""
    used = PlacingInput.of(open_match(Path(path)), [Analysis.open(Path(folder)) for folder in layers])
    players = players_here(used)
    left = dict(players.home_left)
    guess = players.home_is_guess
    return msgspec.msgpack.encode(_Packed(used.key, players.rows.tobytes(), players.kits, players.notes, left, guess))


def placed(
    match: Match,
    analysis: Analysis,
    layers: Sequence[Analysis],
    data: DataDirectory,
    place: Callable[[PlacingInput], KeptPlayers] = players_here,
) -> KeptPlayers:
    """Everybody of a match, as ``touchline players`` places them; worked out where they are not kept.

    Arguments:
        layers: of the match, of every task.
        place: what works them out.

    Errors:
        BadInputError: no entities, no calibration, or a file that is not what it should be.
    """
    stamp = placing_stamp(match, analysis, layers)  # before anything is read: what changes meanwhile is worked out anew
    others = [layer for layer in layers if layer.folder != analysis.folder]
    used = PlacingInput.of(source_of(match.path), [analysis, *others])
    players = kept_players(used.key, data, lambda: place(used))
    data.players_of(stamp).write_text(used.key, encoding="utf-8")
    return players


def kept_key(stamp: str, data: DataDirectory) -> str | None:
    """The key by which the players of a ``placing_stamp`` are kept; None where they have not been worked out."""
    try:
        return data.players_of(stamp).read_text(encoding="utf-8")
    except OSError:
        return None


def already_placed(stamp: str, data: DataDirectory) -> KeptPlayers | None:
    """The players of a ``placing_stamp``, where they have been worked out."""
    key = kept_key(stamp, data)
    return None if key is None else kept_already(key, data)


def team_colours(match: Match, players: KeptPlayers) -> tuple[str, str] | None:
    """Colours of home and away on a small map: the shirts that are known of them, else those found in the pictures,
    moved apart; None where neither is there."""
    home, away = kits(match.path)
    if home is not None and away is not None:
        return home, away
    if players.kits is None:
        return None
    one, other = moved_apart(*players.kits)
    return "#{:02X}{:02X}{:02X}".format(*one), "#{:02X}{:02X}{:02X}".format(*other)


def moved_apart(one: Colour, other: Colour) -> tuple[Colour, Colour]:
    """Two shirts as they are drawn: away from each other along the line between them, for pictures make both greyer.

    Those that are ``_FAR`` apart already stay as they are.
    """
    away = [(a - b) / 2 for a, b in zip(one, other, strict=True)]
    apart = 2 * hypot(*away)
    if apart >= _FAR or apart == 0:
        return one, other
    middle = [(a + b) / 2 for a, b in zip(one, other, strict=True)]
    return _moved(middle, away, _FAR / apart), _moved(middle, away, -_FAR / apart)


def _moved(middle: list[float], away: list[float], far: float) -> Colour:
    red, green, blue = (min(255, max(0, round(m + far * a))) for m, a in zip(middle, away, strict=True))
    return red, green, blue


def placing_stamp(match: Match, analysis: Analysis, layers: Sequence[Analysis]) -> str:
    """Changes with every file that decides who is placed where; reads none of them.

    Arguments:
        layers: of the match, of every task.
    """
    folder = match.path if match.path.is_dir() else match.path.parent
    records = [layer.folder / ANALYSIS_FILE for layer in (analysis, *layers)]
    beside = [folder / field_calibration.RENDERED, *sorted(folder.glob("*_field_calib_*.json"))]
    paths = [*records, *beside, folder / field_calibration.META, folder / labels_cameras.FILE_NAME]
    readings = readings_of(match.path, layers).values()
    return joint_hash([str(match.path), *(_state(path) for path in paths), *map(str, readings)])


def _state(path: Path) -> str:
    try:
        return str(FileState.of(path))
    except OSError:
        return f"no {path}"


def _rgb(colour: str) -> Colour:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
