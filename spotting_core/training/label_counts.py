"""What a run learns from, counted before it begins: matches and labels that are used, and those that are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError
from spotting_core.data_sets.data_set import DataSet
from spotting_core.domain.class_names import check_some_known, unknown_names
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.findings import Finding
from spotting_core.domain.repeats import repeat_count, repeats_clause
from spotting_core.samples.labelled import all_games
from spotting_core.tasks.task import AnyLayerTask

_NAMED = 3  # matches that are named
_CLASSES_NAMED = 6


def label_counts(folders: Iterable[Path], task: AnyLayerTask, table: ClassTable, *, most: int = 0) -> list[str]:
    """Sentences about the labels of some splits: how many are used, and which are left out for what reason.

    Arguments:
        most: matches of each split, the first ones; 0 for all.

    Errors:
        BadInputError: no match has labels, one cannot be read, a split has no label, or not one of a known class.
    """
    return [sentence for folder in folders for sentence in _of_split(folder, task, table, most)]


def class_counts(truth: Iterable[Finding], task: AnyLayerTask, table: ClassTable) -> dict[str, int]:
    """How many labels each class of a table is learned from, also those of which there is none, in its order."""
    counts = Counter(task.class_name(finding) for finding in truth)
    return {name: counts[name] for name in table.names}


def unlabelled_classes(data_set: DataSet, classes: Iterable[str]) -> list[str]:
    """Those of some classes of which a data set has no label: what was watched counts as without them."""
    labelled = {spot.label for match in data_set.matches for spot in match.spots}
    return [name for name in classes if name not in labelled]


def check_labelled(data_set: DataSet, classes: Sequence[str]) -> None:
    """Refuse a data set without a label of any class of a model: all that was watched would count as empty.

    Errors:
        BadInputError: see above.
    """
    if len(unlabelled_classes(data_set, classes)) == len(classes):
        what = (
            f"none of the labels of the data set {data_set.name!r} is of a class of this model "
            f"({named_classes(classes)})"
        )
        own = named_classes(list(data_set.counts())) or "no class"
        raise BadInputError(
            what, fix=f"Choose a model of the classes that are labelled there ({own}), or label some of its"
        )


def named_classes(names: Sequence[str]) -> str:
    """``Goal, Foul``; of many the first ones, and how many more there are."""
    more = len(names) - _CLASSES_NAMED
    return ", ".join(names[:_CLASSES_NAMED]) + (f" and {more} more" if more > 0 else "")


def _of_split(folder: Path, task: AnyLayerTask, table: ClassTable, most: int) -> list[str]:
    games = task.labelled_games(folder)
    taken = games[: most or None]
    truths = [list(task.read_truth(game)) for game in taken]
    classes = [task.class_name(finding) for truth in truths for finding in truth]
    labels = Counter(name for name in classes if name)  # what is of no class, as a replay, is learned all the same
    unknown = {label: count for label, count in labels.items() if label not in table}
    used = len(classes) - sum(unknown.values())
    check_some_known(labels, table.names, "label", folder)
    if not classes:
        what = f"no label is in the {task.label_file} of {count_of(len(taken), 'match')}"
        raise BadInputError(what, where=folder, fix="Check that they are of this task")
    sentences = [f"{folder.name}: {count_of(len(taken), 'match')}, {count_of(used, 'label')}"]
    sentences += [f"{folder.name}: left out {clause}" for clause in unknown_names(unknown, table.names, "label")]
    repeats = sum(map(repeat_count, truths))
    if repeats:
        sentences.append(f"{folder.name}: {repeats_clause(repeats, 'label', of_teams=False)}")
    if len(games) > len(taken):
        left = count_of(len(games) - len(taken), "match")
        sentences.append(f"{folder.name}: left out {left} beyond the {most} that the configuration takes")
    unlabelled = unlabelled_games(folder, task)
    if unlabelled:
        names = ", ".join(game.name for game in unlabelled[:_NAMED]) + (", …" if len(unlabelled) > _NAMED else "")
        left = count_of(len(unlabelled), "match")
        sentences.append(f"{folder.name}: left out {left} without {task.label_file}: {names}")
    return sentences


def unlabelled_games(folder: Path, task: AnyLayerTask) -> list[Path]:
    """The matches of a split that have no labels of a task, in order of their names.

    Errors:
        BadInputError: no match has labels.
    """
    labelled = set(task.labelled_games(folder))
    try:
        return sorted(set(all_games(folder)) - labelled, key=str)
    except BadInputError:  # what is read of its matches is made of other files
        return []
