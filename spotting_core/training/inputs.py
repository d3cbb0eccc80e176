"""What a run reads: entities found by the entity model, and feature sets, reduced where it asks for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.entities.finder import load_finder
from spotting_core.entities.published_files import EntityFiles
from spotting_core.features.extractor import has_own_weights
from spotting_core.features.files import set_of_files
from spotting_core.features.half import FeatureReader
from spotting_core.features.layer_sets import LAYER_SETS
from spotting_core.features.reduction import Reduction, fit_reduction, reduction_file
from spotting_core.features.sets import OF_FIXED_RATE, FeatureSet, feature_set
from spotting_core.inference.analyse import keep_layer_features
from spotting_core.media.source import open_match
from spotting_core.models.card import CARD_FILE, read_card
from spotting_core.models.inputs import Inputs
from spotting_core.samples.labelled import all_games, labelled_matches
from spotting_core.samples.reader import SampleReader, entity_files
from spotting_core.tasks.task import AnyLayerTask
from spotting_core.training.checkpoint import RunFolder
from spotting_core.training.start import existing_earlier_folder
from spotting_core.training.trainer import TrainingConfig

_TEACHER = "teacher"  # in the folder of a run


@dataclass(frozen=True)
class InputConfig(TrainingConfig):
    """What a configuration says of inputs; what its system does not read is left alone.

    Arguments:
        features: names of the sets, in the order in which the model reads them: SoccerNet's, those made here, a model
            folder, a timm backbone, or what the files ``1_NAME.npy`` beside the training matches are named.
        weights: of the timm backbones among them, by name: their files.
        reduction: principal components that each set is reduced to, fitted on the training data; 0 for none.
        teacher: names of the sets that a stage of training learns to give; teacher_reduction: principal components
            that each of them is reduced to, fitted on the training data; 0 for none.
        entity_model, prompts: what finds the entities.
        matches: at most so many of each training split, the first ones; 0 for all.
    """

    features: tuple[str, ...] = ("environment",)
    weights: dict[str, str] = field(default_factory=dict)
    reduction: int = 0
    teacher: tuple[str, ...] = ()
    teacher_reduction: int = 0
    entity_model: str = "entities"
    prompts: str = "football"
    matches: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.weights, dict) or not all(isinstance(v, str) for v in self.weights.values()):
            raise ValueError(f"weights must be files by the names of backbones, not {self.weights!r}")
        for name in self.weights:
            if name not in (*self.features, *self.teacher):
                raise ValueError(f"weights are given of {name!r}, which is not among the features")


def feature_reader(config: InputConfig, root: Path, run: Path, data: DataDirectory, device: str) -> FeatureReader:
    """What reads the features; reductions are fitted on the training data once, and kept with the run.

    Before a run's first checkpoint they are fitted anew: what lies there may be of other settings.

    Errors:
        BadInputError: features that are not there or do not fit, or a reduction that is gone.
    """
    if not config.features:
        what = f"{getattr(config, 'system', 'this system')} reads features, and the configuration names no set"
        raise BadInputError(what, fix='Name one, as features = ["efficientnet-lite0"]')
    return _reader(config, config.features, config.reduction, root, run, data, device)


def teacher_reader(config: InputConfig, root: Path, run: Path, data: DataDirectory, device: str) -> FeatureReader:
    """The same for what a stage of training learns to give.

    Errors:
        BadInputError: see ``feature_reader``.
    """
    return _reader(config, config.teacher, config.teacher_reduction, root, run, data, device, folder=_TEACHER)


def teacher_sets(config: InputConfig, root: Path) -> list[FeatureSet]:
    """What a stage of training learns to give, as it is before any reduction.

    Errors:
        BadInputError: there is no such set.
    """
    return [_set_of(name, config, root) for name in config.teacher]


def _reader(
    config: InputConfig,
    names: Sequence[str],
    dim: int,
    root: Path,
    run: Path,
    data: DataDirectory,
    device: str,
    *,
    folder: str = "",
) -> FeatureReader:
    """What reads some sets; folder: of their reductions, in that of the run."""
    sets = [_set_of(name, config, root) for name in names]
    if not dim:
        return FeatureReader(sets, config.rate, device=device)
    reductions: dict[str, Reduction] = {}
    begun = RunFolder(run).load(config.fingerprint()) is not None
    for kind in sets:
        path = run / folder / reduction_file(kind.name)
        if begun and not path.is_file():
            raise BadInputError(
                "this run has a checkpoint, but not the reduction it was trained with",
                where=path,
                fix="Copy it beside the checkpoint, or delete the run to start again",
            )
        if not begun:
            path.parent.mkdir(parents=True, exist_ok=True)
            _fitted(kind, dim, config, root, data, device).save(path)
        reductions[kind.name] = Reduction.load(path)
    reduced = [replace(s, dim=reductions[s.name].dim) for s in sets]
    return FeatureReader(reduced, config.rate, reductions, device)


def keep_layer_sets(
    config: InputConfig,
    root: Path,
    splits: Sequence[Path],
    task: AnyLayerTask | None,
    data: DataDirectory,
    device: str,
    *,
    most: int = 0,
) -> None:
    """Have what is read off the layers of the bundled model, of the matches of some splits that have videos.

    Arguments:
        task: whose labels a match needs; None where it needs none.
        most: of each split, the first ones; 0 for all.

    Errors:
        BadInputError: a match that cannot be analysed.
    """
    named = [name for name in (*config.features, *config.teacher) if name in LAYER_SETS]
    sets = [_set_of(name, config, root) for name in named]
    games = task.labelled_games if task is not None and not config.reduction else all_games
    for game in (game for split in splits if sets for game in games(split)[: most or None]):
        try:
            source = open_match(game)
        except TouchlineError:  # its features lie in files, or its reader says what is missing
            continue
        keep_layer_features(source, sets, data, device)


def _fitted(kind: FeatureSet, dim: int, config: InputConfig, root: Path, data: DataDirectory, device: str) -> Reduction:
    plain = SampleReader(Inputs(features=kind.dim), kind.rate, features=FeatureReader([kind], kind.rate, device=device))
    folders = [root / s for s in config.data]
    matches = labelled_matches(folders, plain, data, None, most=config.matches)
    halves = [half.samples.features for match in matches for half in match.halves]
    return fit_reduction((half.parts[0].values for half in halves if half is not None), dim)


def _set_of(name: str, config: InputConfig, root: Path) -> FeatureSet:
    weights = config.weights.get(name, "")
    if name not in OF_FIXED_RATE and not weights and not has_own_weights(name):
        filed = set_of_files([root / split for split in config.data], name, config.rate)
        if filed is not None:
            return filed
    return feature_set(name, config.rate, weights)


def sample_reader(
    inputs: Inputs, config: InputConfig, features: FeatureReader | None, teacher: FeatureReader | None, device: str
) -> SampleReader:
    """What reads the samples of a run's matches."""
    files = _files_of_start(config) if inputs.entities else None
    finder = None
    if inputs.entities and files is None:
        finder = load_finder(config.entity_model, prompts=config.prompts, device=device)
    return SampleReader(inputs, config.rate, finder, features, teacher, files)


def _files_of_start(config: InputConfig) -> EntityFiles | None:
    """The files of entities that the model which a run starts from reads, if it reads such files.

    Errors:
        BadInputError: there is no such model.
    """
    name = getattr(config, "start_from", "")
    if not name:
        return None
    start = existing_earlier_folder(name)
    return entity_files(read_card(start)) if (start / CARD_FILE).is_file() else None


def check_root(root: Path) -> None:
    """Refuse what is no folder in which splits could lie.

    Errors:
        BadInputError: see above.
    """
    if not root.is_dir():
        what = "this is a file, not a folder of splits" if root.exists() else "there is no such folder"
        raise BadInputError(what, where=root, fix="Name with --data the folder that holds the splits")


def existing_splits(root: Path, splits: Sequence[str], task: AnyLayerTask | None) -> list[Path]:
    """Folders of some splits, each with a match: a mistyped one is told before anything takes time.

    Arguments:
        task: whose labels a match needs; None where it needs none.

    Errors:
        BadInputError: no such match lies in one.
    """
    folders = [root / split for split in splits]
    for folder in folders:
        (task.labelled_games if task else all_games)(folder)
    return folders
