"""Files of weights that others publish: checkpoints of tensors, and safetensors."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.computing.finite_weights import check_weights

_STATES = ("state_dict", "model_state_dict", "nn_state_dict", "model")
_SCALAR = np.float64(0).__reduce__()[0]  # what makes a number of NumPy again, by its present and its former name
_NUMBERS: list[Any] = [
    np.dtype,
    (_SCALAR, "numpy.core.multiarray.scalar"),
    (_SCALAR, "numpy._core.multiarray.scalar"),
    *(type(np.dtype(kind)) for kind in ("float32", "float64", "int32", "int64", "bool")),
]
"""Numbers of NumPy, which training keeps beside its weights and which run nothing."""
_PICKLE = b"\x80"  # its first byte
_WRAPPERS = ("module.", "_model.", "model.")  # what training wraps networks in names all of their tensors after itself


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, without what a network was wrapped in; nothing in the file is run.

    Errors:
        BadInputError: not a file of named tensors, one that would run code or grow when it is read, or one with a
            tensor that holds no numbers.
    """
    with _refusing(path, "checkpoint"):
        state = _state_of(load_file(path) if path.suffix == ".safetensors" else load_tensors(path))
    check_weights(state, path, "Get the file again")
    return state


def read_tensors(path: Path, what: str) -> Any:
    """What a file holds that is no checkpoint; what: as it is called. Nothing in it is run.

    Errors:
        BadInputError: it cannot be read, or asks for more than tensors.
    """
    with _refusing(path, what):
        return load_tensors(path)


@contextmanager
def _refusing(path: Path, what: str) -> Iterator[None]:
    """Say of a file that is read inside what is wrong with it.

    Errors:
        BadInputError: whatever its reader stumbled over.
    """
    try:
        yield
    except Exception as error:  # a damaged file fails wherever its reader happens to stumble
        if isinstance(error, UnpicklingError) and (more := _beyond_tensors(error, path)):
            raise BadInputError(
                f"this file asks for more than tensors when it is read ({more}), and is not read",
                where=path,
                fix="Such a file can run any code; its authors can save the network's state dict alone, or safetensors",
            ) from error
        raise BadInputError(
            f"this {what} cannot be read ({type(error).__name__})",
            where=path,
            fix=f"The file is damaged, cut short or no {what}: get it again",
        ) from error


def _state_of(content: Any) -> dict[str, Tensor]:
    inner = next((content[name] for name in _STATES if isinstance(content.get(name), dict)), content)
    state = {str(name): value for name, value in inner.items() if isinstance(value, Tensor)}
    while prefix := next((p for p in _WRAPPERS if state and all(name.startswith(p) for name in state)), ""):
        state = {name.removeprefix(prefix): value for name, value in state.items()}
    return state


def _beyond_tensors(error: UnpicklingError, path: Path) -> str:
    """What a pickle asks for beside tensors; empty for what is no pickle."""
    if name := re.search(r"GLOBAL ([\w.]+)", str(error)):
        return name.group(1)
    with path.open("rb") as file:
        return "a pickle of its own" if file.read(1) == _PICKLE else ""


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
    with warnings.catch_warnings(), torch.serialization.safe_globals(_NUMBERS):
        warnings.simplefilter("ignore")  # of pickles that are refused anyway
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
