"""Which device networks compute on."""

from __future__ import annotations

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.computing.device import device_named
from spotting_core.jobs.kind import Context


@pytest.mark.parametrize(("there", "chosen"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_used_where_there_is_one(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch, there: bool, chosen: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: there)
    assert device_named() == chosen
    assert Context(data, lambda *_: True).device == chosen
    assert Context(data, lambda *_: True, "cpu").device == "cpu"


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(BadInputError, match="no CUDA device"):
        device_named("cuda")
    with pytest.raises(BadInputError, match="no device 'tpu'"):
        device_named("tpu")
