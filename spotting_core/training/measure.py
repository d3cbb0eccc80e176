"""The numbers on a card: measured by analysing a split as a user would, never from training's shortcuts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.report_done import ReportDone
from spotting_core.domain.findings import Finding
from spotting_core.domain.stretches import Stretch
from spotting_core.formats.watched import read_watched
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.load import LoadedModel
from spotting_core.tasks.task import Judged, LayerTask

_Finding = TypeVar("_Finding", bound=Finding)


def judged_games(
    model: LoadedModel,
    folder: Path,
    data: DataDirectory,
    task: LayerTask[_Finding],
    *,
    report: ReportDone | None = None,
) -> list[Judged[_Finding]]:
    """Analyse every match below a folder that is labelled for a task.

    What lies in stretches that nobody watched counts neither way.

    Errors:
        BadInputError: there is none, or one cannot be analysed.
    """
    games, judged = task.labelled_games(folder), []
    for done, game in enumerate(games):
        if report:
            report(done, len(games))
        analysis = analyse_match(open_match(game), model, data)
        match = Judged(game.name, task.read_truth(game), analysis.findings(task, least=task.least_evaluated))
        judged.append(_of_watched(match, read_watched(game), task))
    return judged


def _of_watched(
    match: Judged[_Finding], stretches: Sequence[Stretch] | None, task: LayerTask[_Finding]
) -> Judged[_Finding]:
    """What of a match lies in stretches that somebody has watched; all of it where they are None."""
    if stretches is None:
        return match
    truth, findings = (
        [f for f in some if any(one.covers(f.half, task.moment(f)) for one in stretches)]
        for some in (match.truth, match.findings)
    )
    return Judged(match.name, truth, findings)


def compared(own: Mapping[str, Any], other: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Another model's scores in the form a card keeps beside its own, and how much better its own are."""
    figures = [key for key, value in own.items() if isinstance(value, float) and isinstance(other.get(key), float)]
    return {
        "name": name,
        **{key: other[key] for key in ("split", *figures, "interval") if key in other},
        "per_class": {k: {m: v[m] for m in figures if m in v} for k, v in other.get("per_class", {}).items()},
        "gain": {m: round(own[m] - other[m], 4) for m in figures},
    }
