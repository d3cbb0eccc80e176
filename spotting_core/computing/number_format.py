"""In which number format networks compute: bfloat16 where the device calculates in it, else single precision.

A CPU without bfloat16 arithmetic emulates it, ten to twenty times slower than it computes in single precision.
"""

from __future__ import annotations

from functools import lru_cache

import torch

# As torch.cpu.get_capabilities names what calculates in bfloat16, on x86 and on ARM.
_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")


def in_bfloat16(device: torch.device | str, *, wanted: bool = True) -> torch.autocast:
    """Context in which networks on the device compute in half precision, if it is wanted and the device has it."""
    kind = torch.device(device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=wanted and has_bfloat16(kind))


@lru_cache(maxsize=8)
def has_bfloat16(kind: str) -> bool:
    """Whether a kind of device ("cpu", "cuda") calculates in bfloat16 itself."""
    if kind == "cuda":
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    if kind == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return torch.backends.mkldnn.is_available() and any(capabilities.get(name) for name in _BFLOAT16)
    return False
