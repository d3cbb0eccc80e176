"""Files of weights that others publish: checkpoints of tensors, and safetensors."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from spotting_core.base.errors import BadInputError


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name; nothing in it is run.

    Errors:
        BadInputError: not a file of named tensors, or one that would grow when it is read.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = load_tensors(path)
        state: dict[str, Tensor] = content.get("state_dict", content)
        return {name: value for name, value in state.items() if isinstance(value, Tensor)}
    except Exception as error:  # a damaged file fails wherever its reader happens to stumble
        raise BadInputError(
            f"this checkpoint cannot be read ({type(error).__name__})", where=path, fix="Give the published file"
        ) from error


def load_tensors(path: Path) -> Any:
    """What ``torch.save`` wrote, if it is tensors, numbers and texts alone; nothing in it is run.

    Errors:
        Exception: whatever the reader happens to stumble over.
        ValueError: it is packed, or holds a tensor that is larger than the file.
    """
    size = path.stat().st_size
    if zipfile.is_zipfile(path):  # a packed one, which torch never writes, would grow without bounds
        with zipfile.ZipFile(path) as archive:
            inside = sum(info.file_size for info in archive.infolist())
        if inside > size:
            raise ValueError("it is packed")
    content = torch.load(path, map_location="cpu", weights_only=True)
    for value in _tensors(content):
        if value.layout != torch.strided or value.numel() * value.element_size() > size:
            raise ValueError("a tensor in it is larger than the file")
    return content


def _tensors(content: Any) -> Iterator[Tensor]:
    if isinstance(content, Tensor):
        yield content
    elif isinstance(content, dict | list | tuple):
        for one in content.values() if isinstance(content, dict) else content:
            yield from _tensors(one)
