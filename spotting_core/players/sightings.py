"""Sightings: the people and balls that an entity model saw in a half, placed on the pitch, with the colours of kits.

Columns, one row a sighting, in order of samples; pictures are decoded once, a batch at a time, and let go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch
from spotting_core.entities.table import EntityTable
from spotting_core.media.decode import decode_samples
from spotting_core.media.times import read_time_table
from spotting_core.players.feet import feet
from spotting_core.players.kits import COLOURS, kit_colours

PEOPLE = ("player", "goalkeeper", "referee", "assistant referee")
"""Names of entities that are people on the pitch."""
BALL = "ball"
MARGIN = 3.0
"""Metres beside the pitch within which somebody still belongs to the game: assistants, throw-ins."""
_BATCH = 16


@dataclass(frozen=True)
class Sightings:
    """Rows in order of samples.

    Arguments:
        sample: int (N,); name: str (N,), of the entity; score: float (N,).
        box: float (N, 4), shares of the picture; place: (N, 2), metres; error: (N,), metres.
        colours: float (N, COLOURS), NaN where nobody looked.
    """

    sample: np.ndarray
    name: np.ndarray
    score: np.ndarray
    box: np.ndarray
    place: np.ndarray
    error: np.ndarray
    colours: np.ndarray

    def __len__(self) -> int:
        return len(self.sample)

    def take(self, rows: np.ndarray) -> Sightings:
        """Some rows, by number or mask."""
        return Sightings(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def placed_sightings(
    table: EntityTable, size: tuple[int, int], calibrations: Mapping[int, Calibration], pitch: Pitch
) -> Sightings:
    """People and balls on the pitch or close beside it, of the samples that have a calibration; colours unknown.

    Arguments:
        size: width and height of the picture that boxes are of; calibrations: by sample.
    """
    names = np.array(table.names, dtype=object)[table.entity]
    wanted = np.isin(names, [*PEOPLE, BALL])
    place, error = np.full((len(table), 2), np.nan), np.full(len(table), np.nan)
    for sample, calibration in calibrations.items():
        rows = table.rows(sample, sample + 1)
        found = feet(table.box[rows].astype(float), table.score[rows].astype(float), size, calibration)
        place[rows], error[rows] = found.places, found.errors
    limit = np.array([pitch.length, pitch.width]) / 2 + MARGIN
    kept = np.flatnonzero(wanted & np.isfinite(error) & (np.abs(place) <= limit).all(1))
    box = table.box[kept].astype(float) / np.array([*size, *size])
    nobody = np.full((len(kept), COLOURS), np.nan)
    return Sightings(
        table.sample[kept].astype(int), names[kept].astype(str), table.score[kept].astype(float), box, place[kept],
        error[kept], nobody,
    )  # fmt: skip


def with_colours(sightings: Sightings, video: Path, frames: np.ndarray) -> Sightings:
    """The same sightings with the colours of people's kits, read from the pictures of a half.

    Arguments:
        frames: int (T,), frame number of each sample.

    Errors:
        BadInputError: nothing of the video decodes.
    """
    colours = sightings.colours.copy()
    people = np.isin(sightings.name, PEOPLE)
    bounds = np.searchsorted(sightings.sample, np.arange(len(frames) + 1))
    for batch in decode_samples(video, read_time_table(video), frames, batch=_BATCH):
        for sample, image in zip(batch.samples.tolist(), batch.images, strict=True):
            rows = np.arange(*bounds[sample : sample + 2])
            rows = rows[people[rows]]
            if len(rows):
                height, width = image.shape[:2]
                colours[rows] = kit_colours(image, sightings.box[rows] * np.array([width, height] * 2))
    return Sightings(**{**{f.name: getattr(sightings, f.name) for f in fields(sightings)}, "colours": colours})
