"""COMEDIAN: a spatial and a temporal transformer that learn from video before they learn from labels.

Paper: Denize et al., "COMEDIAN: Self-Supervised Learning and Knowledge Distillation for Action Spotting using
Transformers" (WACVW 2024). Three steps: the spatial transformer learns from clips of a second without labels
(``initialise``), both learn what a bank of features says of each second of a minute (``distil``), then the labels: the
last layer alone (``head``) and everything (``spotting``).

``comedian-vivit`` sees tubelets of two samples as a vision transformer with a class token each; ``comedian-viswin``
as a Swin transformer. Both are timm's, and read the samples of a tubelet side by side as channels of one picture,
which is a convolution over time, height and width by another name.

Differences from the paper, or what it leaves open:
* a token speaks of two samples; its logits are interpolated to the samples, so that a spot is not half a second off
  (published weights are read by ``published_comedian``, which does not);
* in the first step the second view is another moment within a second, and only one of the two views learns;
* the keys of the second step are the features themselves, whose mean over a tubelet is what its token should give;
* tokens are masked in stretches of two wherever the temporal transformer learns;
* windows outside a half are black, as for our own models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from timm.layers import Attention
from timm.models.swin_transformer import SwinTransformer, WindowAttention
from timm.models.vision_transformer import Block, VisionTransformer
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from spotting_core.base.validation import NotNegative, Positive, PositiveNumber, Share
from spotting_core.domain.classes import SOFT
from spotting_core.domain.findings import Finding
from spotting_core.domain.spots import Spot
from spotting_core.models.attention_flow import AttentionFlow, attention_of
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.network import AttentiveNetwork, StagedNetwork
from spotting_core.models.registry import Stage, System, SystemConfig, dense_targets, register
from spotting_core.models.soft_contrast import Follower, KeyQueue, momentum_at, soft_contrastive_loss
from spotting_core.models.targets import AnchorTargets, Targets
from spotting_core.models.window import Output, Window
from spotting_core.models.window_plan import MAXIMUM, WindowPlan

INITIALISE, DISTIL, HEAD = "initialise", "distil", "head"
_MEAN, _STD = (0.45,) * 3, (0.225,) * 3
_MASKED_STRETCH = 2  # tokens


@dataclass(frozen=True)
class ComedianConfig(SystemConfig):
    """Shape of the network, and of what its first two stages learn.

    Arguments:
        width, height: of the pictures in pixels.
        tube: samples of a tubelet.
        dim: numbers of a token, of all tokens of the vision transformer and of the first ones of Swin.
        temporal_depth, temporal_heads: layers of the temporal transformer and their heads.
        drop_path: share of the clips that pass the last layer by in training, falling to none at the first.
        mask: share of the tokens that the temporal transformer does not see in training.
        projection: numbers in which two views are compared.
        queue: earlier keys that are compared with; 0 for none.
        temperature, target_temperature, coefficient: of ``initialise`` (see ``soft_contrast``); momentum: with which
            its second network follows the first, rising to 1; apart: samples between its two views at most.
        bank: numbers of a feature of the bank.
        bank_temperature, bank_target_temperature, bank_coefficient: of ``distil``.
    """

    window: Positive = 128
    before: int = 24
    after: int = 24
    suppression: float = 10.0
    suppression_method: str = SOFT
    confidence_radius: float = 0.5
    width: Positive = 224
    height: Positive = 224
    tube: Positive = 2
    dim: Positive = 192
    temporal_depth: Positive = 6
    temporal_heads: Positive = 3
    drop_path: Share = 0.1
    mask: Share = 0.25
    projection: Positive = 256
    queue: NotNegative = 65_536
    temperature: PositiveNumber = 0.1
    target_temperature: PositiveNumber = 0.07
    coefficient: Share = 1.0
    momentum: Share = 0.99
    apart: NotNegative = 2
    bank: Positive = 512
    bank_temperature: PositiveNumber = 0.1
    bank_target_temperature: PositiveNumber = 0.05
    bank_coefficient: Share = 0.5

    @property
    def token(self) -> int:
        """Numbers that the temporal transformer has of a tubelet."""
        return self.dim

    @property
    def together(self) -> int:
        return self.tube

    @property
    def tokens(self) -> int:
        """Tubelets of a window."""
        return self.window // self.tube

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        return [
            ("tube", self.tube, "window", self.window),
            ("temporal_heads", self.temporal_heads, "numbers of a token", self.token),
        ]


@dataclass(frozen=True)
class ViViTConfig(ComedianConfig):
    """With a vision transformer.

    Arguments:
        patch: side in pixels of what one of its tokens sees; depth, heads: its layers and their heads.
    """

    patch: Positive = 16
    depth: Positive = 12
    heads: Positive = 3

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        return [
            *super().divisions(),
            ("heads", self.heads, "dim", self.dim),
            ("patch", self.patch, "width", self.width),
            ("patch", self.patch, "height", self.height),
        ]


@dataclass(frozen=True)
class ViSwinConfig(ComedianConfig):
    """With a Swin transformer.

    Arguments:
        depths, stage_heads: layers of its stages and their heads; field: side of its windows, in tokens.
    """

    dim: Positive = 96
    depths: tuple[int, ...] = (2, 2, 6, 2)
    stage_heads: tuple[int, ...] = (3, 6, 12, 24)
    field: Positive = 7

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.depths or len(self.depths) != len(self.stage_heads) or min(*self.depths, *self.stage_heads, 1) < 1:
            raise ValueError("depths and stage_heads must be as many numbers of 1 and up")

    @property
    def token(self) -> int:
        return self.dim << (len(self.depths) - 1)

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        stages = enumerate(self.stage_heads)
        return [
            *super().divisions(),
            *(("stage_heads", heads, "numbers of a stage", self.dim << stage) for stage, heads in stages),
        ]


class TokenNorm(nn.LayerNorm):
    """Layer norm of the numbers of a token, as the vision transformer has it."""

    def __init__(self, width: int, **settings: Any) -> None:
        super().__init__(width, **{"eps": 1e-6, **settings})


def vision_transformer(config: ViViTConfig) -> VisionTransformer:
    """Tubelets (N, 3 tube, H, W) to tokens (N, dim): what its class token knows."""
    return VisionTransformer(
        img_size=(config.height, config.width),
        patch_size=config.patch,
        in_chans=3 * config.tube,
        embed_dim=config.dim,
        depth=config.depth,
        num_heads=config.heads,
        drop_path_rate=config.drop_path,
        num_classes=0,
    )


def swin_transformer(config: ViSwinConfig) -> SwinTransformer:
    """Tubelets (N, 3 tube, H, W) to tokens (N, dim of the last stage): the mean over places."""
    return SwinTransformer(
        img_size=(config.height, config.width),
        in_chans=3 * config.tube,
        embed_dim=config.dim,
        depths=config.depths,
        num_heads=config.stage_heads,
        window_size=config.field,
        drop_path_rate=config.drop_path,
        num_classes=0,
        norm_layer=TokenNorm,
    )


class OverTime(nn.Module):
    """The temporal transformer: tokens (B, N, D) to the same, each having looked at all."""

    def __init__(self, config: ComedianConfig) -> None:
        super().__init__()
        self.mask, self.recomputed = config.mask, False
        self.position = nn.Parameter(torch.zeros(1, config.tokens, config.token))
        self.masked = nn.Parameter(torch.zeros(1, 1, config.token))
        for drawn in (self.position, self.masked):
            nn.init.trunc_normal_(drawn, std=0.02)
        falls = np.linspace(0, config.drop_path, config.temporal_depth).tolist()
        self.blocks = nn.ModuleList(
            Block(config.token, config.temporal_heads, qkv_bias=True, drop_path=fall, norm_layer=TokenNorm)
            for fall in falls
        )
        self.norm = TokenNorm(config.token)

    def forward(self, tokens: Tensor) -> Tensor:
        if self.training and self.mask:
            hidden = masked_tokens(len(tokens), tokens.shape[1], self.mask, tokens.device)
            tokens = torch.where(hidden[..., None], self.masked.to(tokens.dtype), tokens)
        tokens = tokens + self.position[:, : tokens.shape[1]]
        for block in self.blocks:
            again = self.recomputed and self.training
            tokens = checkpoint(block, tokens, use_reentrant=False) if again else block(tokens)
        result: Tensor = self.norm(tokens)
        return result


def masked_tokens(batch: int, tokens: int, share: float, device: torch.device) -> Tensor:
    """Which tokens are hidden, drawn by torch's generator: bool (batch, tokens), in stretches of two, of each window as
    many as the share says."""
    stretches = -(-tokens // _MASKED_STRETCH)
    drawn = torch.rand(batch, stretches, device=device).argsort(1) < round(share * stretches)
    return drawn.repeat_interleave(_MASKED_STRETCH, 1)[:, :tokens]


class Comedian(AttentiveNetwork):
    """The network. ``forward`` takes a ``Window`` with pictures, of whole tubelets and at most ``config.window``.

    Arguments:
        trunk: the spatial transformer.
    """

    trunk: nn.Module
    over_time: OverTime

    def __init__(self, config: ComedianConfig, trunk: nn.Module) -> None:
        super().__init__()
        self.config, self.trunk, self.over_time = config, trunk, OverTime(config)
        self.head_class = nn.Linear(config.token, len(config.classes))
        nn.init.constant_(self.head_class.bias, -3.0)

    def tubelets(self, window: Window) -> Tensor:
        """Pictures (B, T, 3, H, W) of a window as tubelets: (B, T / tube, 3 tube, H, W).

        Errors:
            ValueError: there are none, or they are no whole tubelets, or too many; names what there is.
        """
        pictures, tube = window.pictures, self.config.tube
        if pictures is None:
            raise ValueError("this model reads pictures; the window has none")
        samples = pictures.shape[1]
        if samples % tube or samples > self.config.window:
            raise ValueError(
                f"this model reads at most {self.config.window} samples, {tube} at a time; the window has {samples}"
            )
        return pictures.reshape(len(pictures), samples // tube, 3 * tube, *pictures.shape[3:])

    def spatial(self, tubelets: Tensor) -> Tensor:
        """Tubelets (B, N, 3 tube, H, W) to tokens (B, N, D), each by itself."""
        fuse_attention(self, tubelets.device)
        tokens: Tensor = self.trunk(tubelets.flatten(0, 1))
        return tokens.view(*tubelets.shape[:2], -1)

    def temporal(self, window: Window) -> Tensor:
        """A window to what its tokens know of each other: (B, N, D)."""
        states: Tensor = self.over_time(self.spatial(self.tubelets(window)))
        return states

    def forward(self, window: Window) -> Output:
        states = self.temporal(window)
        output = self.of_samples(self.head_class(states).float())
        return replace(output, pooled=states.repeat_interleave(self.config.tube, 1))

    def of_samples(self, logits: Tensor) -> Output:
        """Logits of tokens (B, N, C) as what is said of their samples, (B, T, C)."""
        between = F.interpolate(logits.transpose(1, 2), scale_factor=self.config.tube, mode="linear")
        return Output(logits=between.transpose(1, 2))

    def recompute(self) -> None:
        """Keep no activations of the layers: gradients compute them once more."""
        self.trunk.set_grad_checkpointing(True)  # type: ignore[operator]
        self.over_time.recomputed = True

    def attention(self, window: Window) -> AttentionFlow:
        tubelets = self.tubelets(window)
        if len(tubelets) != 1:
            raise ValueError(f"attention is asked of one window, not of {len(tubelets)}")
        spatial = list(self.trunk.blocks) if isinstance(self.trunk, VisionTransformer) else []
        blocks: list[Any] = [*spatial, *self.over_time.blocks]
        with torch.no_grad(), attention_of([block.attn for block in blocks]) as weights:
            self.over_time(self.spatial(tubelets))
        config = self.config
        patch = config.patch if isinstance(config, ViViTConfig) else 1
        return AttentionFlow(
            over_time=[layer[0] for layer in weights[len(spatial) :]],
            over_places=weights[: len(spatial)],
            samples=config.tube,
            grid=(config.height // patch, config.width // patch),
        )

    @property
    def sees_places(self) -> bool:
        return isinstance(self.trunk, VisionTransformer)


def fuse_attention(network: nn.Module, device: torch.device) -> None:
    """Let timm's attention layers compute in one kernel, except where a processor will need its gradient: that of
    torch takes for many short sequences eight times as long as the products one by one."""
    fused = device.type != "cpu" or not torch.is_grad_enabled()
    layers: list[Any] = [one for one in network.modules() if isinstance(one, (Attention, WindowAttention))]
    for layer in layers:
        layer.fused_attn = fused


# --- what the stages learn --------------------------------------------------------------------------------


@dataclass(frozen=True)
class BankTargets(Targets):
    """What the bank knows of the tubelets of a clip.

    Arguments:
        bank: float (…, N, E), features, E = 0 where there is none.
        valid: float (…, N), 0 for tubelets that do not lie in the half.
    """

    bank: Tensor
    valid: Tensor
    blends = False


def no_targets(
    _nothing: Sequence[Finding], times: np.ndarray, _config: SystemConfig, valid: np.ndarray | None
) -> BankTargets:
    """Targets of ``initialise``: nothing, for what a clip should say is what another view of it says."""
    alive = np.ones(len(times), np.float32) if valid is None else valid.astype(np.float32)
    return BankTargets(torch.zeros(len(times), 0), torch.from_numpy(alive))


def bank_targets(
    features: np.ndarray | None, times: np.ndarray, config: ComedianConfig, valid: np.ndarray | None
) -> BankTargets:
    """Targets of ``distil``: of each tubelet the mean of the bank's features of its samples.

    Arguments:
        features: float32 (T, E) of the bank.
    """
    assert features is not None, "a stage that is taught has a teacher"
    alive = np.ones(len(times), bool) if valid is None else valid
    tubelets = features.reshape(-1, config.tube, features.shape[1]).mean(1)
    whole = alive.reshape(-1, config.tube).all(1)
    return BankTargets(torch.from_numpy(tubelets), torch.from_numpy(whole.astype(np.float32)))


class Initialising(StagedNetwork):
    """The spatial transformer while it learns that two views of a moment are alike."""

    network: Comedian

    def __init__(self, network: Comedian) -> None:
        super().__init__()
        config = network.config
        self.network = network
        self.project = projection(config.token, config.projection)
        self.follower = Follower(self._encoder)
        self.queue = KeyQueue(config.queue, config.projection)
        self.waiting: list[Tensor] = []  # keys of the step, for the queue

    @property
    def _encoder(self) -> nn.Sequential:
        return nn.Sequential(self.network.trunk, self.project)

    def begin(self) -> None:
        self.follower = Follower(self._encoder)

    def advance(self, done: float) -> None:
        self.follower.follow(self._encoder, momentum_at(done, self.network.config.momentum))
        self.queue.push_all(self.waiting)

    def forward(self, window: Window) -> Output:
        if window.second is None:
            raise ValueError("this stage compares two views; the window has one")
        queries, keys = (self.network.tubelets(one).flatten(0, 1) for one in (window, window.second))
        fuse_attention(self.network, queries.device)
        query = F.normalize(self._encoder(queries).float(), dim=1)
        key = F.normalize(self.follower(keys).float(), dim=1)
        return Output(logits=query.new_zeros(len(query), 1, 0), compared=(query[:, None], key))


class Distilling(StagedNetwork):
    """Both transformers while they learn what the bank says of each moment."""

    network: Comedian

    def __init__(self, network: Comedian) -> None:
        super().__init__()
        config = network.config
        self.network = network
        self.project = projection(config.token, config.bank)
        self.queue = KeyQueue(config.queue, config.bank)
        self.waiting: list[Tensor] = []

    def advance(self, done: float) -> None:
        self.queue.push_all(self.waiting)

    def forward(self, window: Window) -> Output:
        queries = F.normalize(self.project(self.network.temporal(window)).float(), dim=2)
        nothing = queries.new_zeros(len(queries), 0)
        return Output(logits=queries.new_zeros(*queries.shape[:2], 0), compared=(queries, nothing))


def projection(width: int, numbers: int) -> nn.Sequential:
    """What compares is not what is kept: two layers between a token and the numbers in which it is compared."""
    return nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, numbers))


def views_loss(model: Initialising, output: Output, targets: BankTargets) -> Tensor:
    """Soft contrastive loss between the two views; outside of training without the queue, which would be of other
    clips each time."""
    assert output.compared is not None
    config = model.network.config
    query, key = output.compared
    if model.training:
        model.waiting.append(key)
    return soft_contrastive_loss(
        query.flatten(0, 1),
        key,
        model.queue.filled() if model.training else key[:0],
        temperature=config.temperature,
        target_temperature=config.target_temperature,
        coefficient=config.coefficient,
    )


def bank_loss(model: Distilling, output: Output, targets: BankTargets) -> Tensor:
    """Soft contrastive loss between tokens and the bank's features, of tubelets within the half."""
    assert output.compared is not None
    config = model.network.config
    inside = targets.valid.flatten() > 0
    query = output.compared[0].flatten(0, 1)[inside]
    key = F.normalize(targets.bank.flatten(0, 1)[inside], dim=1)
    queue = model.queue.filled() if model.training else key[:0]
    if model.training:
        model.waiting.append(key)
    if len(key) == 0 or len(key) + len(queue) < 2:  # windows at the very end of a half: nothing to be compared with
        return output.compared[0].sum() * 0
    return soft_contrastive_loss(
        query,
        key,
        queue,
        temperature=config.bank_temperature,
        target_temperature=config.bank_target_temperature,
        coefficient=config.bank_coefficient,
    )


def spotting_loss(_model: Comedian, output: Output, targets: AnchorTargets) -> Tensor:
    """Binary cross entropy, mean over classes and valid samples."""
    loss = F.binary_cross_entropy_with_logits(output.logits, targets.confidence, reduction="none").mean(-1)
    return (loss * targets.valid).sum() / targets.valid.sum().clamp_min(1)


def windows_of(config: ComedianConfig) -> WindowPlan:
    """Windows half over each other without their ends, of which the greatest score counts."""
    return WindowPlan(config.window, max(1, config.window // 2), config.before, config.after, MAXIMUM)


def inputs_of(config: ComedianConfig) -> Inputs:
    """Pictures, normalised as the paper has it."""
    return Inputs(pictures=PictureSize(config.width, config.height), mean=_MEAN, std=_STD)


def _system(
    name: str, config: type[ComedianConfig], trunk: Callable[..., nn.Module]
) -> System[Spot, ComedianConfig, Comedian, AnchorTargets]:
    def build(settings: ComedianConfig) -> Comedian:
        return Comedian(settings, trunk(settings))

    return System[Spot, ComedianConfig, Comedian, AnchorTargets](
        name=name,
        paper="Denize et al., COMEDIAN, WACVW 2024",
        config=config,
        build=build,
        loss=spotting_loss,
        inputs=inputs_of,
        plan=windows_of,
        bfloat16=True,
        earlier_stages={
            INITIALISE: Stage[Finding, ComedianConfig, Initialising, BankTargets](
                no_targets,
                views_loss,
                labelled=False,
                build=lambda settings: Initialising(build(settings)),
                clip=lambda settings: settings.tube,
                views=lambda settings: settings.apart,
                keys=lambda settings: (settings.queue, settings.tube),
            ),
            DISTIL: Stage[Finding, ComedianConfig, Distilling, BankTargets](
                no_targets,
                bank_loss,
                labelled=False,
                taught=bank_targets,
                build=lambda settings: Distilling(build(settings)),
                keys=lambda settings: (settings.queue, settings.tube),
                taught_numbers=lambda settings: settings.bank,
            ),
            HEAD: Stage[Spot, ComedianConfig, Comedian, AnchorTargets](
                dense_targets, spotting_loss, rests=lambda network: (network.trunk, network.over_time)
            ),
        },
    )


register(_system("comedian-vivit", ViViTConfig, vision_transformer))
register(_system("comedian-viswin", ViSwinConfig, swin_transformer))
