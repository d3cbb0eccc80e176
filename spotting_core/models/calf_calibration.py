"""CALF beside a representation of the pitch: where the camera looks and who is there.

Paper: Cioppa et al., "Camera Calibration and Player Localization in SoccerNet-v2 and Investigation of their
Representations for Action Spotting" (CVPRW 2021).
Original code: SoccerNet/sn-spotting, folders CALF_Calibration and CALF_Calibration_GCN.

The visual branch is CALF's (``calf``); beside it stands a branch of one representation, as many channels wide, and what
follows reads both:

* ``top-view``: the picture of the pitch from above, through two convolutions and CALF's pyramid over time at each place
  of what is left of it; of all places the largest;
* ``numbers``: numbers of a frozen image network over that picture (or any others), through one linear layer;
* ``graph``: the players as a graph, through GENConv layers with residuals, and of all players of a sample the largest;
* ``none``: nothing, which is CALF.

The features say what is there: the last feature set is the representation, those before it are what the visual branch
reads; where the representation is the only set, it stands alone.

Differences:
* what differs in ``calf``, whose loss this is, though those of the two public codes are not the same one;
* the paper spots eight classes with a calibration and the other nine with a second model; here a model spots all
  classes of its table, and eight are a table of eight;
* the normalisation inside a graph's layers is over the numbers of each node, not over all nodes of a batch: what is
  said of a window does not depend on which others are judged with it;
* the number of parameters of the public code leaves room for a layer from 8 to the graph's width that the paper does
  not tell of. Here it reads the difference of two nodes and tells the edge between them;
* the convolutions of the top view are over frames, then over time, which is what kernels of (1, 5, 5) and (k, 1, 1)
  are; the size of its second kernel is ours;
* the small setting that is trained here (``assets/training/calf-calibration.toml``) has half of the channels and a
  graph of two layers of 16.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.errors import BadInputError
from spotting_core.base.validation import Positive, Share
from spotting_core.formats.field_calibration import RATE
from spotting_core.models.calf import Calf, CalfConfig, calf_loss, calf_targets, over_time, pyramid
from spotting_core.models.registry import System, register
from spotting_core.representations import player_graph, top_view

TOP_VIEW, NUMBERS, GRAPH, NONE = "top-view", "numbers", "graph", "none"
_VIEW_FIRST = 16  # channels of the top view's first convolution


@dataclass(frozen=True)
class CalibrationConfig(CalfConfig):
    """Shape and loss of the model: see ``CalfConfig``, whose channels are those for a multiplier of 1.

    Arguments:
        representation: ``top-view``, ``numbers``, ``graph`` or ``none``.
        sets: widths of the feature sets side by side, the last one that of the representation; empty for one.
        multiplier: of all channels.
        layers, width, dropout: of the graph.
    """

    first: int = 64
    second: int = 16
    pyramid: tuple[int, ...] = (4, 8, 16, 32)
    representation: str = NUMBERS
    sets: tuple[int, ...] = ()
    multiplier: Positive = 2
    layers: Positive = 14
    width: Positive = 64
    dropout: Share = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.representation not in (TOP_VIEW, NUMBERS, GRAPH, NONE):
            known = f"{TOP_VIEW}, {NUMBERS}, {GRAPH} or {NONE}"
            raise ValueError(f"representation must be {known}, not {self.representation!r}")

    @property
    def widths(self) -> tuple[int, int, tuple[int, ...]]:
        first, second, branches = super().widths
        return self.multiplier * first, self.multiplier * second, tuple(self.multiplier * width for width in branches)

    @property
    def represented(self) -> int:
        """Numbers of a sample that are the representation."""
        return 0 if self.representation == NONE else (self.sets or (self.dim,))[-1]


class TopViewBranch(nn.Module):
    """Pictures of the pitch from above (B, T, 6144) to (B, context, T, 1)."""

    def __init__(self, config: CalibrationConfig) -> None:
        super().__init__()
        self.conv_1 = nn.Conv2d(top_view.CHANNELS, _VIEW_FIRST, 5, padding=2)
        self.conv_2 = nn.Conv2d(_VIEW_FIRST, config.widths[1], 5, padding=2)
        self.pads, self.branches = pyramid(config)

    def forward(self, read: Tensor) -> Tensor:
        b, t = read.shape[:2]
        pictures = read.reshape(b * t, top_view.HEIGHT, top_view.WIDTH, top_view.CHANNELS).permute(0, 3, 1, 2)
        small = F.max_pool2d(F.relu(self.conv_1(pictures)), 4)
        small = F.max_pool2d(F.relu(self.conv_2(small)), 2)  # (B * T, second, 4, 8)
        places = small.view(b, t, small.shape[1], -1).transpose(1, 2)  # (B, second, T, 32)
        return over_time(self.pads, self.branches, places).amax(3, keepdim=True)


class NumbersBranch(nn.Module):
    """Numbers (B, T, D) to (B, context, T, 1)."""

    def __init__(self, config: CalibrationConfig) -> None:
        super().__init__()
        self.linear = nn.Linear(config.represented, config.context)

    def forward(self, read: Tensor) -> Tensor:
        return F.relu(self.linear(read)).transpose(1, 2).unsqueeze(3)


class GraphBranch(nn.Module):
    """Nodes of the graph of players (B, T, 200) to (B, context, T, 1); zero for a sample without players."""

    def __init__(self, config: CalibrationConfig) -> None:
        super().__init__()
        self.nodes = nn.Linear(player_graph.NODE, config.width)
        self.edges = nn.Linear(player_graph.NODE, config.width)
        self.layers = nn.ModuleList(_graph_layer(config) for _ in range(config.layers))
        self.out = nn.Linear(config.width, config.context)

    def forward(self, read: Tensor) -> Tensor:
        b, t = read.shape[:2]
        nodes = read.reshape(b * t, player_graph.NODES, player_graph.NODE)
        real, edges = player_graph.edges(nodes)
        known = nodes[real]
        one, other = edges
        state, between = self.nodes(known), self.edges(known[one] - known[other])
        for layer in self.layers:
            state = layer(state, edges, between)
        said: Tensor = self.out(state)
        sample = torch.arange(b * t, device=read.device).unsqueeze(1).expand_as(real)[real]
        most = said.new_zeros(b * t, said.shape[1]).scatter_reduce(
            0, sample.unsqueeze(1).expand_as(said), said, "amax", include_self=False
        )
        return most.view(b, t, -1).transpose(1, 2).unsqueeze(3)


def _graph_layer(config: CalibrationConfig) -> nn.Module:
    """One layer with its residual. The library is asked for here, for importing it takes a second."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)
        from torch_geometric.nn import DeepGCNLayer, GENConv, LayerNorm
    width = config.width
    conv: Any = GENConv(width, width, aggr="softmax", learn_t=True, norm="layer", num_layers=2, bias=True)
    for part in conv.mlp:
        if isinstance(part, LayerNorm):
            part.mode = "node"
    layer: nn.Module = DeepGCNLayer(conv, nn.LayerNorm(width), nn.ReLU(), block="res+", dropout=config.dropout)
    return layer


class CalfCalibration(Calf):
    """The model. ``forward`` takes a ``Window`` with features of exactly ``config.window`` samples.

    Errors:
        BadInputError: feature sets that do not add up, or that are not what is represented.
    """

    config: CalibrationConfig

    def __init__(self, config: CalibrationConfig) -> None:
        _check(config)
        self.visual = config.dim - config.represented
        super().__init__(config, self.visual, config.context if config.represented else 0)
        self.beside: nn.Module | None = _BRANCHES[config.representation](config) if config.represented else None

    def capsules(self, features: Tensor) -> Tensor:
        parts = [self.seen(features[..., : self.visual])] if self.visual else []
        if self.beside is not None:
            parts.append(self.beside(features[..., self.visual :]))
        capsules: Tensor = self.conv_seg(torch.cat(parts, dim=1))
        return capsules


_BRANCHES: dict[str, type[TopViewBranch] | type[NumbersBranch] | type[GraphBranch]] = {
    TOP_VIEW: TopViewBranch,
    NUMBERS: NumbersBranch,
    GRAPH: GraphBranch,
}
_WIDTHS = {TOP_VIEW: top_view.NUMBERS, GRAPH: player_graph.NUMBERS}


def _check(config: CalibrationConfig) -> None:
    if config.sets and sum(config.sets) != config.dim:
        what = f"the feature sets have {' + '.join(map(str, config.sets))} numbers a sample, not {config.dim}"
        raise BadInputError(what)
    wanted = _WIDTHS.get(config.representation, config.represented)
    if config.represented != wanted:
        raise BadInputError(
            f"the last feature set has {config.represented} numbers a sample, the representation "
            f"{config.representation} is made of {wanted}",
            fix='Name the set last among the features: "top-view", "top-view-physics" or "players"',
        )
    if config.representation == GRAPH and config.rate != RATE:
        raise BadInputError(
            f"players are known {RATE:g} times a second, and between two samples nobody is; this model has "
            f"{config.rate:g}",
            fix=f"Set rate = {RATE:g}",
        )


PAPER = "Cioppa et al., Camera Calibration and Player Localization in SoccerNet-v2, CVPRW 2021"
PAPER_CLASSES = (
    "Penalty",
    "Kick-off",
    "Throw-in",
    "Direct free-kick",
    "Corner",
    "Yellow card",
    "Red card",
    "Yellow->red card",
)
"""The classes that the paper spots with calibrations."""

register(
    System(
        name="calf-calibration",
        paper=PAPER,
        config=CalibrationConfig,
        build=CalfCalibration,
        loss=calf_loss,
        targets=calf_targets,
        paper_settings={
            "classes": PAPER_CLASSES,
            "representation": GRAPH,
            "dim": 512 + player_graph.NUMBERS,
            "sets": (512, player_graph.NUMBERS),
        },
    )
)
