"""The numbers on a card: measured by analysing a split as a user would, never from training's shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spotting_core.data_directory import DataDirectory
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.spotting import bootstrap_over_games, evaluate_spotting
from spotting_core.formats.labels_v2 import FILE_NAME, read_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.suppression import Spotting
from spotting_core.media.source import open_match
from spotting_core.models.load import LoadedModel
from spotting_core.samples.labelled import labelled_games

LEAST = 0.02
"""Confidence below which predictions are not evaluated: far below any that matters to the metric."""


def spotted_games(
    model: LoadedModel,
    folder: Path,
    data: DataDirectory,
    *,
    spotting: Spotting | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Game]:
    """Analyse every labelled match below a folder.

    Errors:
        BadInputError: there is none, or one cannot be analysed.
    """
    games, found = labelled_games(folder), []
    for done, game in enumerate(games):
        if progress:
            progress(done, len(games))
        analysis = analyse_match(open_match(game), model, data)
        spots = analysis.spots(spotting or Spotting(threshold=LEAST))
        found.append(Game(game.name, read_labels(game / FILE_NAME), spots))
    return found


def card_scores(games: Sequence[Game], classes: Sequence[str], split: str) -> dict[str, Any]:
    """Scores as a card gives them: loose and tight average-mAP over the classes that occur, with 95 % intervals
    from a bootstrap over matches, by the official matching; the corrected metric beside it; and per class."""
    scores: dict[str, Any] = {"split": split, "matches": len(games), "actions": sum(len(g.truth) for g in games)}
    per_class: dict[str, dict[str, Any]] = {}
    for metric in ("loose", "tight"):
        report = evaluate_spotting(games, classes, metric=metric, official=True, occurring_only=True)
        interval = bootstrap_over_games(games, classes, metric=metric, official=True)
        scores[metric] = round(report.average_map["all"], 4)
        scores.setdefault("interval", {})[metric] = [round(interval.low, 4), round(interval.high, 4)]
        corrected = evaluate_spotting(games, classes, metric=metric)
        scores.setdefault("corrected", {})[metric] = round(corrected.average_map["all"], 4)
        for name, count in report.truths.items():
            if count:
                row = per_class.setdefault(name, {"truths": count})
                row[metric] = round(report.per_class[name]["all"], 4)
    scores["official"] = "SoccerNet 0.2.0 matching, mean over the classes that occur"
    scores["per_class"] = per_class
    return scores


def compared(own: Mapping[str, Any], other: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Another model's scores in the form a card keeps beside its own."""
    return {
        "name": name,
        **{key: other[key] for key in ("split", "loose", "tight", "interval") if key in other},
        "per_class": {k: {m: v[m] for m in ("loose", "tight")} for k, v in other.get("per_class", {}).items()},
        "gain": {m: round(own[m] - other[m], 4) for m in ("loose", "tight")},
    }
