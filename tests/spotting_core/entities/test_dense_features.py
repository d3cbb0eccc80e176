"""Features of every place by a model's own last layer, on small random towers of every make."""

from __future__ import annotations

from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.base.errors import BadInputError
from spotting_core.entities.dense_features import dense_features
from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.vision_language import VisionLanguageModel

TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
PLAIN = {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16}
TOWERS: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "CLIP": (PLAIN, (4, 4)),
    "averaging CLIP": ({**PLAIN, "pool_type": "avg", "final_ln_after_pool": True}, (4, 4)),
    "CoCa": ({**PLAIN, "attentional_pool": True, "attn_pooler_heads": 2, "attn_pooler_queries": 3}, (4, 4)),
    "residual CLIP": ({"image_size": 64, "layers": [1, 1, 1, 1], "width": 16}, (2, 2)),
    "timm": ({"timm_model_name": "vit_tiny_patch16_224", "timm_pool": "avg", "timm_proj": "linear", "image_size": 224}, (14, 14)),
    "SigLIP": ({"timm_model_name": "vit_tiny_patch16_224", "timm_pool": "map", "timm_proj": "none", "image_size": 224}, (14, 14)),
    "EVA": ({"timm_model_name": "eva02_tiny_patch14_224", "timm_pool": "token", "timm_proj": None, "image_size": 224}, (16, 16)),
    "convolutional": ({"timm_model_name": "convnext_atto", "timm_pool": "avg", "timm_proj": "linear", "image_size": 64}, (2, 2)),
    "windowed": ({"timm_model_name": "swin_s3_tiny_224", "timm_pool": "avg", "timm_proj": "linear", "image_size": 224}, (7, 7)),
}  # fmt: skip


def tower(name: str) -> tuple[Any, int]:
    """A model of open_clip with random weights, and the side of its pictures."""
    torch.manual_seed(5)
    vision = TOWERS[name][0]
    width = 192 if vision.get("timm_proj") == "none" else 32
    model = open_clip.CLIP(embed_dim=width, vision_cfg=vision, text_cfg=TEXT).eval()
    return model, int(vision["image_size"])


def pixels(side: int) -> Tensor:
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(6))


@pytest.mark.parametrize("name", TOWERS)
@torch.inference_mode()
def test_every_place_has_features_in_the_space_of_texts(name: str) -> None:
    model, side = tower(name)
    images = pixels(side)
    places = dense_features(model.visual, images, name)
    assert places.shape == (2, *TOWERS[name][1], model.encode_image(images).shape[1])
    assert torch.isfinite(places).all()
    assert places[0].flatten(0, 1).std(0).min() > 0  # no two places are the same
    alone = dense_features(model.visual, images[1:], name)
    torch.testing.assert_close(alone[0], places[1], atol=1e-4, rtol=1e-3)


def without_class_token(tokens: Tensor) -> Tensor:
    return tokens[:, 1:].reshape(2, 4, 4, -1)


@torch.inference_mode()
def test_clips_are_the_projected_values_of_its_last_attention() -> None:
    model, side = tower("CLIP")
    visual, images = model.visual, pixels(side)
    x = visual._embeds(images)
    x = visual.transformer.resblocks[0](x)
    last = visual.transformer.resblocks[1]
    weight, bias = last.attn.in_proj_weight[128:], last.attn.in_proj_bias[128:]
    values = last.attn.out_proj(F.linear(last.ln_1(x), weight, bias))
    expected = without_class_token(visual.ln_post(values) @ visual.proj)
    torch.testing.assert_close(dense_features(visual, images, "CLIP"), expected, atol=1e-5, rtol=1e-4)
    mixed = without_class_token(visual.ln_post(last(x)) @ visual.proj)
    assert not torch.allclose(dense_features(visual, images, "CLIP"), mixed, atol=1e-2)


@torch.inference_mode()
def test_siglips_are_what_its_pooling_says_of_one_place() -> None:
    model, side = tower("SigLIP")
    trunk, images = model.visual.trunk, pixels(side)
    pool, tokens = trunk.attn_pool, trunk.forward_features(images)
    value = pool.proj(pool.kv(tokens)[..., 192:])
    value = value + pool.mlp(pool.norm(value))
    expected = trunk.head(value)[:, 1:].reshape(2, 14, 14, -1)
    torch.testing.assert_close(dense_features(model.visual, images, "SigLIP"), expected, atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def test_evas_are_the_projected_values_without_the_turning_of_places() -> None:
    model, side = tower("EVA")
    trunk, images = model.visual.trunk, pixels(side)
    inputs: list[Tensor] = []
    last = trunk.blocks[-1].attn
    hook = last.register_forward_pre_hook(lambda _m, given, _o: inputs.append(given[0]), with_kwargs=True)
    trunk.forward_features(images)
    hook.remove()
    values = last.proj(last.norm(last.v_proj(inputs[0]) if last.qkv is None else _value_part(last, inputs[0])))
    expected = trunk.head(trunk.fc_norm(trunk.norm(values)))[:, 1:].reshape(2, 16, 16, -1)
    torch.testing.assert_close(dense_features(model.visual, images, "EVA"), expected, atol=1e-4, rtol=1e-3)


def _value_part(attention: Any, tokens: Tensor) -> Tensor:
    width = attention.qkv.weight.shape[0] // 3
    return F.linear(tokens, attention.qkv.weight[2 * width :], attention.v_bias)


@torch.inference_mode()
def test_a_residual_networks_are_the_values_of_its_pooling() -> None:
    model, side = tower("residual CLIP")
    visual, images = model.visual, pixels(side)
    features = visual.layer4(visual.layer3(visual.layer2(visual.layer1(visual.stem(images)))))
    pool = visual.attnpool
    expected = pool.c_proj(pool.v_proj(features.movedim(1, -1)))
    torch.testing.assert_close(dense_features(visual, images, "residual CLIP"), expected, atol=1e-5, rtol=1e-4)


def test_a_tower_without_places_is_refused() -> None:
    with pytest.raises(BadInputError, match="regions cannot be read from the image tower of this model"):
        dense_features(torch.nn.Linear(3, 3), torch.zeros(1, 3), "plain")


@pytest.mark.parametrize("name", ["CLIP", "SigLIP"])
def test_regions_are_found_at_the_size_that_a_model_reads(name: str) -> None:
    model, side = tower(name)
    own = VisionLanguageModel(model, open_clip.get_tokenizer("ViT-B-32"), name, "0" * 64, (0.5,) * 3, (0.5,) * 3)
    assert own.input_size == side
    images = np.random.default_rng(0).integers(0, 255, (2, 120, 200, 3), dtype=np.uint8)
    regions, embedding = EntityFinder(own, load_prompts()).find(images)
    assert len(regions) == len(embedding) == 2
