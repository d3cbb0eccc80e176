"""The job that trains a model further on a data set; one at a time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError, TouchlineError
from spotting_core.base.files import read_json
from spotting_core.data_sets.data_set import DataSets
from spotting_core.jobs.kind import LONG, Context, JobKind, Parameters
from spotting_core.jobs.queue import CANCELLED, Job, JobQueue
from spotting_core.media.fingerprint import joint_hash
from spotting_core.models.card import model_folder
from spotting_core.models.known import known_models
from spotting_core.store.database import open_database
from spotting_core.training.comparison import COMPARISON_FILE, Comparison

_RUNS = "trainings"  # folder of the data directory
STEPS = 300
"""Steps of a training that nobody says more of."""
_KEPT_OF_NAME = 60  # characters


class TrainingParameters(Parameters, frozen=True):
    """A training.

    Arguments:
        model: as ``known_models`` names it; data_set: its id, and its name for people.
        everything: whether what looks at pictures learns too, which takes far longer.
    """

    model: str
    data_set: str
    data_set_name: str
    steps: int
    everything: bool = False


class TrainingJob(JobKind[TrainingParameters]):
    """Leaves a model folder with a comparison; the model is known from then on, and used of no match by itself.

    A training that was cancelled goes on where it was when it is asked for again.
    """

    name: ClassVar[str] = "training"
    resource: ClassVar[str] = LONG
    parameters_type = TrainingParameters
    lasting: ClassVar[bool] = True

    def key(self, parameters: TrainingParameters) -> str:
        return self.name  # one at a time, whatever it learns from

    def title(self, parameters: TrainingParameters) -> str:
        whole = ", all of it" if parameters.everything else ""
        return f"{parameters.model} on {parameters.data_set_name}{whole}"

    def leaves(self, parameters: TrainingParameters, data: DataDirectory) -> tuple[Path, ...]:
        safe = "".join(c if c.isalnum() or c in " -_" else "-" for c in parameters.data_set_name).strip()
        return (data.models / f"{safe[:_KEPT_OF_NAME]} {_run_of(parameters)[:6]}",)

    def perform(self, parameters: TrainingParameters, context: Context) -> Path | None:
        from spotting_core.training.further import FurtherOrder, train_further

        [out] = self.leaves(parameters, context.data)
        known = known_models(context.data)
        order = FurtherOrder(
            known.get(parameters.model) or model_folder(parameters.model),
            DataSets(context.data).get(parameters.data_set),
            context.data.root / _RUNS / _run_of(parameters),
            out,
            parameters.steps,
            context.device,
            everything=parameters.everything,
        )

        pace = _Pace()

        def report(step: int, steps: int, _losses: Mapping[str, float]) -> bool:
            return context.report(
                0.95 * step / steps, f"Learning, step {step} of {steps}", None, pace.remaining(step, steps)
            )

        def notice(what: str) -> None:
            if not context.report(None, what):
                raise CancelledError("training was cancelled", fix="Start it again to go on")

        train_further(order, open_database(context.data), context.data, report=report, notice=notice)
        shutil.rmtree(order.run, ignore_errors=True)  # it has ended, and what it left is a model
        return None

    def ask(
        self, queue: JobQueue, parameters: TrainingParameters, match_id: str | None = None, progress: float = 0.0
    ) -> Job:
        """Queue a training.

        Errors:
            BadInputError: another one is under way.
        """
        job = super().ask(queue, parameters, match_id, progress)
        if self.read(job) != parameters:
            raise BadInputError(f"a training is under way already: {job.title}", fix="Wait for it, or cancel it first")
        return job

    def comparison(self, job: Job, data: DataDirectory) -> Comparison | None:
        """What a training that has ended found, or None where that is nothing or has been deleted."""
        try:
            [folder] = self.leaves(self.read(job), data)
            return msgspec.convert(read_json(folder / COMPARISON_FILE), Comparison)
        except (TouchlineError, msgspec.ValidationError):
            return None

    def resumable(self, job: Job) -> bool:
        """Whether a training was cancelled and can go on where it was."""
        try:
            self.read(job)
        except BadInputError:  # asked for by another version
            return False
        return job.state == CANCELLED


class _Pace:
    """How fast steps go since the first one that was seen: a run that goes on begins in the middle."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def remaining(self, step: int, steps: int) -> float | None:
        """Seconds that the steps still to come will take; None where that is not known yet, or none is to come."""
        now = time.monotonic()
        self._first = self._first or (step, now)
        first, began = self._first
        return (now - began) / (step - first) * (steps - step) if first < step < steps else None


def _run_of(parameters: TrainingParameters) -> str:
    """Name of the run's folder: the same is asked for again, and goes on."""
    facts = [parameters.model, parameters.data_set, str(parameters.steps), *(["everything"] * parameters.everything)]
    return joint_hash(facts)[:16]


TRAINING = TrainingJob()
KINDS = (TRAINING,)
