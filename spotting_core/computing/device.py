"""Which device networks compute on: the GPU where there is one, else the processor."""

from __future__ import annotations

from spotting_core.base.errors import BadInputError

AUTO = "auto"
DEVICES = (AUTO, "cpu", "cuda")


def device_named(name: str = AUTO) -> str:
    """The device to use, ``cpu`` or ``cuda``.

    Arguments:
        name: one of ``DEVICES``; ``auto`` takes the GPU where there is one.

    Errors:
        BadInputError: unknown, or a GPU where there is none.
    """
    import torch  # by those alone that load a network

    if name not in DEVICES:
        raise BadInputError(f"there is no device {name!r}", fix=f"Choose one of {', '.join(DEVICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise BadInputError("no CUDA device is available here", fix="Use --device cpu")
    if name == AUTO:
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name
