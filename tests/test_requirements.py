"""What `make` installs is what the package asks for."""

from __future__ import annotations

import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
EXTRAS = [text for texts in PROJECT["optional-dependencies"].values() for text in texts]
REQUIRED = [Requirement(text) for text in (*PROJECT["dependencies"], *EXTRAS)]
LINES = (REPOSITORY / "requirements.txt").read_text().splitlines()
PINNED = [Requirement(line) for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize("pin", PINNED, ids=lambda pin: pin.name)
def test_a_pin_is_exact_and_in_the_range_that_the_package_asks_for(pin: Requirement) -> None:
    (exact,) = pin.specifier
    assert exact.operator == "=="
    (required,) = [a for a in REQUIRED if canonicalize_name(a.name) == canonicalize_name(pin.name)]
    assert required.specifier.contains(exact.version)
    assert {s.operator for s in required.specifier} == {">=", "<"}


def test_everything_that_is_asked_for_is_pinned() -> None:
    assert {canonicalize_name(a.name) for a in REQUIRED} == {canonicalize_name(p.name) for p in PINNED}


def test_the_engine_that_reads_text_knows_nobody_to_tell() -> None:
    found = find_spec("onnxruntime")
    assert found is not None
    assert found.origin is not None
    libraries = [p for p in (Path(found.origin).parent / "capi").iterdir() if ".so" in p.name or p.suffix == ".dylib"]
    assert libraries
    assert [p.name for p in libraries if b"events.data.microsoft.com" in p.read_bytes()] == []
