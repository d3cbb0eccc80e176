"""The job that exports clips of one match or of several, and what came of it."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from app.components.look import look
from app.library.library import Match
from app.library.roots import source_of
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.base.files import read_json, write_json
from spotting_core.clips.estimate import Cost, is_drawn
from spotting_core.clips.export import ZIP, Exported, export_clips
from spotting_core.clips.order import Order
from spotting_core.clips.sources import Footage, Sources
from spotting_core.domain.classes import load_classes
from spotting_core.jobs.kind import ENCODING, Context, JobKind, Parameters
from spotting_core.jobs.queue import Job
from spotting_core.media.ingest import ingest
from spotting_core.media.source import team_names

_OUTCOME = "outcome.json"
_MOST_COSTS = 10


class ClipsMatch(Parameters, frozen=True):
    """A match that clips are cut from.

    Arguments:
        path: of the match; analysis: folder of the one whose map and boxes are drawn, if any.
        teams: names of ``home`` and ``away``, where they are known.
    """

    path: str
    analysis: str | None
    title: str
    teams: dict[str, str]


class ClipsParameters(Parameters, frozen=True):
    """An export; every one is a job of its own.

    Arguments:
        matches: by the name that the clips have for them.
        order: as JSON (see ``Order``).
        export: name of its folder, drawn by chance.
    """

    matches: dict[str, ClipsMatch]
    order: dict[str, Any]
    export: str
    title: str = ""

    def again(self, order: Order, title: str) -> ClipsParameters:
        """Another export of the same matches."""
        return ClipsParameters(self.matches, order.as_json(), uuid.uuid4().hex, title)


@dataclass(frozen=True)
class Outcome:
    """What an export left.

    Arguments:
        files: that can be saved, the main one first.
        clips: what became of each (see ``Result.as_json``); empty if the export did not come to its end.
    """

    files: tuple[Path, ...]
    clips: tuple[Mapping[str, Any], ...]

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        return [c for c in self.clips if c["error"]]


Analysed = tuple[Match, Analysis | None]
"""A match, and the analysis whose map and boxes are drawn."""


def clips_parameters(matches: Mapping[str, Analysed], order: Order, title: str) -> ClipsParameters:
    """An export of clips of some matches, by the name that the clips have for them."""
    parameters = {
        name: ClipsMatch(str(match.path), str(analysis.folder) if analysis else None, match.title, team_names(match))
        for name, (match, analysis) in matches.items()
    }
    return ClipsParameters(parameters, order.as_json(), uuid.uuid4().hex, title)


class ClipsJob(JobKind[ClipsParameters]):
    """Leaves a folder of what was exported; people find it by the job (``outcome``)."""

    name: ClassVar[str] = "clips"
    resource: ClassVar[str] = ENCODING
    parameters_type = ClipsParameters
    lasting: ClassVar[bool] = True

    def key(self, parameters: ClipsParameters) -> str:
        return f"{self.name}/{parameters.export}"

    def title(self, parameters: ClipsParameters) -> str:
        return parameters.title

    def leaves(self, parameters: ClipsParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (data.export(parameters.export),)

    def perform(self, parameters: ClipsParameters, context: Context) -> Path | None:
        footage = {name: _footage(match, context.data) for name, match in parameters.matches.items()}
        [folder] = self.leaves(parameters, context.data)
        order, began = Order.from_json(parameters.order), time.monotonic()
        exported: Exported = export_clips(
            order,
            Sources(footage, look()),
            folder,
            lambda p: context.report(p.share, p.stage, p.speed, p.remaining),
        )
        cost = None if order.fast else exported.cost(time.monotonic() - began, is_drawn(order))
        write_json(folder / _OUTCOME, {**exported.as_json(), "cost": cost and asdict(cost)})
        return None

    def costs(self, data: DataDirectory) -> list[Cost]:
        """What the newest exports cost that were encoded on this machine."""
        outcomes = sorted(data.exports.glob(f"*/{_OUTCOME}"), key=lambda path: path.stat().st_mtime, reverse=True)
        costs = []
        for path in outcomes[:_MOST_COSTS]:
            try:
                costs.append(msgspec.convert(read_json(path)["cost"], Cost))
            except (TouchlineError, KeyError, TypeError, msgspec.ValidationError):
                continue  # of a copy, or of an export before costs were kept
        return costs

    def outcome(self, job: Job, data: DataDirectory) -> Outcome | None:
        """What an ended export left, or None if that is nothing or has been deleted."""
        try:
            [folder] = self.leaves(self.read(job), data)
        except BadInputError:  # asked for by another version, and failed for that
            return None
        exported = read_json(folder / _OUTCOME) if (folder / _OUTCOME).is_file() else None
        names = exported["files"] if exported else [ZIP]
        files = tuple(folder / name for name in names if (folder / name).is_file())
        return Outcome(files, tuple(exported["clips"]) if exported else ()) if files else None

    def delete(self, job: Job, data: DataDirectory) -> None:
        """Delete the files of an export."""
        [folder] = self.leaves(self.read(job), data)
        shutil.rmtree(folder, ignore_errors=True)


CLIPS = ClipsJob()
KINDS = (CLIPS,)


def _footage(match: ClipsMatch, data: DataDirectory) -> Footage:
    """What a match's clips are cut from; one that cannot be opened keeps the others from nothing."""
    try:
        source = source_of(Path(match.path))
        analysis = Analysis.open(Path(match.analysis)) if match.analysis else None
        media = {half.half: ingest(half.path, data) for half in source.halves}
    except TouchlineError as error:
        return Footage({}, load_classes(), match.title, match.teams, problem=str(error))
    return Footage(media, analysis.classes if analysis else load_classes(), match.title, match.teams, analysis)
