"""Exporting clips as a job, of one match or of several: how it is asked for, how it is done, and what came of it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.library import Match
from app.look import look
from spotting_core.analysis import Analysis
from spotting_core.classes import load_classes
from spotting_core.clips.export import ZIP, Exported, export_clips
from spotting_core.clips.order import Order
from spotting_core.clips.sources import Footage, Sources
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import TouchlineError
from spotting_core.files import read_json, write_json
from spotting_core.jobs.queue import Job, JobQueue
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match, team_names

KIND = "clips"
_OUTCOME = "outcome.json"


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


def ask_for_clips(
    queue: JobQueue, matches: Mapping[str, Analysed], order: Order, title: str, match_id: str | None = None
) -> Job:
    """Queue an export; every one is a job of its own.

    Arguments:
        matches: by the name that the clips have for them.
        match_id: of the match that the export is shown with; None for one of the Search view.
    """
    told = {
        name: {
            "path": str(match.path),
            "analysis": str(analysis.folder) if analysis else None,
            "title": match.title,
            "teams": team_names(match),
        }
        for name, (match, analysis) in matches.items()
    }
    return _submit(queue, told, order, title, match_id)


def ask_again(queue: JobQueue, job: Job, order: Order, title: str) -> Job:
    """Queue an export of the same matches as another one was of."""
    return _submit(queue, job.parameters["matches"], order, title, job.match_id)


def _submit(
    queue: JobQueue, matches: Mapping[str, Mapping[str, Any]], order: Order, title: str, match_id: str | None
) -> Job:
    name = uuid.uuid4().hex
    parameters = {"matches": {**matches}, "order": order.as_json(), "export": name}
    return queue.submit(KIND, f"{KIND}/{name}", parameters, title=title, match_id=match_id)


def perform(parameters: Mapping[str, Any], data: DataDirectory, tell: Callable[..., bool]) -> None:
    """Do an export; what it wrote lies in the data directory."""
    footage = {name: _footage(told, data) for name, told in parameters["matches"].items()}
    folder = data.export(parameters["export"])
    exported: Exported = export_clips(
        Order.from_json(parameters["order"]),
        Sources(footage, look()),
        folder,
        lambda p: tell(p.share, p.stage, p.speed, p.remaining),
    )
    write_json(folder / _OUTCOME, exported.as_json())


def _footage(told: Mapping[str, Any], data: DataDirectory) -> Footage:
    """What a match's clips are cut from; one that cannot be opened keeps the others from nothing."""
    title, teams = str(told["title"]), dict(told["teams"])
    try:
        source = open_match(Path(told["path"]))
        analysis = Analysis.open(Path(told["analysis"])) if told["analysis"] else None
        media = {half.half: ingest(half.path, data) for half in source.halves}
    except TouchlineError as error:
        return Footage({}, load_classes(), title, teams, problem=str(error))
    return Footage(media, analysis.classes if analysis else load_classes(), title, teams, analysis)


def outcome(job: Job, data: DataDirectory) -> Outcome | None:
    """What an ended export left, or None if that is nothing or has been deleted."""
    folder = data.export(str(job.parameters["export"]))
    told = read_json(folder / _OUTCOME) if (folder / _OUTCOME).is_file() else None
    names = told["files"] if told else [ZIP]
    files = tuple(folder / name for name in names if (folder / name).is_file())
    return Outcome(files, tuple(told["clips"]) if told else ()) if files else None


def delete(job: Job, data: DataDirectory) -> None:
    """Delete the files of an export."""
    shutil.rmtree(data.export(str(job.parameters["export"])), ignore_errors=True)
