"""``make bench-domains``: what carries over to matches of another look: rendered variety, drawn variety, which of it.

python -m benchmarks.domains DATA [--seeds N] [--only NAME …] [--plan]

DATA holds the splits of simmatch. The environment of ``assets/training/environment-rendered.toml`` (``touchline
train``, before this), which has learned from ``train`` and ``hires`` as they are, goes on learning as
``e2e-spot.toml`` says, in fewer steps: from the same as it is, with the 24 matches of ``looks-train`` beside, with all
groups of ``training/picture_changes.py``, with both, and with both but one group. In so few steps one drawn anew would
not have learned a look that it could lose. ``val`` chooses the weights. They are measured on ``test``, on the six
matches of ``looks-val``, whose pattern of shirts and style of score bug no match of ``looks-train`` has, and on
``test`` under six fixed changes of the picture that training never uses, of which each match has one, the same in
every run.

Tight average-mAP over the classes that occur, mean and half of the range over the seeds. It says its hours first. Runs
with a log in benchmarks/logs/domains are not made again, and one that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.kept_results import keep_result, kept_result, spread
from spotting_core.base.assets import asset
from spotting_core.media.frame_store import FrameStore
from spotting_core.training.picture_changes import GROUPS
from spotting_core.training.split_lists import with_split_lists

if TYPE_CHECKING:
    from spotting_core.samples.labelled import LabelledMatch

RUNS = Path(".runs") / "domains"
LOGS = Path("benchmarks") / "logs" / "domains"
TEST, UNLIKE, CHANGED = "test", "looks-val", "test, changed"
_STEPS = 200
_MINUTES = 16.0  # of a run on one core with bfloat16, its measurement included
_CONFIGURATION = "e2e-spot.toml"
_BEGINS_WITH = Path(".runs") / "environment-rendered" / "model"


@dataclass(frozen=True)
class DomainRun:
    """One training run; looks: whether ``looks-train`` is learned from, changes: groups of picture changes."""

    name: str
    seed: int
    looks: bool = False
    changes: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return RUNS / f"{self.name}-{self.seed}"

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}-{self.seed}.json"

    @property
    def result(self) -> dict[str, Any] | None:
        """What was measured of it, or None."""
        return kept_result(self.log)


def domain_runs(seed: int) -> list[DomainRun]:
    """Every row, the four that say what helps at all first."""
    return [
        DomainRun("as-rendered", seed),
        DomainRun("both", seed, looks=True, changes=GROUPS),
        DomainRun("looks", seed, looks=True),
        DomainRun("changes", seed, changes=GROUPS),
        *(
            DomainRun(f"both-without-{group}", seed, looks=True, changes=tuple(g for g in GROUPS if g != group))
            for group in GROUPS
        ),
    ]


# --- pictures that training never has -------------------------------------------------------------------


def _gamma(power: float) -> Callable[[np.ndarray], np.ndarray]:
    table = (255 * (np.arange(256) / 255) ** power).round().astype(np.uint8)
    return lambda picture: table[picture]


def _fog(picture: np.ndarray) -> np.ndarray:
    """Paler towards the top, where things are farther away."""
    share = np.linspace(0.6, 0.1, len(picture))[:, None, None]
    return (picture * (1 - share) + 215 * share).astype(np.uint8)


def _vignette(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (picture * (1 - 0.35 * (x**2 + y**2))[..., None]).clip(0, 255).astype(np.uint8)


def _moving(picture: np.ndarray) -> np.ndarray:
    """Blurred along the picture's width, as by a camera that turns."""
    return cv2.blur(picture, (5, 1))


def _few_levels(picture: np.ndarray) -> np.ndarray:
    return (picture // 40 * 40 + 20).astype(np.uint8)


CHANGES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "darker": _gamma(1.7),
    "brighter": _gamma(0.6),
    "fog": _fog,
    "vignette": _vignette,
    "moving": _moving,
    "few levels": _few_levels,
}


@dataclass(frozen=True)
class ChangedStore(FrameStore):
    """Frames of a half, each changed."""

    change: Callable[[np.ndarray], np.ndarray]

    def __getitem__(self, sample: int) -> np.ndarray:
        return self.change(FrameStore.__getitem__(self, sample))


def changed_match(match: LabelledMatch, change: Callable[[np.ndarray], np.ndarray]) -> LabelledMatch:
    """The same match, of other pictures."""
    halves = []
    for half in match.halves:
        store = half.samples.pictures
        assert store is not None, "an environment looks at pictures"
        other = ChangedStore(store.pictures, store.offsets, store.times, change)
        halves.append(replace(half, samples=replace(half.samples, pictures=other)))
    return replace(match, halves=halves)


# --- one run --------------------------------------------------------------------------------------------


def make(run: DomainRun, root: Path) -> None:
    """Train (or go on with) one run, and write what was measured of it."""
    import torch

    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.models.judge import Judge
    from spotting_core.samples.labelled import labelled_matches
    from spotting_core.training.config import as_config, read_config
    from spotting_core.training.system import SystemTrainer, judge_matches
    from spotting_core.training.system_config import SystemTrainingConfig
    from spotting_core.training.training_set import TrainingSet

    torch.set_num_threads(1)
    data = DataDirectory.default().ensure()
    system, settings = read_config(asset("training", _CONFIGURATION))
    own = {
        "seed": run.seed,
        "steps": _STEPS,
        "validate_every": _STEPS // 2,
        "data": ("train", "hires", "looks-train") if run.looks else ("train", "hires"),
        "validation": ("val",),  # what is measured on other looks must not have chosen the weights
        "changes": run.changes,
        "start_from": str(_BEGINS_WITH),
    }
    config = as_config(SystemTrainingConfig, {"system": system, **settings, **own}, asset("training", _CONFIGURATION))
    splits = with_split_lists(root, (*config.data, *config.validation, TEST, UNLIKE), RUNS / "splits")
    trainer = SystemTrainer(config, TrainingSet(config, splits, run.folder, data, "cpu"), run.folder, "cpu")
    trainer.train()
    judge = Judge(trainer.system, trainer.model_config, trainer.trained)

    def scores(matches: Sequence[LabelledMatch]) -> dict[str, Any]:
        judged = judge_matches(judge, matches, trainer.table, trainer.task)
        return trainer.task.card_scores(judged, trainer.table.names, "")

    test, unlike = (
        labelled_matches([splits / s], trainer.reader, data, trainer.task, parts=trainer.table.parts)
        for s in (TEST, UNLIKE)
    )
    changed = [changed_match(match, change) for match, change in zip(test, cycle(CHANGES.values()), strict=False)]
    measured = {TEST: scores(test), UNLIKE: scores(unlike), CHANGED: scores(changed)}
    result = {
        "name": run.name,
        "seed": run.seed,
        "looks": run.looks,
        "changes": run.changes,
        "steps": trainer.step,
        "minutes": round(trainer.seconds / 60, 1),
        "device": trainer.devices,
        "scores": measured,
    }
    keep_result(run.log, result)


# --- the table ------------------------------------------------------------------------------------------


def print_table(console: Console, results: Iterable[Mapping[str, Any]]) -> None:
    """A row for each kind of run."""
    table = Table("Learned from", "test", "unseen looks", "test under changes", "Minutes", "Seeds",
                  box=None, header_style="bold", pad_edge=False)  # fmt: skip
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        rows.setdefault(result["name"], []).append(result)
    for name, own in rows.items():
        columns = (spread([r["scores"][column]["tight"] for r in own]) for column in (TEST, UNLIKE, CHANGED))
        table.add_row(name.replace("-", " "), *columns, f"{np.mean([r['minutes'] for r in own]):.0f}", str(len(own)))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="names of rows")
    parser.add_argument("--plan", action="store_true", help="print what is there and how long the rest takes, no more")
    arguments = parser.parse_args()
    runs = [run for seed in range(1, arguments.seeds + 1) for run in domain_runs(seed)]
    if arguments.only:
        if unknown := set(arguments.only) - {run.name for run in runs}:
            parser.error(f"there is no row {sorted(unknown)[0]}")
        runs = [run for run in runs if run.name in arguments.only]
    waiting = [run for run in runs if run.result is None]
    console = Console(width=140)
    hours = len(waiting) * _MINUTES / 60
    console.print(f"{len(waiting)} of {len(runs)} runs to make: about {hours:.0f} hours on one core.", highlight=False)
    if waiting and not arguments.plan and not _BEGINS_WITH.is_dir():
        parser.error(f"{_BEGINS_WITH} is missing. Train it by assets/training/environment-rendered.toml, --no-measure")
    for run in waiting if not arguments.plan else ():
        console.print(f"{run.name}, seed {run.seed}", highlight=False)
        make(run, arguments.data)
    print_table(console, [result for run in runs if (result := run.result) is not None])


if __name__ == "__main__":
    sys.exit(main())
