"""Everything that decides the outcome of a system's training run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from spotting_core.base.validation import NotNegative, NotNegativeNumber, Positive, Share
from spotting_core.training.clips import ACTIONS, GRID
from spotting_core.training.inputs import InputConfig
from spotting_core.training.picture_changes import check_groups

LOSS = "loss"
"""``choose_by`` for the weights with the least loss on the validation splits, where there is too little to find in
them for a figure of the task."""


@dataclass(frozen=True)
class SystemTrainingConfig(InputConfig):
    """Everything that decides the outcome of a run.

    Arguments:
        system: name in the registry; model: its settings; stage: of its training, the last where empty.
        classes: name of the class table, the task's own where empty.
        clip: samples per training clip; 0 for those of a window.
        sampling, action_share, rarity: see ``TrainingClips``.
        mixup: parameter of the Beta distribution of λ, 0 for none; mixup_share: of the batches; mixup_displacement:
            whether mixed batches teach the displacement as well.
        noise: spread of what is added to the features, as a share of theirs.
        validation: splits that choose the weights; validate_every: steps; patience: validations without
            an improvement after which the run ends; choose_by: one of the task's figures, the first where empty, or
            ``loss``.
        memory: MiB that batches may take, made ahead and in the making.
        trunk_from: name or folder of the entity model whose trunk the environment starts from, or empty.
        start_from: model folder of an earlier run, or the name of a model of others that was added, whose weights are
            taken where name and shape agree; or empty.
        environment_stays: the environment is used as it is and only the rest learns, for a stage in between.
        stages_stay: how many of the trunk's first stages are used as they are; 1 is the stem. Edges and colours look
            alike to every model, and on a processor these stages take half of a step.
        recompute: keep fewer activations in memory by computing them twice, where the network can.
        dark_share: of the clips in which the environment's features are zero and the entities must do.
        changes: groups of changes that make the pictures look like another broadcast's (``picture_changes``).
    """

    system: str = "entity-attention"
    stage: str = ""
    model: dict[str, Any] = field(default_factory=dict)
    classes: str = ""
    clip: int = 0
    sampling: str = ACTIONS
    action_share: Share = 0.6
    rarity: NotNegativeNumber = 0.5
    mixup: NotNegativeNumber = 0.0
    mixup_share: Share = 0.5
    mixup_displacement: bool = False
    noise: NotNegativeNumber = 0.0
    validation: tuple[str, ...] = ("val",)
    validate_every: Positive = 100
    patience: Positive = 10
    choose_by: str = ""
    memory: Positive = 512
    trunk_from: str = ""
    start_from: str = ""
    environment_stays: bool = False
    stages_stay: NotNegative = 0
    recompute: bool = False
    dark_share: Share = 0.0
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clip < 0:
            raise ValueError(f"clip must be the samples of a clip, or 0 for those of a window, not {self.clip}")
        if self.sampling not in (GRID, ACTIONS):
            raise ValueError(f"sampling must be {GRID} or {ACTIONS}, not {self.sampling!r}")
        check_groups(self.changes)
