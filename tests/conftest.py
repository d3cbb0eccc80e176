"""What all tests share: where data lies, and how small models are made."""

from __future__ import annotations

import os
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.classes import load_classes
from spotting_core.features.sets import input_of
from spotting_core.models.card import Card, CardInput
from spotting_core.models.inputs import PictureSize
from spotting_core.models.load import save_model
from spotting_core.models.registry import system

settings.register_profile("patient", deadline=None)  # a busy machine must not fail what is only slow
settings.load_profile("patient")

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"
PAGES = "tests/app/components/"
"""Where the tests in Chromium are."""


@pytest.fixture(autouse=True)
def own_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataDirectory:
    """No test sees the user's data or another test's."""
    monkeypatch.setenv("TOUCHLINE_DATA", str(tmp_path / "data"))
    return DataDirectory(tmp_path / "data")


@pytest.fixture
def data(own_data_directory: DataDirectory) -> DataDirectory:
    return own_data_directory


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data that is not in the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the data folder {SHARED.name} beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def demo() -> Path:
    return REPOSITORY / "assets" / "demo_match"


def _table_of(names: tuple[str, ...]) -> str:
    """The bundled class table that has some classes."""
    tables = ("soccernet-v2", "soccernet-cameras", "soccernet-boundaries")
    return next((table for table in tables if load_classes(table).names == tuple(names)), tables[0])


def made_card(name: str, config: Any, read: CardInput) -> Card:
    """The card of a made model of a system; read: ``input`` of the card."""
    return Card(
        name=f"small {name}",
        system=name,
        paper=system(name).paper,
        config=asdict(config),
        class_table=_table_of(config.classes),
        classes=config.classes,
        input=read,
        window=config.window,
        entities=None,
        training={},
        scores={},
        domain="simulated",
        licence="Apache-2.0",
        task=system(name).task,
    )


def small_model(folder: Path, name: str = "e2e-spot", **settings: object) -> Path:
    """A model folder with random weights, fast enough for tests."""
    torch.manual_seed(0)
    kind = system(name)
    classes = load_classes().names
    shape = {"classes": classes, "width": 64, "height": 36, "dim": 32, "hidden": 16, "feed_forward": 32, "window": 20}
    known = {field.name for field in fields(kind.config)}
    config = kind.configure(**{**{k: v for k, v in shape.items() if k in known}, **settings})
    network = kind.build(config)
    entities = None
    if kind.inputs(config).entities:
        from spotting_core.entities.finder import EntityFinder

        finder = EntityFinder.load()
        names = list(finder.prompts.names)
        entities = {"model": "entities", "sha256": finder.sha256, "prompts": "football", "names": names}
    read = input_of([], config.rate, PictureSize(config.width, config.height))
    card = replace(made_card(name, config, read), entities=entities)
    save_model(folder, network, card)
    return folder


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """One process has all tests in Chromium: they share an app, and two browsers at once leave no picture its time."""
    from xdist.scheduler import LoadFileScheduling

    class OneBrowser(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return PAGES if nodeid.startswith(PAGES) else super()._split_scope(nodeid)

    return OneBrowser(config, log) if config.getoption("dist") == "loadfile" else None


def begun_first(item: pytest.Item) -> int:
    """Browser tests, which share an app, lie together; what else takes long comes before all that does not."""
    if item.get_closest_marker("browser"):
        return 0
    return 1 if item.get_closest_marker("long") else 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files are begun in the order of their length; tests that need a GPU run by themselves: `make test-gpu`."""
    items.sort(key=begun_first)
    if os.environ.get("TOUCHLINE_TEST_GPU"):
        return
    for item in items:
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))
