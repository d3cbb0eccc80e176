"""The loop that every training run goes through: seeded, logged, resumable, cancellable.

What is learned from what belongs to the subclass; a batch depends on the seed and the step alone, so a run
that was killed sees the batches it would have seen.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import LambdaLR

from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.files import write_json
from spotting_core.base.validation import NotNegative, NotNegativeNumber, Positive, PositiveNumber, Share
from spotting_core.computing.memory_layout import channels_last
from spotting_core.computing.processes import Processes
from spotting_core.media.fingerprint import joint_hash
from spotting_core.training.allocator import keep_freed_memory
from spotting_core.training.checkpoint import RunFolder, learning_rate_share, moving_average
from spotting_core.training.sharpness import SharpnessAware

log = logging.getLogger(__name__)

_Batch = TypeVar("_Batch")
_Config = TypeVar("_Config", bound="TrainingConfig")
_Model = TypeVar("_Model", bound=nn.Module)
_LOG_EVERY = 20
_SAVE_SHARE = 0.05  # of the time may go into checkpoints: a run that is killed loses a batch, or a few if they are fast
_MOST_MAKERS = 12
_NAMED = 8  # files that are named where a batch is no good
_SEED_SPAN = 1_000_003  # steps of one seed do not meet those of the next

TrainingProgress = Callable[[int, int, Mapping[str, float]], bool]
"""Called after every step with (step, steps, losses); returning False cancels the run."""


@dataclass(frozen=True)
class TrainingConfig:
    """What every run's configuration has.

    Arguments:
        data: splits to learn from, folders below the data root or lists of matches (``split_lists``).
        steps, warm_up: how long; the rate rises over ``warm_up`` steps and falls in a cosine.
        averaging: decay of the moving average of the weights, which is what is shipped.
        sharpness: ρ of sharpness-aware minimisation, 0 for none; a step then costs two passes.
        accumulation: batches of which the gradients of one step are the mean, for a device that holds one of them.
        largest_gradient: norm to which a longer gradient is cut.
    """

    data: tuple[str, ...] = ("train",)
    seed: int = 1
    steps: Positive = 1000
    batch: Positive = 8
    warm_up: NotNegative = 100
    rate: PositiveNumber = 2.0
    learning_rate: PositiveNumber = 1e-3
    weight_decay: NotNegativeNumber = 0.02
    averaging: Share = 0.999
    sharpness: NotNegativeNumber = 0.0
    accumulation: Positive = 1
    largest_gradient: PositiveNumber = 5.0
    checkpoint_every: Positive = 200

    def fingerprint(self) -> str:
        """Hash of the configuration: a run is resumed only with its own."""
        return joint_hash(f"{k}={v}" for k, v in sorted(asdict(self).items()))


class Trainer(Generic[_Batch, _Config, _Model]):
    """One run. Subclasses give ``make_batch`` and ``losses``; ``loss_shares`` weighs the latter.

    Batches are made while the model is at one: on a GPU by most of the processor, elsewhere by two threads beside it.
    """

    loss_shares: Mapping[str, float] = MappingProxyType({})

    def __init__(
        self, model: _Model, config: _Config, run: Path, device: str, processes: Processes | None = None
    ) -> None:
        self.processes = processes or Processes()
        self.device = torch.device(device)
        self.config = config
        self.run = RunFolder(run)
        self.model = channels_last(model.to(self.device))
        self.optimiser = torch.optim.AdamW(_decay_groups(self.model, config.weight_decay), lr=config.learning_rate)
        # Threads that make batches, and how many they make in advance.
        self.makers = 2 if self.device.type == "cpu" else min(_MOST_MAKERS, os.cpu_count() or 2)
        self.batches_ahead = self.makers + 1
        self.step, self.seconds = 0, 0.0
        self.devices: list[str] = []  # on which steps were done
        self._saved, self._saving = time.monotonic(), 0.0  # when the last checkpoint was written, and how long it took
        self.average = moving_average(self.model, config.averaging)
        self.learner: nn.Module = self.model  # the model as its gradients are computed
        self._resume()
        self._schedule = self._rates()

    @property
    def averaged(self) -> _Model:
        """The model with the moving average of its weights."""
        return cast(_Model, self.average.module)

    def make_batch(self, number: int) -> _Batch:
        """A batch of the run; called in a thread, some batches ahead. A step has one where ``accumulation`` is 1."""
        raise NotImplementedError

    def losses(self, batch: _Batch) -> dict[str, Tensor]:
        """Named losses of a batch."""
        raise NotImplementedError

    def origins(self, number: int) -> list[str]:
        """What a batch was made of, for people; nothing where nobody can say."""
        return []

    def after_update(self) -> None:
        """Called when a step has changed the weights, before their average takes it in."""

    def after_step(self) -> None:
        """Called after every step, by the first of several processes."""

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do; a run that ended stays ended when it is started again."""
        return self.step >= self.config.steps

    def extra_state(self) -> dict[str, Any]:
        """What a subclass keeps in the checkpoint."""
        return {}

    def restore_extra(self, state: dict[str, Any]) -> None:
        """Take back what ``extra_state`` gave."""

    def train(self, report: TrainingProgress | None = None) -> None:
        """Run until it has ``ended``.

        Errors:
            CancelledError: ``report`` returned False; the state is saved.
            BadInputError: a loss or a gradient is no number: names the batch and what it was made of. Nothing of it has
                come into the weights, and the last checkpoint stays.
        """
        if self.ended:
            return
        self.devices = sorted({*self.devices, _described(self.device)})
        self.model.train()
        self.learner = self.processes.learner(self.model)
        if self.device.type == "cpu":
            keep_freed_memory()
        with ThreadPoolExecutor(self.makers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            numbers = self._numbers()
            ahead = [pool.submit(self.make_batch, next(numbers)) for _ in range(self.batches_ahead)]
            going = True
            while going:
                began = time.perf_counter()
                batches = []
                for _ in range(self.config.accumulation):
                    batches.append(ahead.pop(0).result())
                    ahead.append(pool.submit(self.make_batch, next(numbers)))
                losses = self._train_step(batches)
                self.step += 1
                self.seconds += time.perf_counter() - began
                going = bool(self.processes.agreed(self._settled(losses, report) if self.processes.first else 0))

    def _numbers(self) -> Iterator[int]:
        """Numbers of the batches that this process learns from, from the step on at which the run is."""
        return count(self.step * self.config.accumulation * self.processes.count + self.processes.rank,
                     self.processes.count)  # fmt: skip

    def _settled(self, losses: Mapping[str, float], report: TrainingProgress | None) -> bool:
        """Log, validate, save and report a step that is done; whether there is a next one.

        Errors:
            CancelledError: ``report`` returned False; the state is saved.
        """
        if self.step % _LOG_EVERY == 0:
            self.run.log(step=self.step, seconds=round(self.seconds, 1), **losses)
        self.after_step()
        if self.ended or self._due():
            self.save()
        if report and not report(self.step, self.config.steps, losses):
            self.save()
            raise CancelledError("training was cancelled", fix="Start it again to go on")
        return not self.ended

    def _due(self) -> bool:
        """Whether it is time for a checkpoint."""
        cheap = (time.monotonic() - self._saved) * _SAVE_SHARE >= self._saving
        return self.step % self.config.checkpoint_every == 0 or cheap

    def _train_step(self, batches: Sequence[_Batch]) -> dict[str, float]:
        # dropout falls alike in a run that was resumed, and otherwise in each process
        own = (self.config.seed * _SEED_SPAN + self.step) * self.processes.count + self.processes.rank
        self._seed(own)
        self.optimiser.zero_grad(set_to_none=True)
        losses = self._backward(batches)
        SharpnessAware(self.optimiser, self.config.sharpness).step(lambda: self._backward(batches))
        self._schedule.step()
        self.after_update()
        self.average.update_parameters(self.model)
        return {name: round(float(loss.detach()), 4) for name, loss in losses.items()}

    def _seed(self, number: int) -> None:
        """Seed what a step draws, where it computes: ``torch.manual_seed`` keeps a stack trace for every device that is
        not there, which takes as long as a step of a small system."""
        torch.default_generator.manual_seed(number)
        if self.device.type == "cuda":
            torch.cuda.manual_seed(number)

    def _backward(self, batches: Sequence[_Batch]) -> dict[str, Tensor]:
        means: dict[str, Tensor] = {}
        for number, batch in enumerate(batches, 1):
            with self._exchanged(last=number == len(batches)):
                losses = self.losses(batch)
                total = torch.stack([loss * self.loss_shares.get(name, 1.0) for name, loss in losses.items()]).sum()
                torch.autograd.backward(total / len(batches))
            for name, loss in losses.items():
                means[name] = means.get(name, 0) + loss.detach() / len(batches)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.largest_gradient)
        if not bool(torch.isfinite(torch.stack(list(means.values()))).all() & torch.isfinite(norm)):
            raise self._no_number(means)
        return means

    def _exchanged(self, *, last: bool) -> AbstractContextManager[None]:
        """Several processes exchange the gradients of a step once, with its last batch."""
        if last or not isinstance(self.learner, DistributedDataParallel):
            return nullcontext()
        return self.learner.no_sync()

    def _no_number(self, losses: Mapping[str, Tensor]) -> BadInputError:
        odd = [name for name, loss in losses.items() if not bool(torch.isfinite(loss).all())]
        what = f"the loss {' and '.join(odd)} is no number" if odd else "the gradient is no number"
        batches = islice(self._numbers(), self.config.accumulation)  # of this process
        origins = list(dict.fromkeys(origin for number in batches for origin in self.origins(number)))
        named = ", ".join(origins[:_NAMED]) + (", …" if len(origins) > _NAMED else "")
        kept = "the last checkpoint is kept" if self.run.checkpoint.is_file() else "there was no checkpoint yet"
        return BadInputError(
            f"{what} in batch {self.step + 1}{f', made of {named}' if named else ''}; {kept}",
            where=self.run.path,
            fix="Look at these files for numbers that are none or far from the others, or make learning_rate smaller",
        )

    def save(self) -> None:
        """Write the checkpoint."""
        began = time.monotonic()
        self.run.save({
            "fingerprint": self.config.fingerprint(),
            "model": self.model.state_dict(),
            "average": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "devices": self.devices,
            **self.extra_state(),
        })  # fmt: skip
        self._saved = time.monotonic()
        self._saving = self._saved - began

    def _resume(self) -> None:
        state = self.run.load(self.config.fingerprint())
        if state is None:
            if self.processes.first:
                write_json(self.run.path / "config.json", asdict(self.config))
                self.run.cut_log(0)  # a run may have been killed before its first checkpoint
            return
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        self.average.n_averaged += self.step
        self.devices = list(state.get("devices", ["unknown"]))
        self.restore_extra(state)
        if self.processes.first:
            self.run.cut_log(self.step)
        log.info("going on from step %d of %d", self.step, self.config.steps)

    def _rates(self) -> LambdaLR:
        """The learning rate of every step, from the one that the run goes on with."""
        share = partial(learning_rate_share, warm_up=self.config.warm_up, total=self.config.steps)
        for group in self.optimiser.param_groups:
            group["initial_lr"] = self.config.learning_rate
        return LambdaLR(self.optimiser, share, last_epoch=self.step - 1)


def _described(device: torch.device) -> str:
    threads = torch.get_num_threads()
    return f"{device.type}, {threads} thread{'s' if threads > 1 else ''}"


def _decay_groups(model: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Matrices and kernels decay, vectors and scalars do not."""
    heavy = [p for p in model.parameters() if p.ndim > 1]
    light = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]
