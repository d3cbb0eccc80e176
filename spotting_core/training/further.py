"""Training a model further on a data set, on what its analyses hold: pictures are looked at again on request alone.

Of a model that looks at pictures its environment stays as it is; what joins entities, and what connects the samples,
goes on learning from the features and entities that its analysis of each match holds. Where everything is to learn, the
pictures are read again, and all of it goes on but the first stages of its trunk, which look for edges and colours. Of a
model that reads feature sets all of it goes on.

What comes out is a model of its own, beside the one that it comes from, with a comparison of both on the minutes that
are held out (``data_sets.roles``).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from spotting_core.analyses.analysis import Analysis, HalfAnalysis
from spotting_core.analyses.layers import Layers
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_json
from spotting_core.data_sets.data_set import DataSet, DataSetMatch
from spotting_core.data_sets.folder import located
from spotting_core.data_sets.roles import CHOOSE, HELD_OUT, LEARN, check_roles, stretches_of
from spotting_core.domain.findings import Finding
from spotting_core.domain.spots import Spot
from spotting_core.domain.stretches import Stretch
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.intervals import (
    FEW_UNITS,
    Draws,
    Interval,
    class_difference,
    is_of_minutes,
    mean_difference,
    paired_draws,
    units_of_truth,
)
from spotting_core.evaluation.official_splits import SPLITS
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.inference.look import LOOK
from spotting_core.media.ingest import ingest
from spotting_core.media.source import MatchSource
from spotting_core.models.card import companion_files
from spotting_core.models.known import remember
from spotting_core.models.load import LoadedModel, load_model, save_model
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.labelled import LabelledHalf, LabelledMatch, sampled_in
from spotting_core.samples.reader import SampleReader, model_reader
from spotting_core.store.database import Database
from spotting_core.tasks.spotting import LOOSE, SPOTTING, TIGHT
from spotting_core.tasks.task import Judged
from spotting_core.training.clips import ACTIONS, GRID
from spotting_core.training.comparison import (
    COMPARISON_FILE,
    MATCH,
    MINUTE,
    ClassComparison,
    Comparison,
    changed_moments,
)
from spotting_core.training.label_counts import check_labelled, class_counts
from spotting_core.training.own_look import with_own_look
from spotting_core.training.system import SystemTrainer, judge_matches
from spotting_core.training.system_config import LOSS, SystemTrainingConfig
from spotting_core.training.trainer import TrainingProgress
from spotting_core.training.training_set import TrainingSet

_STAGES_STAY = 2  # of a trunk, where everything else learns


@dataclass(frozen=True)
class FurtherOrder:
    """What was asked for.

    Arguments:
        model: folder of the one to go on from; run: folder of checkpoints; out: model folder to write, whose name
            is the new model's.
        everything: whether what looks at pictures learns too.
    """

    model: Path
    data_set: DataSet
    run: Path
    out: Path
    steps: int
    device: str = "cpu"
    seed: int = 1
    everything: bool = False

    def looks(self, model: LoadedModel) -> bool:
        """Whether the model's pictures are looked at again."""
        return self.everything and model.inputs.pictures is not None


def train_further(
    order: FurtherOrder,
    database: Database,
    data: DataDirectory,
    *,
    report: TrainingProgress | None = None,
    notice: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Train (or go on with) a run, write its model folder and make the model known, and compare it with the one before.

    Errors:
        BadInputError: too little in the data set, no label of a class of the model, matches that are gone or that the
            model has not analysed, or a model that cannot be trained so; CancelledError: ``report``, and what was done
            is kept.
    """
    check_roles(order.data_set)
    model = load_model(order.model, order.device)
    looks = order.looks(model)
    _check(model, looks)
    check_labelled(order.data_set, model.classes.names)
    notice("Reading the matches")
    reader = _reader(model, looks)
    sources = located(order.data_set, database, data)
    known = [_match(m, s, model, reader, data, looks) for m, s in zip(order.data_set.matches, sources, strict=True)]
    learned, chosen, held_out = (_of_role(order.data_set, known, role) for role in (LEARN, CHOOSE, HELD_OUT))
    config = _config(order, model)
    trainer = SystemTrainer(
        config,
        TrainingSet.of_model(config, model, reader, list(learned.values()), list(chosen.values())),
        order.run,
        order.device,
    )
    trainer.train(report)
    notice("Comparing on what was held out")
    _write(order, model, trainer)
    if looks:
        with_own_look(order.out, list((learned | chosen).values()), order.data_set.name, notice)
    after = load_model(order.out, order.device)
    matches = [order.data_set.matches[number] for number in held_out]
    comparison = compared_on(model, after, list(held_out.values()), matches)
    write_json(order.out / COMPARISON_FILE, asdict(comparison))
    remember(order.out, after.sha256, data)
    return comparison


def _check(model: LoadedModel, looks: bool) -> None:
    """Refuse models that cannot be trained so.

    Arguments:
        looks: whether pictures are looked at again, not what analyses hold.

    Errors:
        BadInputError: see above.
    """
    if model.system.task != SPOTTING.name:
        raise BadInputError(f"{model.card.name} spots no actions", where=model.folder, fix="Choose another model")
    if model.inputs.pictures is not None and not looks and not isinstance(model.network, EnvironmentNetwork):
        what = f"{model.card.name} keeps nothing of the pictures that could be learned from"
        raise BadInputError(what, where=model.folder, fix="Train all of it, pictures too, or use touchline train")


def _reader(model: LoadedModel, looks: bool) -> SampleReader:
    """What reads the samples; of a model whose pictures are not looked at again they come from its analyses."""
    analysed = model.inputs.pictures is not None and not looks
    return SampleReader(model.inputs, model.config.rate) if analysed else model_reader(model)


# --- matches --------------------------------------------------------------------------------------------


def _match(
    match: DataSetMatch,
    source: MatchSource,
    model: LoadedModel,
    reader: SampleReader,
    data: DataDirectory,
    looks: bool,
) -> LabelledMatch:
    spots = [spot.spot for spot in match.spots]
    halves = []
    analysed = model.inputs.pictures is not None and not looks
    for samples in _analysed_halves(match, model, data) if analysed else _stored_halves(source, reader, data):
        own = [spot for spot in spots if spot.half == samples.half]
        halves.append(LabelledHalf(samples, own, [s.time for s in own], match.lengths[str(samples.half)]))
    return LabelledMatch(match.title, halves, spots)


def _stored_halves(source: MatchSource, reader: SampleReader, data: DataDirectory) -> list[HalfSamples]:
    """The samples of a match by its files; pictures are stored, and entities found, where they have not been.

    Errors:
        BadInputError: what is read is not there.
    """
    folder = source.path if source.path.is_dir() else None
    places = [(half.half, half.path, ingest(half.path, data)) for half in source.halves]
    return [reader.stored(half, path, media, data, folder) for half, path, media in places]


def _analysed_halves(match: DataSetMatch, model: LoadedModel, data: DataDirectory) -> list[HalfSamples]:
    """The samples of a match by the model's analysis of it.

    Errors:
        BadInputError: the model has not analysed it.
    """
    analysis = next(
        (layer for layer in Layers(data, match.source_hash).all(SPOTTING.name) if _is_of(layer, model)), None
    )
    if analysis is None:
        raise BadInputError(
            f"{model.card.name} has not analysed {match.title}",
            where=match.path,
            fix="Analyse it with this model first",
        )
    return [analysed_half(half, model) for half in analysis.halves]


def _is_of(layer: Analysis, model: LoadedModel) -> bool:
    identity = layer.record.identity
    return (identity.weights, identity.settings) == (model.sha256, model.settings) and layer.has("features")


def analysed_half(half: HalfAnalysis, model: LoadedModel) -> HalfSamples:
    """What an analysis holds of a half, as the model read it."""
    rate = float(model.config.rate)
    features = FeatureHalf(half.half, (FeaturePart(half.array("features"), rate),), rate)
    entities = half.entities if model.inputs.entities else None
    size = (half.record.width, half.record.height)
    return HalfSamples(half.half, half.times, rate, entities=entities, size=size, features=features)


def _of_role(data_set: DataSet, matches: Sequence[LabelledMatch], role: str) -> dict[int, LabelledMatch]:
    """What of a data set's matches has a role, by the number of the match; those without anything are left out."""
    kept = {}
    for number, (match, stretches) in enumerate(zip(matches, stretches_of(data_set, role), strict=True)):
        halves = [_watched(half, stretches) for half in match.halves]
        halves = [half for half in halves if half.watched is not None and half.watched.any()]
        if halves:
            kept[number] = replace(match, halves=halves)
    return kept


def _watched(half: LabelledHalf, stretches: Sequence[Stretch]) -> LabelledHalf:
    return replace(half, watched=sampled_in(half.samples, stretches))


# --- training -------------------------------------------------------------------------------------------


def _config(order: FurtherOrder, model: LoadedModel) -> SystemTrainingConfig:
    """The settings of a run that goes on from trained weights: few steps, and small ones."""
    plan, looks = model.system.plan(model.config), order.looks(model)
    of_trunk = looks and isinstance(model.network, EnvironmentNetwork)
    return SystemTrainingConfig(
        data=(),
        validation=(),
        seed=order.seed,
        steps=order.steps,
        batch=4 if looks else 8,
        warm_up=order.steps // 10,
        rate=float(model.config.rate),
        learning_rate=1e-4 if looks else 2e-4,
        averaging=0.98,
        checkpoint_every=50,
        system=model.card.system,
        sampling=GRID if plan.whole else ACTIONS,
        validate_every=max(1, order.steps // 10),
        patience=order.steps,
        choose_by=LOSS,
        start_from=str(model.folder),
        environment_stays=model.inputs.pictures is not None and not looks,
        stages_stay=_STAGES_STAY if of_trunk else 0,
    )


def _write(order: FurtherOrder, model: LoadedModel, trainer: SystemTrainer) -> None:
    """Write the new model: what the one before needs besides its weights is copied."""
    order.out.mkdir(parents=True, exist_ok=True)
    for path in companion_files(model.folder):
        shutil.copyfile(path, order.out / path.name)
    truth = [finding for match in trainer.matches for half in match.halves for finding, _ in half.known]
    # Which games the weights know, and what an environment that stayed takes as usual; another one is measured anew.
    inherited = (SPLITS,) if order.looks(model) else (SPLITS, LOOK)
    training = {
        "labels": class_counts(truth, SPOTTING, model.classes),
        "data_set": {"id": order.data_set.id, "name": order.data_set.name},
        "parent": {"name": model.card.name, "weights": model.sha256, "settings": model.settings},
        "seed": order.seed,
        "steps": trainer.step,
        "hours": round(trainer.seconds / 3600, 2),
        "device": " and ".join(trainer.devices),
        "earlier": dict(model.card.training),
        **{fact: model.card.training[fact] for fact in inherited if fact in model.card.training},
    }
    card = replace(model.card, name=f"{model.card.name}, {order.data_set.name}", training=training, scores={})
    save_model(order.out, trainer.trained, card)


def compared_on(
    before: LoadedModel, after: LoadedModel, held_out: Sequence[LabelledMatch], matches: Sequence[DataSetMatch]
) -> Comparison:
    """How two models do on what was held out; intervals are over minutes, or matches where there are many.

    Where fewer than ``FEW_UNITS`` of them hold an action, or one of a class, there is no interval.

    Arguments:
        matches: the same ones, as the data set has them.
    """
    names = before.classes.names
    games = [
        [_game(match) for match in judge_matches(one.judge, held_out, one.classes, SPOTTING)] for one in (before, after)
    ]
    minutes = (
        sum(
            float(half.watched.sum()) / half.samples.rate
            for m in held_out
            for half in m.halves
            if half.watched is not None
        )
        / 60
    )
    metric = LOOSE if before.system.plan(before.config).whole else TIGHT
    labels = [spot.label for game in games[0] for spot in game.truth if spot.label in names]
    changes = changed_moments(games[0], games[1], matches, before.classes)
    if not labels:
        return Comparison(metric, round(minutes, 1), 0, None, None, None, changes=changes)
    old, new = (draws.only(set(labels)) for draws in paired_draws(games, names))
    units = units_of_truth(games[0], names)
    few = units < FEW_UNITS
    was, became = (draws.mean(metric) for draws in (old, new))
    return Comparison(
        metric,
        round(minutes, 1),
        len(labels),
        was.value,
        became.value,
        None if few else mean_difference(new, old, metric),
        tuple(_compared_classes(old, new, games[0], metric)),
        changes,
        None if few else (became.low, became.high),
        units,
        MINUTE if is_of_minutes(len(games[0])) else MATCH,
    )


def _compared_classes(old: Draws, new: Draws, truth: Sequence[Game], metric: str) -> Iterator[ClassComparison]:
    """Each class of some draws that has truth in the games that they are of."""
    labels = Counter(spot.label for game in truth for spot in game.truth)
    for label in old.classes:
        before, after = (draws.of_class(label, metric) for draws in (old, new))
        if before is not None and after is not None:
            difference = _class_difference(old, new, truth, label, metric)
            yield ClassComparison(label, labels[label], before.value, after.value, difference)


def _class_difference(old: Draws, new: Draws, truth: Sequence[Game], label: str, metric: str) -> Interval | None:
    """How much better a class became; None where too little of it was held out to say how sure that is."""
    few = units_of_truth(truth, [label]) < FEW_UNITS
    return None if few else class_difference(new, old, label, metric)


def _game(match: Judged[Finding]) -> Game:
    truth, findings = ([one for one in some if isinstance(one, Spot)] for some in (match.truth, match.findings))
    return Game(match.name, truth, findings)
