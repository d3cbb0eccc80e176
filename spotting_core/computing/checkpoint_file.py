"""Files of weights that others publish: checkpoints of tensors, and safetensors."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from spotting_core.base.errors import BadInputError


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name; nothing in it is run.

    Errors:
        BadInputError: not a file of named tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
        state: dict[str, Tensor] = content.get("state_dict", content)
        return {name: value for name, value in state.items() if isinstance(value, Tensor)}
    except Exception as error:  # a damaged file fails wherever its reader happens to stumble
        raise BadInputError(
            f"this checkpoint cannot be read ({type(error).__name__})", where=path, fix="Give the published file"
        ) from error
