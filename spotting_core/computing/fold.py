"""Folding batch normalisation into the convolution before it: the same numbers with one pass less.

For inference only; a folded network has other weights and is not saved.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

from timm.layers import BatchNormAct2d, ConvNormAct
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

_Module = TypeVar("_Module", bound=nn.Module)


def fold_batch_norm(network: _Module) -> _Module:
    """Fold every batch normalisation that directly follows a convolution, in place. ``network`` is in eval mode."""
    for module in network.modules():
        if isinstance(module, ConvNormAct) and isinstance(module.bn, BatchNormAct2d):
            _fold_timm(module)
        elif isinstance(module, nn.Sequential):
            _fold_sequence(module)
    return network


def _fold_timm(block: ConvNormAct) -> None:
    norm = block.bn
    assert isinstance(norm, BatchNormAct2d)
    block.conv = fuse_conv_bn_eval(block.conv, _plain(norm))
    block.bn = nn.Sequential(norm.drop, norm.act)


def _plain(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    """The normalisation without the activation that timm keeps in it."""
    plain = nn.BatchNorm2d(norm.num_features, norm.eps)
    plain.load_state_dict(norm.state_dict())
    return plain.eval().to(norm.weight.device)


def _fold_sequence(sequence: nn.Sequential) -> None:
    children = list(sequence.named_children())
    for (name, conv), (next_name, norm) in pairwise(children):
        if type(conv) is nn.Conv2d and type(norm) is nn.BatchNorm2d:
            sequence._modules[name] = fuse_conv_bn_eval(conv, norm)
            sequence._modules[next_name] = nn.Identity()
