"""What ships as weights: small enough for a clone, each with a card that says how it came about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.entities.rescoring import RESCORING_FILE
from spotting_core.media.fingerprint import file_hash
from spotting_core.models.card import WEIGHTS_FILE
from tests.conftest import REPOSITORY

WEIGHTS = REPOSITORY / "assets" / "weights"
MOST = 30e6  # bytes
MODELS = sorted(path.parent for path in WEIGHTS.rglob(WEIGHTS_FILE))


def test_all_weights_together_stay_small() -> None:
    sizes = {path.parent.name: path.stat().st_size for path in WEIGHTS.rglob("*.safetensors")}
    assert sizes
    assert sum(sizes.values()) < MOST, sizes


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_the_command_that_made_them_is_in_the_repository(folder: Path) -> None:
    """Of the weights and of every stage before."""
    facts = json.loads((folder / "card.json").read_text())["training"]
    while facts:
        words = facts["command"].split()
        configuration = next(word for word in words if word.endswith(".toml"))
        assert (REPOSITORY / "assets" / "training" / configuration.rpartition("/")[2]).is_file(), facts["command"]
        facts = facts.get("earlier")


def test_the_page_of_entities_is_of_the_weights_that_ship() -> None:
    page = (REPOSITORY / "docs" / "entities.md").read_text()
    for name, file in (("weights", WEIGHTS_FILE), ("judges", RESCORING_FILE)):
        assert f"{name} {file_hash(WEIGHTS / 'entities' / file)[:12]}" in page


def test_the_readme_is_of_the_spotting_weights_that_ship() -> None:
    assert (
        f"weights {file_hash(WEIGHTS / 'entity-attention' / WEIGHTS_FILE)[:12]}"
        in (REPOSITORY / "README.md").read_text()
    )


def test_the_command_that_made_the_judges_is_in_the_repository() -> None:
    command = json.loads((WEIGHTS / "entities" / "card.json").read_text())["rescoring"]["command"]
    assert command == "touchline train rescoring.toml --data DIR"
    assert (REPOSITORY / "assets" / "training" / "rescoring.toml").is_file()
