"""What the Evaluate view compares: labels of matches with the spots of one or two systems.

Labels are those of the library's matches or an imported zip; systems are models whose analyses are there, or
imported predictions. Every choice has a key that stays the same: ``library``, a match's id, ``set:<id>``,
``model:<key of its identity>``, as a rule without what it reads of a match.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.comparing.prediction_sets import ImportedSet, PredictionSets, columns_of, game_name
from app.library.library import Library, Match
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.domain.classes import ClassTable, joined, load_classes
from spotting_core.domain.suppression import Spotting
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.games import GameColumns, SpotColumns
from spotting_core.evaluation.official_splits import TRAINED, trained_on
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS
from spotting_core.evaluation.spot_files import read_spotting_games
from spotting_core.tasks.spotting import SPOTTING

LIBRARY = "library"
LEAST = 0.02
"""Confidence below which a model's spots are not evaluated: far below any that matters to the metric."""


@dataclass(frozen=True)
class Compared:
    """Games with truth and with the spots of one system; ``matches`` are theirs in the library, where known."""

    games: list[GameColumns]
    matches: list[Match | None]
    record: Record = field(default_factory=Record)

    def only(self, names: set[str]) -> Compared:
        """Those games whose name is among some."""
        kept = [i for i, g in enumerate(self.games) if g.name in names]
        return Compared([self.games[i] for i in kept], [self.matches[i] for i in kept], self.record)


def label_choices(library: Library, sets: PredictionSets) -> dict[str, str]:
    """Key to title of everything that can be truth."""
    labelled = [m for m in library.matches() if _has_truth(library, m)]
    choices = {LIBRARY: f"Library, {len(labelled)} labelled matches"} if len(labelled) > 1 else {}
    choices |= {m.id: m.title for m in labelled}
    return choices | {f"set:{s.id}": f"{s.name}, {_count(s)}" for s in sets.all(LABELS)}


def prediction_choices(library: Library, sets: PredictionSets, labels: str) -> dict[str, str]:
    """Key to title of the systems that can be measured against some labels."""
    choices: dict[str, str] = {}
    if not labels.startswith("set:"):
        choices = model_names([library.analyses(match) for match in _matches(library, labels)])
    return choices | {f"set:{s.id}": s.name for s in sets.all(PREDICTIONS)}


def model_names(matches: Sequence[Sequence[Analysis]]) -> dict[str, str]:
    """Key to name of the models whose layers some matches have.

    A model that reads files of a match (features, the match's cameras) is one model over all matches, except where it
    has judged one of them by several files: then each of these is compared.
    """
    several = {
        model
        for layers in matches
        for model, count in Counter(layer.record.identity.of_any_match for layer in layers).items()
        if count > 1
    }
    names: dict[str, str] = {}
    for layer in (layer for layers in matches for layer in layers):
        own, model = layer.record.identity, layer.record.identity.of_any_match
        names.setdefault(f"model:{(own if model in several else model).key}", str(layer.record.model["name"]))
    return _unambiguous_names(names)


def _unambiguous_names(names: dict[str, str]) -> dict[str, str]:
    """The same names by key, those that several have with the beginning of their model's identity."""
    several = {name for name, count in Counter(names.values()).items() if count > 1}
    return {key: f"{name} ({key.partition(':')[2][:8]})" if name in several else name for key, name in names.items()}


def _count(one: ImportedSet) -> str:
    return f"{one.games} game{'' if one.games == 1 else 's'}"


def _has_truth(library: Library, match: Match) -> bool:
    try:
        return bool(library.truth(match))
    except TouchlineError:
        return False


def _matches(library: Library, labels: str) -> list[Match]:
    return [m for m in library.matches() if labels in (LIBRARY, m.id) and _has_truth(library, m)]


def classes_of(library: Library, labels: str, systems: Sequence[str]) -> ClassTable:
    """The classes of what some systems spot: those of a model's analyses; an imported set has the default ones."""
    matches = [] if labels.startswith("set:") else _matches(library, labels)
    tables: list[ClassTable] = []
    for system in systems:
        analyses = (analysis_by(library, m, system) for m in matches)
        tables.append(next((a.classes for a in analyses if a is not None), load_classes()))
    return joined(tables)


def compared(library: Library, sets: PredictionSets, labels: str, system: str, classes: Sequence[str]) -> Compared:
    """Truth and one system's spots, game by game; games without spots are left out and recorded.

    Errors:
        BadInputError: no game has both, or an imported file cannot be read any more.
    """
    if labels.startswith("set:"):
        return _imported_both(library, _set(sets, labels), _set(sets, system), classes)
    comparison = Compared([], [])
    for match in _matches(library, labels):
        analysis = analysis_by(library, match, system)
        if analysis is not None and (why := trained_on(str(match.path), analysis.record.model)):
            comparison.record.skip(match.title, why)
            continue
        predictions = _predictions(library, sets, match, system, classes)
        if predictions is None:
            comparison.record.skip(match.title, "it has no spots of this system")
            continue
        truth = SpotColumns.of_spots(library.truth(match), classes)
        comparison.games.append(GameColumns(match.id, truth, predictions))
        comparison.matches.append(match)
        comparison.record.counted.append(match.title)
    if not comparison.games:
        if known := [left for left in comparison.record.skipped if TRAINED in left.why]:
            raise BadInputError(
                f"this system is measured on none of these matches: {known[0].why}",
                fix="Measure it on others, or a model that has not learned from them",
            )
        raise BadInputError(
            "this system has spotted none of these matches",
            fix="Analyse one with its model, or check the folder names of the imported zip",
        )
    return comparison


def _set(sets: PredictionSets, key: str) -> ImportedSet:
    one = sets.get(key.removeprefix("set:")) if key.startswith("set:") else None
    if one is None:
        raise BadInputError("imported labels can only be compared with imported predictions", fix="Import them first")
    return one


def _imported_both(library: Library, labels: ImportedSet, system: ImportedSet, classes: Sequence[str]) -> Compared:
    record = Record()
    games = read_spotting_games(labels.file, system.file, classes, record)
    by_name = {game_name(m): m for m in library.matches()}
    return Compared(games, [by_name.get(g.name.rsplit("/", 1)[-1]) for g in games], record)


def _predictions(
    library: Library, sets: PredictionSets, match: Match, system: str, classes: Sequence[str]
) -> SpotColumns | None:
    if system.startswith("set:"):
        return columns_of(_set(sets, system), match, classes)
    analysis = analysis_by(library, match, system)
    if analysis is None:
        return None
    return SpotColumns.of_spots(analysis.spots(Spotting(threshold=LEAST)), classes)


def analysis_by(library: Library, match: Match, system: str, task: str = SPOTTING.name) -> Analysis | None:
    """The analysis of a match for a task by the model of a key, of ``model_names``."""
    identities = ((a, a.record.identity) for a in library.analyses(match, task))
    return next((a for a, i in identities if system in (f"model:{i.key}", f"model:{i.of_any_match.key}")), None)


def state_of(library: Library, sets: PredictionSets) -> str:
    """Something that changes when any label, analysis or imported set does."""
    parts: list[object] = [(s.id, s.name) for s in sets.all()]
    for match in library.matches():
        stamps = [(a.folder / "analysis.json").stat().st_mtime_ns for a in library.analyses(match)]
        truth = tuple(library.truth(match)) if _has_truth(library, match) else ()
        parts.append((match.id, stamps, hash(truth)))
    return str(hash(str(parts)))
