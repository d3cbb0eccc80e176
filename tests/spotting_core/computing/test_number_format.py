"""Half precision where the device calculates in it, single where it would be emulated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from spotting_core.computing.number_format import has_bfloat16, in_bfloat16


@pytest.fixture(autouse=True)
def fresh_capabilities() -> Iterator[None]:
    has_bfloat16.cache_clear()
    yield
    has_bfloat16.cache_clear()


def product(*, wanted: bool = True) -> torch.dtype:
    with in_bfloat16("cpu", wanted=wanted):
        return (torch.ones(2, 2) @ torch.ones(2, 2)).dtype


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16", "bf16"])
def test_half_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, name: True})
    assert product() == torch.bfloat16
    assert product(wanted=False) == torch.float32


def test_single_where_it_would_be_emulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_f": True, "avx512_bf16": False})
    assert product() == torch.float32


def test_not_wanted_inside_of_wanted_is_single(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    with in_bfloat16("cpu"):
        assert product(wanted=False) == torch.float32


def test_other_devices_compute_in_single_precision() -> None:
    assert not has_bfloat16("meta")
