"""What a vision-language model says of every place of a picture: each place alone through the model's own last layer.

    C. Zhou, C. C. Loy, B. Dai, Extract Free Dense Labels from CLIP, ECCV 2022 (MaskCLIP)

A vision transformer's last attention mixes all places into those that texts are compared with; its values, through its
own projections, still are of their place. As in MaskCLIP the last attention is taken with every place attending to
itself alone: a sequence of one token, of which that attention gives exactly its projected value. What is ours: the same
is done with whatever mixes places last, so that it holds for towers of every make. Where pictures are pooled by
attention (SigLIP, CoCa) that is the pooling; in CLIP's residual networks the pooling's values; in convolutional trunks
the average, of which a map of one place is that place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from spotting_core.base.errors import BadInputError


def dense_features(visual: Any, pixels: Tensor, name: str) -> Tensor:
    """Features of every place, in the space of texts: (B, h, w, E), of no particular length.

    Arguments:
        visual: the image tower of an open_clip model; pixels: normalised (B, 3, H, W); name: of the model.

    Errors:
        BadInputError: a tower of which no places are known.
    """
    if hasattr(visual, "trunk"):
        return _of_trunk(visual, pixels, name)
    if hasattr(visual, "transformer") and hasattr(visual, "ln_post"):
        return _of_transformer(visual, pixels, name)
    if hasattr(visual, "attnpool") and hasattr(visual, "layer4"):
        return _of_residual_network(visual, pixels)
    raise _no_places(name)


def _no_places(name: str) -> BadInputError:
    fix = "Use another open_clip model, a detector, or leave it out to use the bundled model"
    return BadInputError("regions cannot be read from the image tower of this model", where=name, fix=fix)


def _of_transformer(visual: Any, pixels: Tensor, name: str) -> Tensor:
    """Of open_clip's own vision transformer, pooled by a token, an average or attention."""
    if getattr(visual, "attn_pool_contrastive", None) is not None:
        raise _no_places(name)
    pooled = visual.attn_pool is not None
    block = visual.transformer.resblocks[-1]
    with _Inputs(block if pooled else block.attn) as inputs:
        visual(pixels)
    if pooled:
        mixed = block(inputs.first)  # what the pooling reads
        mixed = mixed if visual.transformer.batch_first else mixed.transpose(0, 1)
        each = _alone(mixed, lambda one: visual.ln_post(visual.attn_pool(one))[:, :1])
    else:
        tokens = inputs.first if getattr(block.attn, "batch_first", True) else inputs.first.transpose(0, 1)
        each = visual.ln_post(_values(block.attn, tokens))
    places = _grid(each, visual.grid_size)
    return places if visual.proj is None else places @ visual.proj


def _of_trunk(visual: Any, pixels: Tensor, name: str) -> Tensor:
    """Of one of timm's trunks: transformers (CLIP's, SigLIP's, EVA's), convolutional and windowed networks."""
    trunk = visual.trunk
    blocks = getattr(trunk, "blocks", None)
    if getattr(trunk, "attn_pool", None) is not None:
        tokens = trunk.forward_features(pixels)
        each = trunk.fc_norm(_alone(tokens, lambda one: trunk.attn_pool(one)[:, None]))
    elif blocks is not None and hasattr(blocks[-1], "attn") and hasattr(trunk, "patch_embed"):
        with _Inputs(blocks[-1].attn) as inputs:
            trunk.forward_features(pixels)
        if inputs.first.ndim != 3:
            raise _no_places(name)
        each = trunk.fc_norm(trunk.norm(_values(blocks[-1].attn, inputs.first)))
    else:
        return _of_map(visual, pixels, name)
    return visual.head(trunk.head(_grid(each, trunk.patch_embed.grid_size)))


def _of_map(visual: Any, pixels: Tensor, name: str) -> Tensor:
    """Of a trunk that gives a map: every place of it as a map of its own through the trunk's head."""
    trunk = visual.trunk
    features = trunk.forward_features(pixels)
    if features.ndim != 4 or hasattr(visual.head, "pool"):
        raise _no_places(name)
    last = features.shape[1] != trunk.num_features  # of channels, as windowed transformers have it
    places = features if last else features.movedim(1, -1)
    batch, height, width, channels = places.shape
    one = places.reshape(-1, 1, 1, channels)
    each = visual.head(trunk.forward_head(one if last else one.movedim(-1, 1)))
    return each.reshape(batch, height, width, -1)


def _of_residual_network(visual: Any, pixels: Tensor) -> Tensor:
    """Of CLIP's residual networks: the values of the attention that pools them."""
    with _Inputs(visual.attnpool) as inputs:
        visual(pixels)
    pool = visual.attnpool
    return pool.c_proj(pool.v_proj(inputs.first.movedim(1, -1)))


def _values(attention: nn.Module, tokens: Tensor) -> Tensor:
    """What an attention gives for each of the tokens (B, N, D) that attends to itself alone: (B, N, D)."""
    if isinstance(attention, nn.MultiheadAttention):
        return _alone(tokens, lambda one: _asked(attention, one))
    return _alone(tokens, attention)


def _asked(attention: nn.MultiheadAttention, one: Tensor) -> Tensor:
    own = one if attention.batch_first else one.transpose(0, 1)
    value: Tensor = attention(own, own, own, need_weights=False)[0]
    return value if attention.batch_first else value.transpose(0, 1)


def _alone(tokens: Tensor, layer: Callable[[Tensor], Tensor]) -> Tensor:
    """A layer of sequences, of each token (B, N, D) as a sequence of its own: (B, N, D')."""
    return layer(tokens.reshape(-1, 1, tokens.shape[-1]))[:, 0].reshape(*tokens.shape[:2], -1)


def _grid(tokens: Tensor, size: tuple[int, int]) -> Tensor:
    """The places among tokens (B, N, D), which come last, as a grid: (B, h, w, D)."""
    height, width = size
    return tokens[:, -height * width :].reshape(len(tokens), height, width, -1)


class _Inputs:
    """What a layer is given first while a network runs: ``first``, a tensor."""

    def __init__(self, layer: nn.Module) -> None:
        self._layer = layer
        self.first = torch.empty(0)

    def __enter__(self) -> _Inputs:
        self._hook = self._layer.register_forward_pre_hook(self._keep, with_kwargs=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._hook.remove()

    def _keep(self, _layer: nn.Module, inputs: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.first = inputs[0] if inputs else next(iter(options.values()))
