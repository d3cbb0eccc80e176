"""``touchline train``: a configuration in, a model folder out.

The model folder is complete: weights, card with measured scores, and whatever loading it checks.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from spotting_core.base.counts import count_of
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, replacing, write_json
from spotting_core.computing.processes import Processes
from spotting_core.data_sets.data_set import DataSets
from spotting_core.data_sets.folder import write_folder
from spotting_core.domain.classes import keep_classes, load_classes
from spotting_core.domain.findings import Finding
from spotting_core.entities.captions import words_taught
from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.measure import measure_entities
from spotting_core.entities.retrieval import measure_retrieval
from spotting_core.entities.truth import games_with_boxes
from spotting_core.evaluation.official_splits import SPLITS
from spotting_core.features.reduction import reduction_file
from spotting_core.features.sets import input_of
from spotting_core.media.source import is_rendered
from spotting_core.models.card import BROADCAST, CARD_FILE, FORMAT, SIMULATED, Card, CardInput, read_card, write_card
from spotting_core.models.identity import VISION_MODEL
from spotting_core.models.load import LoadedModel, load_model, save_model
from spotting_core.models.registry import SystemConfig, system
from spotting_core.samples.labelled import all_games, has_videos, labelled_matches
from spotting_core.samples.reader import model_reader
from spotting_core.store.database import open_database
from spotting_core.tasks.calibration import CALIBRATION
from spotting_core.tasks.registry import layer_task
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import AnyLayerTask, Judged
from spotting_core.training.calibration import PITCH_LINES, CalibrationTrainer, CalibrationTrainingConfig
from spotting_core.training.checkpoint import RunFolder
from spotting_core.training.config import as_config, read_config
from spotting_core.training.entities import EntityTrainer, EntityTrainingConfig
from spotting_core.training.few_labels import few_labels
from spotting_core.training.inputs import check_root
from spotting_core.training.label_counts import class_counts, label_counts
from spotting_core.training.measure import compared, judged_games
from spotting_core.training.own_look import with_own_look
from spotting_core.training.rescoring import RescoringConfig, RescoringTrainer
from spotting_core.training.split_lists import with_split_lists
from spotting_core.training.start import earlier_folder
from spotting_core.training.system import SystemTrainer, judge_matches
from spotting_core.training.system_config import LOSS, SystemTrainingConfig
from spotting_core.training.trainer import TrainingProgress
from spotting_core.training.training_set import TrainingSet

ENTITIES, RESCORING = "entities", "rescoring"
_MATCHES = "matches.json"  # in a run's folder: what it learns from
DATA_SET_FILE = "data_set.json"
"""In a run's folder: which data set it learns from."""
_AnyTrainer = SystemTrainer | EntityTrainer | RescoringTrainer | CalibrationTrainer
_NO_SPLIT = "There is no {split} split in {root}: the card has no scores"
_LICENCES = {SIMULATED: "Apache-2.0", BROADCAST: "that of the matches it was trained on"}


@dataclass(frozen=True)
class TrainingOrder:
    """What was asked for.

    Arguments:
        config: the configuration file; root: where the splits lie; run: folder of checkpoints and log.
        out: model folder to write; compare: another model folder whose scores go on the card, or None.
        measured: whether the model is measured; a stage that another one goes on from need not be.
        report_split: the split on which it is measured.
        data_set: name of a data set whose matches are learned from beside those of the splits, or None.
        settings: over those of the configuration; the card tells them.
    """

    config: Path
    root: Path | None
    run: Path
    out: Path
    device: str = "cpu"
    compare: Path | None = None
    measured: bool = True
    report_split: str = "test"
    data_set: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def splits(self) -> Path:
        """Where the splits lie.

        Errors:
            BadInputError: nobody says.
        """
        if self.root is None:
            raise BadInputError("there is nothing to learn from", fix="Give a folder with --data, or a --data-set")
        return self.root


def train(
    order: TrainingOrder,
    data: DataDirectory,
    *,
    report: TrainingProgress | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train (or go on with) a run, measure it on the test split, and write its model folder.

    Of several processes that torchrun started, the first reports and writes.

    Errors:
        BadInputError: a configuration or data folder that cannot be used; CancelledError: ``report``.
    """
    name, settings = read_config(order.config)
    settings |= order.settings
    notice("Reading the matches")
    if order.compare is not None:
        read_card(order.compare)  # is refused before anything takes time
    processes = Processes.of_environment(order.device)
    _check_alone(processes, name, order)
    if order.data_set is not None:
        _check_learns_spots(name)
        settings = {"choose_by": LOSS, **settings}  # in what is watched of a match there is little to measure by
        order = with_data_set(order, order.data_set, data)
    if name == ENTITIES:
        config = as_config(EntityTrainingConfig, settings, order.config)
        order = _with_split_lists(order, config.data)
        _check_measured(order, games_with_boxes, notice)
        entity_trainer = EntityTrainer(config, order.splits, order.run, data, order.device)
        notice(_begin(entity_trainer))
        entity_trainer.train(report)
        return _finish_entities(entity_trainer, order, notice)
    if name == RESCORING:
        judges = as_config(RescoringConfig, settings, order.config)
        order = _with_split_lists(order, judges.data)
        _check_measured(order, games_with_boxes, notice)
        notice("Looking at the pictures for what is proposed, where that is not stored")
        rescoring_trainer = RescoringTrainer(judges, order.splits, order.run, data, order.device)
        notice(_begin(rescoring_trainer))
        rescoring_trainer.train(report)
        return _finish_rescoring(rescoring_trainer, order, notice)
    if name == PITCH_LINES:
        own = as_config(CalibrationTrainingConfig, settings, order.config)
        order = _with_split_lists(order, (*own.data, *own.validation))
        _check_measured(order, CALIBRATION.labelled_games, notice)
        calibration_trainer = CalibrationTrainer(own, order.splits, order.run, data, order.device)
        notice(_begin(calibration_trainer))
        calibration_trainer.train(report)
        return _finish_calibration(calibration_trainer, order, data, notice)
    system_config = as_config(SystemTrainingConfig, {"system": name, **settings}, order.config)
    order = _with_split_lists(order, (*system_config.data, *system_config.validation))
    for sentence in _labels_of(system_config, order):
        notice(sentence)
    with processes.first_alone(), _configuration_named(order.config):
        _check_same_matches(order, system_config)
        device = processes.device(order.device)
        training_set = TrainingSet(system_config, order.splits, order.run, data, device)
        trainer = SystemTrainer(system_config, training_set, order.run, device, processes=processes)
    if sentence := few_labels(_learned_labels(trainer)):
        notice(sentence)
    notice(_begin(trainer))
    trainer.train(report)
    return _finish(trainer, order, data, notice) if processes.first else order.out


@contextmanager
def _configuration_named(path: Path) -> Iterator[None]:
    """Settings that are refused say in which file they are, where nothing nearer is named."""
    try:
        yield
    except BadInputError as error:
        if error.where is not None:
            raise
        raise BadInputError(error.what, where=path, fix=error.fix) from error


def _with_split_lists(order: TrainingOrder, splits: Iterable[str]) -> TrainingOrder:
    """The order with splits that are lists as folders of links, in the run's folder.

    Errors:
        BadInputError: a list that cannot be used, or no folder of splits.
    """
    check_root(order.splits)
    named = (*splits, order.report_split)
    root = order.splits.resolve()
    return replace(order, root=with_split_lists(root, named, order.run / "splits"))


def _check_same_matches(order: TrainingOrder, config: SystemTrainingConfig) -> None:
    """Refuse to go on with a run on other matches than it has learned from: its card would name the wrong ones.

    Errors:
        BadInputError: see above; names a match that only one of both has.
    """
    path, run = order.run / _MATCHES, RunFolder(order.run)
    names = [f"{s}/{game.name}" for s in config.data for game in all_games(order.splits / s)[: config.matches or None]]
    if not run.checkpoint.is_file():
        write_json(path, names)
    elif path.is_file() and (before := read_json(path, "list of a run's matches")) != names:
        others = sorted(set(map(str, before if isinstance(before, list) else [])) ^ set(names))
        raise BadInputError(
            f"this run has learned from other matches ({others[0] if others else 'in another order'})",
            where=order.run,
            fix="Give the matches that it began with, another --run folder, or delete this one to start over",
        )


def _check_alone(processes: Processes, name: str, order: TrainingOrder) -> None:
    """Refuse several processes where each would do the whole work.

    Errors:
        BadInputError: see above.
    """
    if processes.count > 1 and (name in (ENTITIES, RESCORING, PITCH_LINES) or order.data_set is not None):
        what = "on a data set" if order.data_set is not None else name
        raise BadInputError(
            f"{processes.count} processes cannot train {what} together", fix="Start it without torchrun"
        )


def _check_measured(order: TrainingOrder, games: Callable[[Path], list[Path]], notice: Callable[[str], None]) -> None:
    """Say before hours are spent on what the model will be measured.

    Arguments:
        games: matches of a folder that have the truth; refuses one without any.

    Errors:
        BadInputError: the split is there and has no truth.
    """
    split = order.splits / order.report_split
    if order.measured and split.is_dir():
        notice(f"{split.name}: {count_of(len(games(split)), 'match')} to measure the model on")
    elif order.measured:
        notice(_NO_SPLIT.format(split=split.name, root=split.parent))


def with_data_set(order: TrainingOrder, name: str, data: DataDirectory) -> TrainingOrder:
    """The order with the matches of a data set, beside those of its splits; they lie in the run's folder, as links.

    Errors:
        BadInputError: there is no such data set, its matches are gone or have changed, too little is in it, or the run
            has begun with another one.
    """
    data_set = DataSets(data).get(name)
    own, path = {"id": data_set.id, "name": data_set.name}, order.run / DATA_SET_FILE
    if path.is_file() and (before := read_json(path, "note of the data set")) != own:
        raise BadInputError(
            f"this run learns from the data set {before.get('name')!r}",
            where=order.run,
            fix="Give another --run folder, or delete this one to start over",
        )
    folder = order.run / "data_set"
    shutil.rmtree(folder, ignore_errors=True)
    write_folder(data_set, folder, open_database(data), data, beside=order.root)
    write_json(path, own)
    return replace(order, root=folder)


def _labels_of(config: SystemTrainingConfig, order: TrainingOrder) -> list[str]:
    """What the labels of a run's splits are, also of the one on which it is measured, where its stage learns from any.

    Errors:
        BadInputError: a split has none that can be used: nobody trains for hours before hearing of it.
    """
    root = order.splits
    kind = system(config.system)
    if config.stage and (config.stage not in kind.stages or not kind.stages[config.stage].labelled):
        return []
    task = layer_task(kind.task)
    table = load_classes(config.classes or task.class_table)
    sentences = label_counts((root / split for split in config.data), task, table, most=config.matches)
    measured = [order.report_split] if order.measured and (root / order.report_split).is_dir() else []
    others = (root / split for split in dict.fromkeys([*config.validation, *measured]))
    return [*sentences, *label_counts(others, task, table)]


def _check_learns_spots(name: str) -> None:
    """Refuse a data set for what does not learn from spots.

    Errors:
        BadInputError: see above.
    """
    if name in (ENTITIES, RESCORING, PITCH_LINES) or system(name).task != SPOTTING.name:
        raise BadInputError(f"a data set holds spots, from which {name} does not learn", fix="Leave --data-set out")


def _learned_labels(trainer: SystemTrainer) -> dict[str, int]:
    """How many labels each class is learned from; nothing where a stage learns from none, or labels are of no class."""
    truth = [finding for match in trainer.matches for half in match.halves for finding, _ in half.known]
    counts = class_counts(truth, trainer.task, trainer.table)
    return counts if any(counts.values()) else {}


def _begin(trainer: _AnyTrainer) -> str:
    at = f"Going on from step {trainer.step} of {trainer.config.steps}"
    return at if trainer.step else "Training"


def _command(order: TrainingOrder) -> str:
    own = f' --data-set "{order.data_set}"' if order.data_set is not None else ""
    return f"touchline train {order.config.name} --data DIR{own}"


def _training_facts(trainer: _AnyTrainer, order: TrainingOrder) -> dict[str, Any]:
    """How the weights came about; ``earlier`` holds the same of the stage they started from, where it has a card.

    Games of SoccerNet that the earlier weights were trained on are known to these as well.
    """
    facts: dict[str, Any] = {
        "data": f"{order.splits.resolve().name}: {', '.join(trainer.config.data)}",
        "seed": trainer.config.seed,
        "steps": trainer.step,
        "commit": _commit(),
        "command": _command(order),
        "hours": round(trainer.seconds / 3600, 2),
        "device": " and ".join(trainer.devices),
    }
    if isinstance(trainer, SystemTrainer):
        facts["stage"] = trainer.config.stage or trainer.system.task
        if labels := _learned_labels(trainer):
            facts["labels"] = labels
        if teacher := trainer.config.teacher:
            facts["teacher"] = {"features": list(teacher), "components": trainer.config.teacher_reduction}
    if order.settings:
        facts["settings"] = dict(order.settings)
    if order.data_set is not None:
        facts["data_set"] = read_json(order.run / DATA_SET_FILE, "note of the data set")
    folder = earlier_folder(getattr(trainer.config, "start_from", ""))
    if folder is not None and (folder / CARD_FILE).is_file():
        facts["earlier"] = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))["training"]
        if SPLITS in facts["earlier"]:
            facts[SPLITS] = facts["earlier"][SPLITS]
    return facts


def _domain(trainer: _AnyTrainer, order: TrainingOrder) -> str:
    """What the pictures of the training matches are, as their folders say."""
    games = [game for split in trainer.config.data for game in all_games(order.splits / split)]
    return SIMULATED if all(map(is_rendered, games)) else BROADCAST


def _commit() -> str | None:
    """Commit of the code, where it is a checkout."""
    place = Path(__file__).resolve().parent
    try:
        process = subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"], cwd=place, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return process.stdout.strip() or None


def _finish_entities(trainer: EntityTrainer, order: TrainingOrder, notice: Callable[[str], None]) -> Path:
    trainer.write(order.out)
    card: dict[str, Any] = {
        "format": FORMAT,
        "name": "Touchline entities",
        "kind": "vision-language model (open_clip)",
        "what": "A small CLIP model with a stride-4 pyramid, trained contrastively on named regions of rendered "
        "football matches with captions composed from truth. It knows these entities and plain words for kit "
        "colours, roles, places, cameras and cards, in rendered pictures; nothing else.",
        "image_tower": "RegNetY-002 with a feature pyramid",
        "text_tower": f"transformer, {trainer.config.text_layers} layers of {trainer.config.text_width}",
        "embed_dim": trainer.config.embed_dim,
        "prompts": trainer.config.prompts,
        "training": _training_facts(trainer, order),
        "scores": {},
        "words": words_taught(),
        "domain": SIMULATED,
        "licence": _LICENCES[SIMULATED],
    }
    if order.measured and (order.splits / order.report_split).is_dir():
        notice(f"Measuring on the {order.report_split} split")
        finder = EntityFinder.load(order.out, prompts=trainer.config.prompts, device=order.device)
        card["scores"] = entity_scores(finder, order.splits / order.report_split)
    write_json(order.out / "card.json", card)
    return order.out


def _finish_rescoring(trainer: RescoringTrainer, order: TrainingOrder, notice: Callable[[str], None]) -> Path:
    """Write the judges beside the model whose proposals they judge, whose card tells of them and is measured again."""
    trainer.write(order.out)
    path = order.out / CARD_FILE
    card = {**read_json(path, "model card"), "rescoring": _training_facts(trainer, order), "scores": {}}
    if order.measured and (order.splits / order.report_split).is_dir():
        notice(f"Measuring on the {order.report_split} split")
        finder = EntityFinder.load(order.out, prompts=trainer.config.prompts, device=order.device)
        card["scores"] = entity_scores(finder, order.splits / order.report_split)
    write_json(path, card)
    return order.out


def entity_scores(finder: EntityFinder, split: Path) -> dict[str, Any]:
    """What the card of an entity model tells: regions against true boxes, and retrieval by held-out phrases."""
    return {
        "split": split.name,
        "entities": measure_entities(split, finder.doubting(), prompts=finder.prompts),
        "retrieval": measure_retrieval(split, finder.model),
    }


def _finish(trainer: SystemTrainer, order: TrainingOrder, data: DataDirectory, notice: Callable[[str], None]) -> Path:
    """Write the model that validated best with all that it needs, and measure it."""
    config = trainer.model_config
    sets = trainer.reader.features.sets if trainer.reader.features else ()
    if trainer.reader.features is not None:
        for name, reduction in trainer.reader.features.reductions.items():
            reduction.save(order.out / reduction_file(name))
    for weights in {kind.extractor.weights for kind in sets if kind.extractor and kind.extractor.weights}:
        with replacing(order.out / Path(weights).name) as part:  # whoever uses the model needs them as well
            shutil.copyfile(weights, part)
    card = _card(
        trainer,
        order,
        config,
        input_of(sets, config.rate, trainer.inputs.pictures, trainer.inputs.normalisation),
        _entities_of(trainer),
    )
    keep_classes(order.out, trainer.table)
    save_model(order.out, trainer.trained, card)
    if not (trainer.stage.labelled and order.measured):
        return order.out
    splits = ", ".join((*trainer.config.data, *trainer.config.validation))
    card = with_own_look(order.out, [*trainer.matches, *trainer.validation], splits, notice)
    return _measured(card, order, data, notice)


def _finish_calibration(
    trainer: CalibrationTrainer, order: TrainingOrder, data: DataDirectory, notice: Callable[[str], None]
) -> Path:
    notice("Learning by what the errors of calibrations can be told")
    config = trainer.with_error_weights()
    card = _card(trainer, order, config, input_of((), config.rate, trainer.system.inputs(config).pictures), None)
    keep_classes(order.out, trainer.table)
    save_model(order.out, trainer.trained, card)
    return _measured(card, order, data, notice)


def _card(
    trainer: SystemTrainer | CalibrationTrainer,
    order: TrainingOrder,
    config: SystemConfig,
    read: CardInput,
    entities: dict[str, Any] | None,
) -> Card:
    """The card of a model that was not measured yet."""
    domain = _domain(trainer, order)
    return Card(
        name=f"Touchline {trainer.system.name}",
        system=trainer.system.name,
        paper=trainer.system.paper,
        config=asdict(config),
        class_table=trainer.table.name,
        classes=config.classes,
        input=read,
        window=config.window,
        entities=entities,
        training=_training_facts(trainer, order),
        scores={},
        domain=domain,
        licence=_LICENCES[domain],
        task=trainer.system.task,
    )


def _measured(card: Card, order: TrainingOrder, data: DataDirectory, notice: Callable[[str], None]) -> Path:
    """Put the scores on the test split on the card, where that was asked for and there is one."""
    split = order.splits / order.report_split
    if not order.measured:
        return order.out
    if not split.is_dir():
        notice(_NO_SPLIT.format(split=order.report_split, root=order.splits))
        return order.out
    notice(f"Measuring on the {order.report_split} split")
    model = load_model(order.out, order.device)
    task = layer_task(model.system.task)
    scores = task.card_scores(judged_split(model, split, data, task), card.classes, order.report_split)
    if order.compare is not None:
        other = read_card(order.compare)
        scores["compared"] = compared(scores, other.scores, other.name)
    write_card(order.out, replace(card, scores=scores))
    return order.out


def judged_split(model: LoadedModel, split: Path, data: DataDirectory, task: AnyLayerTask) -> list[Judged[Finding]]:
    """Findings of a split's matches: by analysing them, or of features alone where a half has no video of use."""
    if model.inputs.pictures is None and not all(has_videos(game, task) for game in task.labelled_games(split)):
        matches = labelled_matches([split], model_reader(model), data, task, parts=model.classes.parts)
        return judge_matches(model.judge, matches, model.classes, task)
    return judged_games(model, split, data, task)


def _entities_of(trainer: SystemTrainer) -> dict[str, Any] | None:
    finder, files = trainer.reader.finder, trainer.reader.entity_files
    if files is not None:
        return dict(files.described)
    if finder is None:
        return None
    return {
        "model": trainer.config.entity_model,
        "sha256": finder.sha256,
        VISION_MODEL: finder.vision_model,
        "prompts": trainer.config.prompts,
        "names": list(finder.prompts.names),
    }
