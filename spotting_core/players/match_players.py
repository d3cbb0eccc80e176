"""Players of a match: everybody placed on the pitch, sample by sample, with track, role and team.

Samples without a calibration, and those of replays, are left out: a gap stands there. Tracks end at cuts; one goes on
after a short interruption only where place and team leave no doubt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from spotting_core.analyses.analysis import Analysis, HalfAnalysis
from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import AWAY, BALL_TRACK, HOME, Colour, MatchPlayers, Placed, Role
from spotting_core.domain.pitch import Pitch
from spotting_core.entities.table import EntityTable
from spotting_core.media.source import MatchSource
from spotting_core.players import kits as kit_groups
from spotting_core.players.ball import ball_sized, rolling_path
from spotting_core.players.bridges import bridged, joined_over_cuts
from spotting_core.players.calibrated_samples import calibrated_samples
from spotting_core.players.feet import calibration_error
from spotting_core.players.kits import Kits, lab_of, shirt_rgb, told_apart
from spotting_core.players.roles import SURE, RoleOfTrack, role_of_track, sighting_evidence, track_roles
from spotting_core.players.sightings import BALL, PEOPLE, Sightings, placed_sightings, with_colours
from spotting_core.players.tracks import tracked

_DOUBTED = 0.6  # confidence of a team, at most, where kits are hard to tell apart
_LEAST_SAMPLES = 40  # of a half, from which it can be told which team defends which goal
_LEAST_ALIKE = 0.2  # cosine of how the shirts that were given differ, and how those that were found do
_BESIDE = "a sighting beside the pitch"
_MOST_BESIDE = 0.4  # share of the sightings that may lie there
_LEAST_SCORE = 0.45  # of people; below, one sighting in four is none


def match_players(
    source: MatchSource,
    analysis: Analysis,
    calibrations: Sequence[Calibration],
    *,
    cameras: MatchCameras | None = None,
    pitch: Pitch | None = None,
    kits: tuple[Colour, Colour] | None = None,
    entities: Mapping[int, EntityTable] | None = None,
) -> MatchPlayers:
    """Place everybody of a match on the pitch.

    Which team is home is told by ``kits``, the shirts of home and away; without them home is the team that defends the
    left goal, as the main camera sees it, in the first half (see ``MatchPlayers.swapped``).

    Arguments:
        analysis: with entities; calibrations: of any rate, the nearest in time counts.
        cameras: shots, at whose ends tracks end, and replays, which are left out.
        entities: by half, instead of those of the analysis.

    Errors:
        BadInputError: no entities, no calibration at all, or a video that does not decode.
    """
    pitch = pitch or Pitch()
    _check_inputs(source, analysis, calibrations, entities)
    halves = [
        _Half(source, half, table, analysis.record.rate, calibrations, cameras, pitch)
        for half in analysis.halves
        if (table := entities.get(half.half) if entities is not None else half.entities) is not None
    ]
    groups = _kits_of(halves)
    for half in halves:
        half.follow(groups)
    second_is_home, how = _second_is_home(groups, kits, halves)
    missing = [analysis.classes.parts.title(half.half) for half in halves if not half.calibrations]
    known = {(half.half, int(half.times[s])): c for half in halves for s, c in half.calibrations.items()}
    record = analysis.halves[0].record
    return MatchPlayers(
        placed=_placed(halves, groups, second_is_home),
        rate=analysis.record.rate,
        pitch=pitch,
        size=(record.width, record.height),
        samples={half.half: tuple(half.times.tolist()) for half in halves},
        calibrations=known,
        errors={at: calibration_error(c) for at, c in known.items()},
        home_left={h.half: (h.left[0] >= 0.5) != second_is_home for h in halves if h.left is not None and h.is_sure},
        home_is_guess=bool(how),
        kits=_shirts(groups, second_is_home),
        title=source.fixture.title,
        home=source.fixture.home or "Home",
        away=source.fixture.away or "Away",
        notes=_notes(groups, missing, halves, how),
        left_out=sum((half.left_out for half in halves), Counter[str]()),
    )


def _check_inputs(
    source: MatchSource,
    analysis: Analysis,
    calibrations: Sequence[Calibration],
    entities: Mapping[int, EntityTable] | None,
) -> None:
    """Refuse what nobody can be placed by.

    Errors:
        BadInputError: no entities, or no calibration.
    """
    if entities is None and not analysis.has("entities"):
        raise BadInputError(
            "this analysis holds no entities",
            where=analysis.folder,
            fix="Analyse the match with a model that reads entities",
        )
    if not any(c.homography is not None for c in calibrations):
        raise BadInputError(
            "no picture of this match has a calibration, so nobody can be placed",
            where=source.path,
            fix="Run touchline analyze --task calibration on it, or put its calibrations beside it; those that lie "
            "there, sure or not, count before those that were found",
        )


def _kits_of(halves: Sequence[_Half]) -> Kits | None:
    """The kits of the match, by all who are named player or referee in any half."""
    colours, stretch, offset = [], [], 0
    for seen in (half.people for half in halves):
        numbers = kit_groups.stretches(seen.sample, seen.place) + offset
        offset = int(numbers.max(initial=offset)) + 1
        colours.append(seen.colours[_like_players(seen)])
        stretch.append(numbers[_like_players(seen)])
    return told_apart(np.concatenate(colours), np.unique(np.concatenate(stretch), return_inverse=True)[1])


def _placed(halves: Sequence[_Half], groups: Kits | None, second_is_home: bool) -> tuple[Placed, ...]:
    """Everybody of the match; tracks are numbered on from half to half."""
    placed: list[Placed] = []
    first = BALL_TRACK + 1
    for half in halves:
        own = half.placed(groups, second_is_home, first)
        first = max((p.track for p in own), default=first - 1) + 1
        placed += own
    return tuple(sorted(placed, key=lambda p: (p.half, p.time, p.track)))


def _shirts(groups: Kits | None, second_is_home: bool) -> tuple[Colour, Colour] | None:
    """Shirts of home and away."""
    if groups is None:
        return None
    return (groups.rgb[1], groups.rgb[0]) if second_is_home else groups.rgb


def _notes(groups: Kits | None, missing: Sequence[str], halves: Sequence[_Half], how: str) -> tuple[str, ...]:
    """What a user must know.

    Arguments:
        missing: parts without a calibration, by their titles; how: home was told, where that is a guess.
    """
    notes = []
    if groups is None:
        notes.append("The two teams could not be told apart by their kits, so nobody has a team.")
    elif not groups.clear:
        notes.append("The kits of the two teams are hard to tell apart here, so many players may have the wrong team.")
    if missing:
        notes.append(f"Nobody is placed in {', '.join(missing)}, which has no calibration.")
    beside, asked = sum(half.left_out[_BESIDE] for half in halves), sum(half.sightings for half in halves)
    if beside > _MOST_BESIDE * asked:
        notes.append(
            f"{beside} of {asked} sightings lie beside the pitch: its calibrations may be of another match, moment or "
            "size."
        )
    return (*notes, how) if how else tuple(notes)


def _like_players(sightings: Sightings) -> np.ndarray:
    return np.asarray(np.isin(sightings.name, ("player", "referee")))


def _second_is_home(
    groups: Kits | None, kits: tuple[Colour, Colour] | None, halves: Sequence[_Half]
) -> tuple[bool, str]:
    """Whether the second group of kits is the home team's, and what is to be said of that."""
    if groups is None:
        return False, ""
    how = "Home is the team that defends the left goal in the first half; nothing told which team that is."
    if kits is not None:
        # Pictures shift every colour alike, so what counts is in which direction the two teams differ.
        wanted, found = lab_of(kits[0]) - lab_of(kits[1]), groups.lab[0] - groups.lab[1]
        alike = float(wanted @ found) / max(1e-6, float(np.linalg.norm(wanted) * np.linalg.norm(found)))
        if abs(alike) >= _LEAST_ALIKE:
            return alike < 0, ""
        how = f"The shirts that were given fit neither team. {how}"
    left = halves[0].left
    return (left is not None and left[1] > left[0]), how


class _Half:
    """What is known of one half while a match is put together."""

    def __init__(
        self,
        source: MatchSource,
        analysis: HalfAnalysis,
        table: EntityTable,
        rate: float,
        calibrations: Sequence[Calibration],
        cameras: MatchCameras | None,
        pitch: Pitch,
    ) -> None:
        self.half, self.times, self.pitch, self.rate = analysis.half, analysis.times, pitch, rate
        self.size = (analysis.record.width, analysis.record.height)
        self.cameras = cameras
        self.calibrations = calibrated_samples(self.half, self.times, calibrations, cameras)
        seen = placed_sightings(table, self.size, self.calibrations, pitch)
        people = seen.take(np.isin(seen.name, PEOPLE) & (seen.score >= _LEAST_SCORE))
        video = next(h.path for h in source.halves if h.half == self.half)
        self.people = with_colours(people, video, analysis.frames) if len(people) else people
        self.balls = seen.take(seen.name == BALL)
        self.left_out = self._left_out(table, seen)
        self.tracks = np.zeros(0, int)
        self.roles = np.zeros((0, 4))
        self.left: dict[int, float] | None = None

    def _left_out(self, table: EntityTable, seen: Sightings) -> Counter[str]:
        """Samples and sightings of which nobody is placed; balls that do not roll are added when their way is known."""
        shots = [self.cameras.shot_at(self.half, int(t)) for t in self.times] if self.cameras is not None else []
        replayed = sum(shot is not None and shot.replay for shot in shots)
        names = np.array(table.names, dtype=object)[table.entity]
        asked = np.isin(names, [*PEOPLE, BALL]) & np.isin(table.sample, list(self.calibrations))
        people, self.sightings = int(np.isin(seen.name, PEOPLE).sum()), int(asked.sum())
        return +Counter(
            {
                "a sample of a replay": replayed,
                "a sample without a calibration": len(self.times) - replayed - len(self.calibrations),
                _BESIDE: self.sightings - len(seen),
                f"a sighting of somebody less sure than {_LEAST_SCORE:g}": people - len(self.people),
            }
        )

    @property
    def breaks(self) -> np.ndarray:
        """Seconds at which shots begin."""
        if self.cameras is None:
            return np.zeros(0)
        return np.array(sorted(s.start / 1e6 for s in self.cameras.shots if s.half == self.half))

    def follow(self, groups: Kits | None) -> None:
        """Find tracks, and what each is."""
        people = self.people
        seconds = self.times[people.sample] / 1e6
        kits = np.ones((len(people), 3)) if groups is None else groups.densities(people.colours)
        evidence = sighting_evidence(people, kits, self.pitch)
        alike = np.exp(evidence[:, :3] - evidence[:, :3].max(1, keepdims=True)) if groups is not None else kits[:, :1]
        tracks = tracked(seconds, people.place, people.error, alike, self.breaks)
        if len(tracks):
            likely = track_roles(evidence, tracks)
            tracks = joined_over_cuts(seconds, people.place, people.error, tracks, likely, self.breaks)
            self.roles = track_roles(evidence, tracks)
        self.tracks = tracks
        self.left = self._left() if groups is not None else None

    @property
    def is_sure(self) -> bool:
        """Whether it is sure enough which team defends the left goal."""
        return self.left is not None and max(self.left.values()) >= SURE

    def _left(self) -> dict[int, float] | None:
        """How sure it is that each team defends the left goal: its players are farther left, over a half."""
        if not len(self.tracks):
            return None
        team = self.roles[self.tracks][:, :2]
        x, sample = self.people.place[:, 0], self.people.sample
        sides = []
        for moment in np.unique(sample):
            rows = sample == moment
            weight = team[rows]
            if (weight.sum(0) > 2).all():
                mean = (weight * x[rows, None]).sum(0) / weight.sum(0)
                sides.append(mean[1] - mean[0])
        if len(sides) < _LEAST_SAMPLES:
            return None
        sides_array = np.array(sides)
        # Samples a few seconds apart say the same again: one in twenty counts.
        spread = sides_array.std() / np.sqrt(len(sides) / 20) + 1e-6
        sure = 1 / (1 + np.exp(-1.7 * sides_array.mean() / spread))
        return {0: float(sure), 1: float(1 - sure)}

    def placed(self, groups: Kits | None, second_is_home: bool, first: int) -> list[Placed]:
        """Everybody of the half, tracks numbered from ``first`` on."""
        people = self.people
        names = (AWAY, HOME) if second_is_home else (HOME, AWAY)
        most = 1.0 if groups is None or groups.clear else _DOUBTED
        takes = {
            track: role_of_track(self.roles[track], float(np.median(people.place[self.tracks == track, 0])), self.left,
                        self.pitch.length / 2)
            for track in np.unique(self.tracks).tolist()
        }  # fmt: skip
        found = [
            self._placed(people, row, first + int(self.tracks[row]), takes[int(self.tracks[row])], names, most)
            for row in range(len(people))
        ]
        known = frozenset(int(self.times[s]) for s in self.calibrations)
        return [*bridged(found, self.times, known), *self._ball()]

    def _placed(
        self, rows: Sightings, row: int, track: int, taken: RoleOfTrack, names: tuple[str, str], most: float = 1.0
    ) -> Placed:
        """One sighting; ``most`` is how sure its team may be."""
        x, y = rows.place[row].tolist()
        x1, y1, x2, y2 = rows.box[row].tolist()
        colours = rows.colours[row]
        return Placed(
            half=self.half,
            time=int(self.times[rows.sample[row]]),
            track=track,
            role=taken.role,
            team=names[taken.team] if taken.team is not None else "",
            team_confidence=min(taken.confidence, most),
            x=x,
            y=y,
            error=float(rows.error[row]),
            confidence=float(rows.score[row]),
            box=(x1, y1, x2, y2),
            colour=shirt_rgb(colours) if np.isfinite(colours).all() else None,
        )

    def _ball(self) -> list[Placed]:
        balls = self.balls
        sized = [
            bool(ball_sized(balls.box[row : row + 1], self.size, h)[0])
            for row, h in ((row, self.calibrations[int(s)].homography) for row, s in enumerate(balls.sample))
            if h is not None
        ]
        balls = balls.take(np.array(sized, bool))
        seconds = self.times[balls.sample] / 1e6
        shot = np.searchsorted(self.breaks, seconds, "right")
        chosen = np.zeros(len(balls), bool)
        for number in np.unique(shot):
            rows = np.flatnonzero(shot == number)
            chosen[rows] = rolling_path(seconds[rows], balls.place[rows], balls.error[rows], balls.score[rows])
        if dropped := len(self.balls) - int(chosen.sum()):
            self.left_out["a sighting of a ball too large, or too far from its way"] += dropped
        nobody = RoleOfTrack(Role.BALL, None, 0.0)
        return [self._placed(balls, row, BALL_TRACK, nobody, ("", "")) for row in np.flatnonzero(chosen).tolist()]
