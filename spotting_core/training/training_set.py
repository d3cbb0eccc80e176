"""What a run learns from: its system and stage, what these read, and the matches of its splits."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Self

import numpy as np

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.models.load import LoadedModel
from spotting_core.models.registry import FeatureConfig, SystemConfig, system
from spotting_core.samples.labelled import LabelledMatch, all_games, labelled_matches, video_seconds
from spotting_core.samples.reader import SampleReader
from spotting_core.tasks.registry import layer_task
from spotting_core.training.checkpoint import RunFolder
from spotting_core.training.inputs import (
    existing_splits,
    feature_reader,
    keep_layer_sets,
    sample_reader,
    teacher_reader,
    teacher_sets,
)
from spotting_core.training.start import check_earlier_stage
from spotting_core.training.system_config import LOSS, SystemTrainingConfig

_MOST_REMEMBERED = 0.25  # of the clips that there are
_LOOKED_AT = 100  # samples to either side of the middle of a half


class TrainingSet:
    """One run's. Its matches are read when somebody asks for them, for that may take long.

    Arguments:
        root: where the splits lie; run: folder of the run, which keeps the reductions of its features.

    Errors:
        BadInputError: a configuration or splits that cannot be used; of ``matches`` and ``validation``, samples or
            labels that cannot be.
    """

    def __init__(self, config: SystemTrainingConfig, root: Path, run: Path, data: DataDirectory, device: str) -> None:
        self._config, self._root, self._run, self._data, self._device = config, root, run, data, device
        self.system = system(config.system)
        self.task = layer_task(self.system.task)
        self.table = load_classes(config.classes or self.task.class_table)
        chosen_by = (*self.task.chosen_by, LOSS)
        if config.choose_by and config.choose_by not in chosen_by:
            known = " or ".join(chosen_by)
            raise BadInputError(f"choose_by must be {known}, not {config.choose_by!r}", fix="Check the configuration")
        if config.stage and config.stage not in self.system.stages:
            known = ", ".join(self.system.stages)
            raise BadInputError(f"{config.system} has no stage {config.stage!r}", fix=f"Its stages: {known}")
        self.stage = self.system.stages[config.stage or self.system.task]
        self._truth = self.task if self.stage.labelled else None
        self._splits, self._validation_splits = (
            existing_splits(root, names, self._truth) for names in (config.data, config.validation)
        )
        self.model_config: SystemConfig = self.system.configure(
            **{"classes": self.table.names, "rate": config.rate, **config.model}
        )
        self.begun = RunFolder(run).load(config.fingerprint()) is not None
        self._check_early()
        keep_layer_sets(config, root, self._splits, self._truth, data, device, most=config.matches)
        keep_layer_sets(config, root, self._validation_splits, self._truth, data, device)
        self._features = None
        if isinstance(self.model_config, FeatureConfig):
            self._features = feature_reader(config, root, run, data, device)
            try:
                self.model_config = self.model_config.with_sets(tuple(s.dim for s in self._features.sets))
            except ValueError as error:
                what = f"{config.system} cannot read {', '.join(config.features)}: {error}"
                raise BadInputError(what, fix="Name other features in the configuration") from error
        self.inputs, self.plan = self.system.inputs(self.model_config), self.system.plan(self.model_config)
        self.clip = config.clip or (self.stage.clip(self.model_config) if self.stage.clip else self.plan.length)
        self._check()

    @classmethod
    def of_model(
        cls,
        config: SystemTrainingConfig,
        model: LoadedModel,
        reader: SampleReader,
        matches: Sequence[LabelledMatch],
        validation: Sequence[LabelledMatch],
    ) -> Self:
        """What a model goes on learning from: it reads what it has always read.

        Arguments:
            reader: of its samples.

        Errors:
            BadInputError: a configuration that does not fit.
        """
        own = cls.__new__(cls)  # no splits are looked for
        own._config, own.system, own.table = config, model.system, model.classes
        own.task = layer_task(model.system.task)
        own.stage, own.model_config = model.system.stages[model.system.task], model.config
        own.inputs, own.plan = model.inputs, model.system.plan(model.config)
        own.clip = config.clip or own.plan.length
        own.__dict__.update(reader=reader, matches=matches, validation=validation)
        own.begun = False
        own._check()
        return own

    @cached_property
    def reader(self) -> SampleReader:
        """What reads the samples."""
        config, teacher = self._config, None
        if config.teacher:
            teacher = teacher_reader(config, self._root, self._run, self._data, self._device)
        return sample_reader(self.inputs, config, self._features, teacher, self._device)

    @cached_property
    def matches(self) -> Sequence[LabelledMatch]:
        """What is learned from."""
        return self.labelled(self._splits, most=self._config.matches)

    @cached_property
    def validation(self) -> Sequence[LabelledMatch]:
        """What chooses the weights."""
        return self.labelled(self._validation_splits)

    def labelled(self, folders: Sequence[Path], *, most: int = 0) -> list[LabelledMatch]:
        """Matches of some splits as the run reads them; most: of each, 0 for all.

        Errors:
            BadInputError: samples or labels that cannot be used.
        """
        table = self.table
        return labelled_matches(
            folders, self.reader, self._data, self._truth, most=most, parts=table.parts, classes=table
        )

    def of_matches(self, matches: Sequence[LabelledMatch], validation: Sequence[LabelledMatch]) -> Self:
        """The same for other matches, or for less of what is true of them."""
        other = copy.copy(self)  # its matches are not read again: these stand in place of what was read
        other.__dict__.update(matches=matches, validation=validation)
        return other

    def blends(self) -> bool:
        """Whether what the clips of two moments should say can be blended."""
        if self.stage.taught is not None:
            return False
        return self.stage.targets((), np.zeros(self.clip, np.int64), self.model_config, None).blends

    def check_queue(self, samples: int) -> None:
        """Refuse to remember more earlier clips than matter.

        Arguments:
            samples: of all matches that are learned from.

        Errors:
            BadInputError: they would be most of what there is, and each would be told apart from itself.
        """
        if self.stage.keys is None:
            return
        remembered, together = self.stage.keys(self.model_config)
        clips = samples // together
        if remembered > clips * _MOST_REMEMBERED:
            raise BadInputError(
                f"the queue remembers {remembered} clips, and the matches have {clips}: a clip would be told apart "
                "from itself",
                fix=f"Set queue = {int(clips * _MOST_REMEMBERED)} or less under [config.model], or add matches",
            )

    def check_taught(self) -> None:
        """Refuse a teacher from which nothing can be learned.

        Errors:
            BadInputError: it says the same of every moment of a half, or its numbers are too large to be compared.
        """
        for match in self.matches if self.stage.taught is not None else ():
            for half in match.halves:
                teacher, middle = half.samples.teacher, len(half) // 2
                assert teacher is not None, "a stage that is taught has a teacher"
                rows = teacher.rows(max(0, middle - _LOOKED_AT), min(len(half), middle + _LOOKED_AT))
                with np.errstate(over="ignore"):
                    lengths = np.linalg.norm(rows, axis=1)
                if np.isfinite(lengths).all() and (rows.max(0) > rows.min(0)).any():
                    continue
                what = "are too large" if not np.isfinite(lengths).all() else "are the same at every moment"
                raise BadInputError(
                    f"the features of the teacher {what}: nothing can be learned from them",
                    where=f"{match.name}, {self.table.parts.title(half.samples.half)}",
                    fix=f"Make the features {' and '.join(self._config.teacher)} again",
                )

    def _check_early(self) -> None:
        """Refuse what can be refused before a video is read.

        Errors:
            BadInputError: weights to start from, a teacher, a batch or a queue that does not fit.
        """
        config = self._config
        if config.start_from and not self.begun:
            check_earlier_stage(config.start_from, self.system, config.stage or self.system.task, self.model_config)
        elif self.stage.rests and not config.start_from:
            raise BadInputError(
                "in this stage the last layer alone learns, and the rest would stay as it was drawn",
                fix="Name the model of an earlier stage with start_from = … under [config]",
            )
        if config.teacher and self.stage.taught is None:
            raise BadInputError("this stage learns from no teacher", fix="Leave out teacher")
        if self.stage.taught is not None and not config.teacher:
            raise BadInputError("this stage learns to give a teacher's features", fix="Name them with teacher = […]")
        self._check_teacher()
        if self.stage.views is not None and config.batch < 2:
            raise BadInputError(
                "a clip is told apart from the others of its batch, and a batch has one",
                fix="Set batch = 2 or more under [config]",
            )
        if self.stage.keys is not None:
            games = [game for split in self._splits for game in all_games(split)[: config.matches or None]]
            seconds = [length for game in games for length in video_seconds(game)]
            if None not in seconds:  # what this lets pass is checked once more when they have been read
                self.check_queue(sum(ceil(length * self.model_config.rate) + 1 for length in seconds if length))

    def _check_teacher(self) -> None:
        """Refuse a teacher whose features are not as wide as the stage gives them.

        Errors:
            BadInputError: see above.
        """
        if self.stage.taught_numbers is None:
            return
        wanted = self.stage.taught_numbers(self.model_config)
        teacher = teacher_sets(self._config, self._root)
        there = sum(self._config.teacher_reduction or kind.dim for kind in teacher)
        if there != wanted:
            names = " and ".join(kind.name for kind in teacher)
            raise BadInputError(
                f"the features {names} of the teacher have {there} numbers a sample, this stage learns {wanted}",
                fix=f"Set teacher_reduction = {wanted}, or bank = {there} under [config.model]",
            )

    def _check(self) -> None:
        """Refuse settings that do not fit the system.

        Errors:
            BadInputError: see above.
        """
        config = self._config
        if config.mixup and not self.blends():
            raise BadInputError(f"what {config.system} learns from two clips cannot be blended", fix="Set mixup = 0.0")
        if config.noise and not self.inputs.features:
            raise BadInputError(f"{config.system} reads no features to add noise to", fix="Set noise = 0.0")
        if self.stage.views is not None and self.inputs.pictures is None:
            raise BadInputError(
                "this stage compares views of pictures, and none are read", fix="Check the configuration"
            )
        if self.stage.keys is not None and config.sharpness:
            raise BadInputError("this stage would remember every clip twice", fix="Set sharpness = 0.0")
        if self.clip % self.model_config.together:
            raise BadInputError(
                f"{config.system} reads {self.model_config.together} samples at a time, clips have {self.clip}",
                fix="Make clip a multiple of that, or leave it out",
            )
        if self.plan.whole and self.clip != self.plan.length:
            raise BadInputError(
                f"{config.system} judges windows of {self.plan.length} samples as a whole, clips have {self.clip}",
                fix="Leave clip out",
            )
