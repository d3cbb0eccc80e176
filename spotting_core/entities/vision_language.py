"""The vision-language model that finds entities: any open_clip model, by tag, local checkpoint or folder.

    VisionLanguageModel.load("entities")                 the bundled one (assets/weights/entities)
    VisionLanguageModel.load("my_folder")                a folder with open_clip_config.json and weights
    VisionLanguageModel.load("ViT-B-32:laion2b_s34b_b79k")   with weights of a hub tag; needs a connection once
    VisionLanguageModel.load("ViT-B-32:vit_b_32.pt")     with those of a local checkpoint

The bundled model's image tower (``pyramid``) says at every stride-4 cell what it sees and where its box
lies. Other open_clip models say of every place what their own last layer says of it alone (``dense_features``); their
regions come from the map of similarities (``proposals.regions_of_map``).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.base.archives import inflate
from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_content, read_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.computing.fold import fold_batch_norm
from spotting_core.entities.dense_features import dense_features
from spotting_core.entities.pyramid import EntityPyramid
from spotting_core.media.fingerprint import file_hash, joint_hash
from spotting_core.media.pixels import IMAGENET_MEAN, IMAGENET_STD, normalised

log = logging.getLogger(__name__)

BUNDLED = "entities"
MERGES_FILE = "merges.txt.gz"


@dataclass
class VisionLanguageModel:
    """An open_clip model in evaluation mode, with its tokenizer and picture statistics.

    Arguments:
        model: the open_clip model.
        name: as the user gave it.
        sha256: of its weights, so that an analysis can say what found its entities.
        mean, std: of the pictures it was trained on, RGB, 0 to 1.
    """

    model: Any
    tokenizer: open_clip.SimpleTokenizer
    name: str
    sha256: str
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def load(cls, name: str | Path = BUNDLED, device: str = "cpu") -> VisionLanguageModel:
        """Load a model.

        Errors:
            BadInputError: unknown name or tag, a name without weights, no connection to fetch it, weights that do not
                fit, or a folder whose description names what lies elsewhere.
        """
        folder = entity_model_folder(name)
        architecture, _, pretrained = str(name).partition(":")
        if folder is None:
            _check_listed(architecture, pretrained)
        else:
            check_description(folder)
        try:
            if folder is not None:
                model, tokenizer, weights = _load_folder(folder)
            else:
                model = open_clip.create_model(architecture, pretrained=pretrained, device="cpu")
                tokenizer = open_clip.get_tokenizer(architecture)
                weights = Path(pretrained) if Path(pretrained).is_file() else None
        except Exception as error:  # open_clip and what it loads raise whatever they meet
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise BadInputError(
                f"the vision-language model {name!s} cannot be loaded ({reason})",
                fix="Give an open_clip name and tag (which needs a connection the first time), a local "
                "checkpoint, or leave it out to use the bundled model",
            ) from error
        sha256 = file_hash(weights) if weights else joint_hash([architecture, pretrained])
        mean, std = _statistics(model)
        network = fold_batch_norm(model.eval()).to(device).to(memory_format=torch.channels_last)
        return cls(network, tokenizer, str(name), sha256, mean, std)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @property
    def pyramid(self) -> EntityPyramid | None:
        """The image tower if it is ours."""
        trunk = getattr(self.model.visual, "trunk", None)
        return trunk if isinstance(trunk, EntityPyramid) else None

    @property
    def embed_dim(self) -> int:
        return int(self.encode_texts(["a"]).shape[1])

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit-length embeddings: (K, E)."""
        tokens = self.tokenizer(list(texts)).to(self.device)
        return F.normalize(self.model.encode_text(tokens).float(), dim=1)

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> Tensor:
        """One unit-length embedding per group of texts, their mean: (K, E)."""
        return F.normalize(torch.stack([self.encode_texts(g).mean(0) for g in groups]), dim=1)

    @torch.inference_mode()
    def patches(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Unit-length patch embeddings (B, E, h, w) and picture embeddings (B, E) of a model without a pyramid.

        See ``dense_features``.

        Errors:
            BadInputError: an image tower of another kind.
        """
        pictures = F.normalize(self.model.encode_image(pixels).float(), dim=1)
        places = dense_features(self.model.visual, pixels, self.name)
        return F.normalize(places.float(), dim=-1).movedim(-1, 1), pictures

    @property
    def input_size(self) -> int:
        """Pixels of a side of the square pictures that a model without a pyramid reads."""
        size = self.model.visual.image_size
        return int(size if isinstance(size, int) else size[0])

    def normalise(self, images: np.ndarray) -> Tensor:
        """uint8 (B, H, W, 3) RGB to a normalised float (B, 3, H, W) on the model's device."""
        return normalised(images, self.mean, self.std, self.device)


def _check_listed(name: str, pretrained: str) -> None:
    """Refuse a model or tag that open_clip does not list: a hub's address is none. Without a tag weights are random.

    Errors:
        BadInputError: see above.
    """
    tags = open_clip.list_pretrained_tags_by_model(name) if name in open_clip.list_models() else None
    if tags is not None and not pretrained:
        what = f"open_clip's {name} needs weights"
        raise BadInputError(what, fix=f"Name them behind a colon: {', '.join(f'{name}:{tag}' for tag in tags[:3])}")
    if tags is None or (pretrained not in tags and not Path(pretrained).is_file()):
        wrong = f"model {name[:80]!r}" if tags is None else f"tag {pretrained[:80]!r} of {name}"
        raise BadInputError(
            f"open_clip lists no {wrong}, and no folder or file is called so",
            fix="Give NAME:TAG or NAME:FILE of open_clip, or a folder with open_clip_config.json, or "
            "leave it out to use the bundled model",
        )


def check_description(folder: Path) -> None:
    """Refuse a model's folder that names what lies elsewhere, is packed beyond its size, or asks for absurd sizes.

    Errors:
        BadInputError: see above.
    """
    path = folder / "open_clip_config.json"
    content = read_json(path, "description of a vision-language model")
    fix = "Copy the model folder again"
    try:
        described = validated(_Described, content).model_cfg
        towers = (described.vision_cfg, described.text_cfg)
        for tower in towers:
            _check_tower(tower)
        if not 1 <= described.embed_dim <= _WIDEST:
            raise InvalidContentError(f"embed_dim must be 1 to {_WIDEST}")
    except InvalidContentError as error:
        raise BadInputError(f"this description cannot be used ({error})", where=path, fix=fix) from error
    if not any(folder.glob("*.safetensors")):
        raise BadInputError("this model has no weights (safetensors)", where=folder, fix=fix)
    merges = folder / MERGES_FILE
    if merges.is_file():
        inflate(read_content(merges), _LARGEST_MERGES, merges)


_WIDEST, _LARGEST_MERGES = 8192, 16 << 20
_TIMM_NAME = re.compile(r"^[\w.]+$")


@dataclass(frozen=True)
class _ModelConfig:
    embed_dim: int
    vision_cfg: Mapping[str, Any]
    text_cfg: Mapping[str, Any]


@dataclass(frozen=True)
class _Described:
    """What is looked at of ``open_clip_config.json``."""

    model_cfg: _ModelConfig


def _check_tower(tower: Mapping[str, Any]) -> None:
    for name, value in tower.items():
        if name.startswith("hf_") and value:
            raise InvalidContentError(f"{name} names what lies elsewhere")
        if name == "timm_model_name" and not _TIMM_NAME.match(str(value)):
            raise InvalidContentError(f"timm_model_name {str(value)[:80]!r} is none of timm's")
        if name == "timm_model_pretrained" and value:
            raise InvalidContentError("timm_model_pretrained asks for weights that lie elsewhere")
        most = 512 if name in ("layers", "heads") else 1_000_000 if name == "vocab_size" else _WIDEST
        sizes = value if isinstance(value, list) else [value]
        if any(isinstance(size, int) and not isinstance(size, bool) and not 0 <= size <= most for size in sizes):
            raise InvalidContentError(f"{name} must be 0 to {most}")


def entity_model_folder(name: str | Path) -> Path | None:
    for candidate in (Path(name), asset("weights", str(name))):
        if (candidate / "open_clip_config.json").is_file():
            return candidate
    return None


def _load_folder(folder: Path) -> tuple[Any, Any, Path | None]:
    where = f"local-dir:{folder}"
    model = open_clip.create_model(where, device="cpu")
    merges = folder / MERGES_FILE
    options = {"bpe_path": str(merges)} if merges.is_file() else {}
    weights = next(iter(sorted(folder.glob("*.safetensors"))), None)
    return model, open_clip.get_tokenizer(where, **options), weights


def _statistics(model: torch.nn.Module) -> tuple[tuple[float, ...], tuple[float, ...]]:
    visual = model.visual
    mean, std = getattr(visual, "image_mean", None), getattr(visual, "image_std", None)
    return (tuple(mean), tuple(std)) if mean and std else (IMAGENET_MEAN, IMAGENET_STD)
