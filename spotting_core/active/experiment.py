"""The experiment of active learning: a simulated annotator labels the clips that a strategy asks for, step by step.

Giancola et al., "Towards Active Learning for Action Spotting in Association Football Videos" (CVPRW 2023; public code:
SoccerNet/ActiveSpotting). A pool of clips is cut from the training matches, and one from those that choose the weights,
whose labels count as labels too. At the start some of both are labelled by chance; each step trains on what is
labelled, measures that network on matches of which everything is true, and has the clips labelled that it scores best.

Differences:
* the flaws of the public code are behind settings (``config.FLAWS``);
* clips that choose the weights are always drawn by chance: those that a strategy picks are no sample of a match;
* all curves of one seed start from the same clips, so that the first step and the last, where all is labelled, are the
  same training, which is done once;
* every training sees as many clips, however few are labelled (``fixed``), or ends by the loss (``fast``, ``faster``);
* systems whose windows are longer than a clip read what lies around it, and learn from what is labelled alone.
"""

from __future__ import annotations

import json
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import Timeout

from spotting_core.active.annotation_cost import annotation_cost
from spotting_core.active.clip_scores import clip_confidences, scores_of
from spotting_core.active.config import DUPLICATES, RANDOM_RATE, ActiveOrder, parts
from spotting_core.active.diversity import CHOICES
from spotting_core.active.features_on_disk import laid_on_disk
from spotting_core.active.pool import Pool
from spotting_core.active.schedule import shares
from spotting_core.active.strategies import MEMBERS, NONE
from spotting_core.base.counts import count_of
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.durations import about
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.files import json_bytes, locked, read_json, write_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.media.fingerprint import joint_hash
from spotting_core.models.judge import Judge
from spotting_core.samples.labelled import LabelledMatch
from spotting_core.training.best import BestWeights
from spotting_core.training.inputs import check_root
from spotting_core.training.label_counts import label_counts
from spotting_core.training.system import SystemTrainer, judge_matches
from spotting_core.training.training_set import TrainingSet

Report = Callable[[int, int, str], bool]
"""Called with (trainings done, trainings, what is done); returning False cancels."""
_Kind = TypeVar("_Kind")
_TIMED_STEPS = 20
_WARM_STEPS = 5
_SEEDS_OF_MEMBERS = 1000  # between the seeds of one experiment lie those of its ensembles
_VALIDATION = 1  # beside a seed, for what is drawn of the clips that choose the weights
_RESULT_FILE = "result.json"
_CLAIM_FILE = "experiment.json"


@dataclass(frozen=True)
class _Claim:
    """What the curves of a folder are of.

    Arguments:
        settings: all but which curves are wanted; matches: hash of what is true of them.
    """

    settings: dict[str, Any]
    matches: str


@dataclass(frozen=True)
class Step:
    """One point of a curve.

    Arguments:
        share: of the pool that was asked for; distinct: of it that is labelled, which is less where clips are asked for
            twice.
        minutes, keys: that it took to label them, with those that choose the weights.
        figures: of the task, on the report split.
        learned_from: actions that lie in what is labelled.
    """

    share: float
    distinct: float
    minutes: float
    keys: int
    learned_from: int
    figures: dict[str, float]


@dataclass(frozen=True)
class Curve:
    """Scores against what was labelled, of one strategy and seed."""

    strategy: str
    seed: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Labelled:
    """What is labelled at a step.

    Arguments:
        clips: of the pool, in the order in which they were asked for, some perhaps twice; validation: of the pool
            that chooses the weights.
    """

    clips: tuple[int, ...]
    validation: tuple[int, ...]

    def key(self, seed: int, begins_with: str) -> str:
        """Name of the training on it; clips that are asked for in another order are the same."""
        sets = [sorted(set(self.clips)), sorted(set(self.validation))]
        return joint_hash([json.dumps(sets), str(seed), begins_with])[:16]


class Experiment:
    """One experiment; started again in the same folder it goes on where it was.

    Arguments:
        root: where the splits lie; run: folder of trainings and curves.
        report: called before every training; notice: with what people should know first.

    Errors:
        BadInputError: settings or matches that cannot be used, a folder that holds another experiment, or one in which
            this one is running already.
    """

    def __init__(
        self,
        order: ActiveOrder,
        root: Path,
        run: Path,
        data: DataDirectory,
        device: str = "cpu",
        *,
        report: Report = lambda _done, _of, _what: True,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.active, self.training = order.active, order.training
        self._run, self._device, self._report, self._notice = run, device, report, notice
        _check_folders(order, root, run)
        self._set = TrainingSet(order.training, root, run, data, device)
        self._count_labels(root)
        features = run / "features"
        self.pool = Pool(laid_on_disk(self._set.matches, features / "pool"), self.active.clip)
        self.validation_pool = Pool(laid_on_disk(self._set.validation, features / "validation"), self.active.clip)
        if not self.pool.actions.any():
            raise BadInputError(
                "no clip of the pool holds an action", where=root, fix="Check the labels and the class table"
            )
        self._measured = laid_on_disk(self._set.labelled([root / self.active.report]), features / "measured")
        _claim(run, order, joint_hash(map(_truth, (self.pool.matches, self.validation_pool.matches, self._measured))))
        self._trainings = 0  # of all curves that are wanted, for reports
        self._shares = shares(self.active.schedule, self.active.first, self.active.steps)

    def _count_labels(self, root: Path) -> None:
        """Say how many labels of every split are used, and which are not.

        Errors:
            BadInputError: a split has no label of a known class: its curves would be figures of nothing.
        """
        config, task, table = self.training, self._set.task, self._set.table
        others = dict.fromkeys([*config.validation, self.active.report])
        there = [folder for folder in (root / split for split in others) if folder.is_dir()]
        pool = label_counts((root / split for split in config.data), task, table, most=config.matches)
        for sentence in (*pool, *label_counts(there, task, table)):
            self._notice(sentence)

    def curves(self, strategies: Sequence[str] = (), seeds: int = 0) -> list[Curve]:
        """The curves; those that are there already are read.

        Arguments:
            strategies: some of the experiment's, all of them where empty; seeds: the first ones, all where 0.

        Errors:
            CancelledError: ``report``; what was done is kept.
            BadInputError: a strategy or seed that it has not, or it is being done by somebody else already.
        """
        wanted = self.active.wanted(strategies, seeds)
        with _alone(self._run):
            return self._curves(wanted)

    def _curves(self, wanted: Sequence[tuple[str, int]]) -> list[Curve]:
        missing = [one for one in wanted if not self._file(*one).is_file()]
        if missing:
            self._notice(self.hours([name for name, _ in missing]))
        self._trainings = len(wanted) * len(self._shares)
        return [self._curve(name, seed, number) for number, (name, seed) in enumerate(wanted)]

    def hours(self, strategies: Sequence[str]) -> str:
        """How long the curves of some strategies take here at most, measured on a few steps of a training with all
        labels.

        Arguments:
            strategies: one for each curve.
        """
        members = [self.active.members if parts(name)[0].asks == MEMBERS else 1 for name in strategies]
        trainings = sum(members) * self.active.steps
        a_step, measuring = self._timed()
        seconds = trainings * (self.training.steps * a_step + measuring)
        return (
            f"{count_of(len(strategies), 'curve')} of {count_of(self.active.steps, 'training')}, "
            f"{count_of(self.training.steps, 'step')} each at most: {about(seconds)} "
            f"({a_step:.3f} s a step and {measuring:.1f} s to measure, timed here)"
        )

    def _timed(self) -> tuple[float, float]:
        """Seconds of a step, and of measuring a network."""
        folder, ticks = self._run / "timed", [0.0]
        shutil.rmtree(folder, ignore_errors=True)  # of a start that was interrupted
        labelled = Labelled(tuple(range(len(self.pool))), tuple(range(len(self.validation_pool))))
        trainer = self._trainer(labelled, self.training.seed, folder, "")

        def tick(step: int, _steps: int, _losses: Mapping[str, float]) -> bool:
            ticks.append(time.perf_counter())
            return step < _WARM_STEPS + _TIMED_STEPS

        with suppress(CancelledError):
            trainer.train(tick)
        ticks.append(time.perf_counter())
        self._figures(Judge(trainer.system, trainer.model_config, trainer.averaged))
        measuring = time.perf_counter() - ticks[-1]
        shutil.rmtree(folder)
        warm = ticks[min(_WARM_STEPS, len(ticks) - 2) : -1]
        return (warm[-1] - warm[0]) / max(1, len(warm) - 1), measuring

    # --- a curve ------------------------------------------------------------------------------------------

    def _curve(self, name: str, seed: int, number: int) -> Curve:
        path = self._file(name, seed)
        if path.is_file():
            return _kept(Curve, path, "curve")
        strategy, _ = parts(name)
        members = self.active.members if strategy.asks == MEMBERS else 1
        labelled, steps, begins_with = self._first(seed), [], [""] * members
        for place, share in enumerate(self._shares):
            last = place == len(self._shares) - 1
            trainings = []
            for member in range(1 if last else members):
                done = number * len(self._shares) + place
                if not self._report(done, self._trainings, f"{name}, seed {seed}, {share:.0%} labelled"):
                    raise CancelledError("the experiment was cancelled", fix="Start it again to go on")
                trainings.append(self._trained(labelled, seed * _SEEDS_OF_MEMBERS + member, begins_with[member]))
            steps.append(self._step(labelled, trainings[0]))
            if not last:
                labelled = self._more(name, seed, place + 1, labelled, trainings)
                begins_with = trainings if self.active.continued else begins_with
        curve = Curve(name, seed, tuple(steps))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, asdict(curve))
        return curve

    def _file(self, name: str, seed: int) -> Path:
        return self._run / "curves" / f"{name.replace(' ', '')}-{seed}.json"

    def _first(self, seed: int) -> Labelled:
        """What is labelled at the start; the same for all strategies of a seed."""
        rng = np.random.default_rng(seed)
        count = self._count(self.pool, 0)
        clips = rng.choice(len(self.pool), count, replace=self.active.has(DUPLICATES))
        return Labelled(tuple(int(k) for k in clips), self._validation_clips(seed, 0))

    def _validation_clips(self, seed: int, place: int) -> tuple[int, ...]:
        """Clips by which the weights of a step are chosen: those of the step before, and some more by chance."""
        order = np.random.default_rng([seed, _VALIDATION]).permutation(len(self.validation_pool))
        return tuple(int(k) for k in order[: self._count(self.validation_pool, place)])

    def _count(self, pool: Pool, place: int) -> int:
        """Clips of a pool that are asked for until a step."""
        return max(1, round(self._shares[place] * len(pool)))

    def _more(self, name: str, seed: int, place: int, labelled: Labelled, trainings: Sequence[str]) -> Labelled:
        """What is labelled at a step by what the networks of the one before say, which is kept."""
        path = self._run / "choices" / f"{name.replace(' ', '')}-{seed}-{place}.json"
        if not path.is_file():
            chosen = self._choose(name, seed, place, labelled, trainings)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, chosen)
        clips = _kept(list[int], path, "choice")
        return Labelled((*labelled.clips, *clips), self._validation_clips(seed, place))

    def _choose(self, name: str, seed: int, place: int, labelled: Labelled, trainings: Sequence[str]) -> list[int]:
        strategy, diversity = parts(name)
        rng = np.random.default_rng([seed, place, zlib.crc32(name.encode())])
        count = self._count(self.pool, place) - len(labelled.clips)
        if strategy.asks == NONE and self.active.has(RANDOM_RATE):
            return [int(k) for k in rng.integers(len(self.pool), size=count)]
        judges = [] if strategy.asks == NONE else [self._judge(key) for key in trainings]
        scores = scores_of(strategy, clip_confidences(judges, self.pool, strategy, self.active, rng), self.active)
        known = sorted(set(labelled.clips))
        if self.active.has(DUPLICATES):
            scores[known] = 0.0
            known = []
        features = self.pool.features if diversity else np.zeros((len(self.pool), 1), np.float32)
        return CHOICES[diversity](scores, features, known, count, rng)

    def _step(self, labelled: Labelled, training: str) -> Step:
        clips = list(labelled.clips)
        costs = [annotation_cost(self.pool, clips), annotation_cost(self.validation_pool, labelled.validation)]
        distinct = sorted(set(clips))
        return Step(
            share=round(len(clips) / len(self.pool), 4),
            distinct=round(len(distinct) / len(self.pool), 4),
            minutes=round(sum(cost.minutes for cost in costs), 2),
            keys=sum(cost.keys for cost in costs),
            learned_from=int(self.pool.actions[distinct].sum()),
            figures=self._results(training),
        )

    # --- a training ---------------------------------------------------------------------------------------

    def _trained(self, labelled: Labelled, seed: int, begins_with: str) -> str:
        """Train on what is labelled, unless that was done; the training's name."""
        key = labelled.key(seed, begins_with)
        folder = self._run / "trainings" / key
        if (folder / _RESULT_FILE).is_file():
            return key
        trainer = self._trainer(labelled, seed, folder, begins_with)
        trainer.train()
        network = trainer.trained
        figures = self._figures(Judge(trainer.system, trainer.model_config, network))
        write_json(folder / _RESULT_FILE, figures)
        trainer.run.checkpoint.unlink(missing_ok=True)  # it has ended; what validated best is kept
        return key

    def _trainer(self, labelled: Labelled, seed: int, folder: Path, begins_with: str) -> SystemTrainer:
        weights = BestWeights(self._run / "trainings" / begins_with).weights() if begins_with else None
        own = self._set.of_matches(self.pool.watched(labelled.clips), self.validation_pool.watched(labelled.validation))
        return SystemTrainer(replace(self.training, seed=seed), own, folder, self._device, weights)

    def _judge(self, training: str) -> Judge:
        """The network of a training that has ended."""
        network = self._set.system.build(self._set.model_config)
        averaged = BestWeights(self._run / "trainings" / training).weights()
        network.load_state_dict({name.removeprefix("module."): value for name, value in averaged.items()})
        return Judge(self._set.system, self._set.model_config, network.to(self._device).eval())

    def _figures(self, judge: Judge) -> dict[str, float]:
        judged = judge_matches(judge, self._measured, self._set.table, self._set.task)
        task, names = self._set.task, self._set.table.names
        return {figure: round(task.figure(judged, names, figure), 4) for figure in task.chosen_by}

    def _results(self, training: str) -> dict[str, float]:
        path = self._run / "trainings" / training / _RESULT_FILE
        return _kept(dict[str, float], path, "result")


def _check_folders(order: ActiveOrder, root: Path, run: Path) -> None:
    """Find out before the work whether there is something to measure, and whether the folder is free.

    Errors:
        BadInputError: it is not.
    """
    check_root(root)
    if not (root / order.active.report).is_dir():
        raise BadInputError(f"there is no {order.active.report} split", where=root, fix="Name one with report")
    if run.exists() and not run.is_dir():
        raise BadInputError("this is a file, not a folder for trainings", where=run, fix="Name another with --run")
    with _alone(run):
        _check_settings(run, order)


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    """Hold an experiment's folder.

    Errors:
        BadInputError: somebody else holds it.
    """
    try:
        with locked(run / "running", wait=False):
            yield
    except Timeout as error:
        raise BadInputError(
            "this experiment is running already", where=run, fix="Wait for it, or give another --run folder"
        ) from error


def _check_settings(run: Path, order: ActiveOrder) -> None:
    """Refuse a folder of other settings.

    Errors:
        BadInputError: the folder holds an experiment of other settings.
    """
    path = run / _CLAIM_FILE
    if path.is_file() and _kept(_Claim, path, "experiment").settings != _settings(order):
        raise BadInputError(
            "this folder holds another experiment",
            where=run,
            fix="Give another --run folder, or delete this one to start over",
        )


def _claim(run: Path, order: ActiveOrder, matches: str) -> None:
    """Keep in an experiment's folder what its curves are of.

    Arguments:
        matches: hash of what is true of the matches.

    Errors:
        BadInputError: it holds that of other matches or labels.
    """
    path = run / _CLAIM_FILE
    if path.is_file() and _kept(_Claim, path, "experiment").matches != matches:
        raise BadInputError(
            "this folder holds the experiment with other matches or labels",
            where=run,
            fix="Give another --run folder, or delete this one to start over",
        )
    write_json(path, {"settings": _settings(order), "matches": matches})


def _settings(order: ActiveOrder) -> dict[str, Any]:
    """All settings but which curves are wanted: more of them can be added."""
    settings: dict[str, Any] = json.loads(json_bytes(asdict(order)))
    for name in ("strategies", "seeds"):
        del settings["active"][name]
    return settings


def _truth(matches: Sequence[LabelledMatch]) -> str:
    """Hash of what is known of some matches: their names, halves, lengths, labels, and what was watched."""
    halves = [
        [
            match.name,
            half.samples.half,
            len(half),
            [[finding.label, int(moment)] for finding, moment in half.known],
            [] if half.watched is None else np.flatnonzero(np.diff(half.watched, prepend=False)).tolist(),
        ]
        for match in matches
        for half in match.halves
    ]
    return joint_hash([json.dumps(halves)])


def _kept(kind: type[_Kind], path: Path, what: str) -> _Kind:
    """What an experiment keeps in a file.

    Errors:
        BadInputError: it is damaged, or of another version.
    """
    try:
        return validated(kind, read_json(path, what))
    except (BadInputError, InvalidContentError) as error:
        fix = "Delete this file: what it held is made again, of the trainings that are kept"
        raise BadInputError(f"this {what} cannot be read", where=path, fix=fix) from error
