"""In which order a network's kernels lie in memory: channels last, in which processors and GPUs convolve fastest."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

_Module = TypeVar("_Module", bound=nn.Module)
_LAYOUTS = {4: torch.channels_last, 5: torch.channels_last_3d}  # by dimensions: kernels over a picture, over a video


def channels_last(network: _Module) -> _Module:
    """The same network with all of its kernels laid out channels last, whatever they go over."""
    for tensor in (*network.parameters(), *network.buffers()):
        layout = _LAYOUTS.get(tensor.ndim)
        if layout is not None:
            # Anew: a kernel of one channel counts as laid out so already, but is convolved in another way.
            tensor.data = torch.empty_like(tensor.data, memory_format=layout).copy_(tensor.data)
    return network
