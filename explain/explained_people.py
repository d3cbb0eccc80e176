"""The people of a window, of a model whose features are made of who stands where; and its features without some."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from explain.explained_window import ExplainedWindow
from spotting_core.base.errors import BadInputError
from spotting_core.domain.people import Placed, Role
from spotting_core.features.extractor import ExtractorSpec
from spotting_core.features.pitch_sets import PitchHalf, made_of_people, pitch_numbers, read_half
from spotting_core.features.sets import read_sets
from spotting_core.models.load import LoadedModel
from spotting_core.players.tracks import tracked

_ERROR = 1.0  # metres by which a box's place is taken to be off, where nobody knows
_ALIKE, _ROUNDED = 1e-2, 1e-3  # by which numbers that are made again may differ: they are kept in half precision


@dataclass(frozen=True)
class _PeopleSet:
    """A set that is made of people: its columns among the features, and what makes it."""

    columns: slice
    spec: ExtractorSpec


@dataclass(frozen=True)
class Sighting:
    """Somebody at the sample at which they are explained: the one nearest to the anchor.

    Arguments:
        sample: of the window.
    """

    sample: int
    somebody: Placed


@dataclass(frozen=True)
class ExplainedPeople:
    """Who is seen near the anchor.

    Arguments:
        pitch: what is known of the samples near the anchor; first: the sample of the window at which they begin.
        numbers: of each sample, for everybody of ``pitch.people``, who of ``sightings`` it is; -1 for the ball.
        sightings: everybody once.
    """

    pitch: PitchHalf
    first: int
    numbers: list[np.ndarray]
    sightings: list[Sighting]
    sets: tuple[_PeopleSet, ...]
    width: int
    device: str

    def difference(self, gone: Collection[int]) -> np.ndarray:
        """What some people's being away changes in the features of the samples near the anchor: float32 (n, D)."""
        left = [
            [one for one, number in zip(people, own, strict=True) if number not in gone]
            for people, own in zip(self.pitch.people, self.numbers, strict=True)
        ]
        changed = np.zeros((len(left), self.width), np.float32)
        for kind, with_all in zip(self.sets, self.of_all, strict=True):
            changed[:, kind.columns] = self._made(kind, left) - with_all
        return changed

    @cached_property
    def of_all(self) -> list[np.ndarray]:
        """The numbers of each set with everybody: float32 (n, D)."""
        return [self._made(kind, self.pitch.people) for kind in self.sets]

    def _made(self, kind: _PeopleSet, people: list[list[Placed]]) -> np.ndarray:
        return pitch_numbers(kind.spec, replace(self.pitch, people=people), device=self.device)


def people_of(window: ExplainedWindow, model: LoadedModel, span: int) -> ExplainedPeople:
    """Who is seen within ``span`` samples of a window's anchor.

    Errors:
        BadInputError: nothing beside the video says who is where, or something else than the model read.
    """
    assert window.media is not None, "people lie beside a video"
    assert window.features is not None
    folder, near = window.media.path.parent, window.near(span)
    whole = read_half(folder, window.half)
    rows = slice(window.first + near[0], window.first + near[-1] + 1)
    pitch = PitchHalf(whole.calibrations[rows], whole.people[rows], whole.pitch)
    numbers, sightings = _numbered(pitch, near[0], window.anchor)
    sets, width = _people_sets(model)
    device = str(model.device)
    people = ExplainedPeople(pitch, near[0], numbers, sightings, sets, width, device)
    read = window.features[window.before + near[0] : window.before + near[-1] + 1]
    for kind, made in zip(sets, people.of_all, strict=True):
        own = read[:, kind.columns]
        if made.shape != own.shape or not np.allclose(made, own, atol=_ALIKE, rtol=_ROUNDED):
            raise BadInputError(
                "the people beside this video are others than the model has read",
                where=folder,
                fix="Analyse the match again, without --features",
            )
    return people


def _people_sets(model: LoadedModel) -> tuple[tuple[_PeopleSet, ...], int]:
    """The sets of a model that are made of people, and how many numbers all of its sets have."""
    sets, column = [], 0
    for kind in read_sets(model.card.input):
        if made_of_people(kind.extractor):
            assert kind.extractor is not None
            sets.append(_PeopleSet(slice(column, column + kind.dim), kind.extractor))
        column += kind.dim
    return tuple(sets), column


def _numbered(pitch: PitchHalf, first: int, anchor: int) -> tuple[list[np.ndarray], list[Sighting]]:
    """Who is who in each sample, and everybody at the sample nearest to the anchor."""
    tracks = _tracks(pitch)
    known: dict[int, int] = {}
    sightings: dict[int, Sighting] = {}
    numbers = []
    for sample, (people, own) in enumerate(zip(pitch.people, tracks, strict=True), start=first):
        row = np.full(len(people), -1)
        for place, (one, track) in enumerate(zip(people, own, strict=True)):
            if one.role is Role.BALL:
                continue
            number = row[place] = known.setdefault(int(track), len(known))
            before = sightings.get(number)
            if before is None or abs(sample - anchor) < abs(before.sample - anchor):
                sightings[number] = Sighting(sample, one)
        numbers.append(row)
    return numbers, [sightings[number] for number in range(len(known))]


def _tracks(pitch: PitchHalf) -> list[np.ndarray]:
    """The track of everybody in each sample: as known, or, of boxes that say nothing of it, followed over samples."""
    if any(one.role is not Role.UNSURE for people in pitch.people for one in people):
        return [np.array([one.track for one in people], int) for people in pitch.people]
    everybody = [one for people in pitch.people for one in people]
    times = np.array([one.time / 1e6 for one in everybody])
    places = np.array([(one.x, one.y) for one in everybody]).reshape(-1, 2)
    count = len(everybody)
    followed = tracked(times, places, np.full(count, _ERROR), np.ones((count, 1)), np.zeros(0))
    return np.split(followed, np.cumsum([len(people) for people in pitch.people])[:-1])
