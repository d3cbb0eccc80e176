"""By the table that was measured of a model it is chosen what is asked of every spot."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from explain.jobs.explanation import WHY_METHODS, asked_methods
from explain.measured import (
    BETTER_THAN_RANDOM,
    FAITHFUL,
    FEWEST_SPOTS,
    FILE,
    TOO_FEW,
    default_map,
    measured,
    measured_of,
)
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_json
from spotting_core.models.known import remember
from spotting_core.models.load import load_model
from tests.conftest import small_model


def table(default: str | None, verdict: str = FAITHFUL, **more: object) -> dict[str, Any]:
    rows = {} if default is None else {default: {"verdict": verdict}}
    return {"default": default, "methods": rows, **more}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (table("grad-cam"), "grad-cam"),
        (table("grad-cam", BETTER_THAN_RANDOM), None),
        (table("entity-ablation"), None),  # says which, and where in no cells
        (table("of another version"), None),
        (table(None), None),
        (None, None),
    ],
)
def test_the_map_over_the_picture_is_the_default_if_it_is_faithful(content: Any, shown: str | None) -> None:
    assert default_map(content) == shown


def test_a_table_of_too_few_spots_says_nothing_of_its_methods(tmp_path: Path) -> None:
    for spots, verdict, default in ((FEWEST_SPOTS, FAITHFUL, "grad-cam"), (FEWEST_SPOTS - 1, TOO_FEW, None)):
        rows = {"grad-cam": {"verdict": FAITHFUL, "spots": spots}}
        write_json(tmp_path / FILE, {"sha256": "a", "default": "grad-cam", "methods": rows})
        content = measured(tmp_path, "a")
        assert content is not None
        assert (content["methods"]["grad-cam"]["verdict"], content["default"]) == (verdict, default)


def test_of_every_spot_the_faithful_map_of_the_analysiss_own_model_is_asked(
    tmp_path: Path, data: DataDirectory
) -> None:
    model = load_model(str(small_model(tmp_path / "model")))
    named = {"name": model.card.name, "sha256": model.sha256, "folder": "model"}
    analysis: Any = SimpleNamespace(record=SimpleNamespace(model=named))
    write_json(model.folder / FILE, table("grad-cam", sha256=model.sha256))
    assert measured_of(analysis, data) is None  # nobody knows where the model is
    assert asked_methods(analysis, data) == WHY_METHODS
    remember(model.folder, model.sha256, data)
    assert asked_methods(analysis, data) == (*WHY_METHODS, "grad-cam")
    write_json(model.folder / FILE, table("grad-cam", sha256="of other weights"))
    assert asked_methods(analysis, data) == WHY_METHODS
