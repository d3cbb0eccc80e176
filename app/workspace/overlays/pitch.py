"""The pitch's lines over the picture, where the match has calibrations: anyone sees whether they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_library
from app.views.shown import link, token
from app.workspace.entry import OVERLAY, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_calibrations import calibration_layer
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.calibration_table import FILE_NAME, read_pitch
from spotting_core.formats.field_calibration import calibration_file, pitch_of
from spotting_core.players.spot_places import ON_MARK, marks_of


def pitch_data(match: Match, analysis: Analysis) -> dict[str, Any] | None:
    """Size and lines of the pitch in metres, the address of each half's calibrations, and the marks at which spots of a
    class are (``marks_of``); None for a match without.

    Of each half those beside the match count, else those of its layer of them.
    """
    files = {half.half: _beside(match, half.half) for half in analysis.halves}
    layer = None if all(files.values()) else calibration_layer(shared_library().layers(match))
    if layer is not None:
        files |= {half.half: half.folder / FILE_NAME for half in layer.halves if files.get(half.half) is None}
    if not any(files.values()):
        return None
    try:
        own = match.path.is_dir() and any(file.parent == match.path for file in files.values() if file is not None)
        pitch = pitch_of(match.path) if own or layer is None else read_pitch(layer.halves[0].folder)
    except BadInputError:  # what the file says of the pitch is no size of one
        pitch = Pitch()
    halves = {
        half.half: f"{link('calibrations', file)}/{token(half.folder, 'half')}"
        for half in analysis.halves
        if (file := files.get(half.half)) is not None
    }
    lines = [line.round(2).tolist() for line in pitch.drawn.values()]
    marks = marks_of(analysis.classes.name, pitch)
    return {
        "length": pitch.length,
        "width": pitch.width,
        "lines": lines,
        "halves": halves,
        "marks": marks,
        "onMark": ON_MARK,
    }


def _beside(match: Match, half: int) -> Path | None:
    """The file of calibrations beside a half; none where it leads out of the library folders."""
    try:
        return calibration_file(source_of(match.path).path, half)
    except TouchlineError:
        return None


class PitchLines(Entry):
    """The calibrations themselves are fetched by the browser, half by half."""

    kind = OVERLAY
    name = "pitch"
    place = 3
    gives = ("pitch",)
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"pitch": pitch_data(match, analysis)}


register(PitchLines())
