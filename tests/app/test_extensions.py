"""A package of somebody else's, ten lines long, adds a system: it is trained, analyses, is explained and shown."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from spotting_core.base import extensions
from spotting_core.base.extensions import EXPLANATIONS, FORMATS, SYSTEMS, TASKS
from spotting_core.formats.format import Format
from spotting_core.models.registry import System
from tests.app.commands import touchline_fork
from tests.conftest import REPOSITORY
from tests.feature_games import SET, write_splits
from tests.videos import make_video, steady

pytestmark = pytest.mark.long

MODULE = """
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from spotting_core.models.registry import FeatureConfig, System
from spotting_core.models.network import Network
from spotting_core.models.window import Output
class TenLines(Network):
    def __init__(self, config):
        super().__init__()
        self.config, self.say = config, nn.Linear(config.dim, len(config.classes))
    def forward(self, window):
        return Output(self.say(self.config.features_of(window)))
SYSTEM = System("ten-lines", "made for a test, 2026", FeatureConfig, TenLines,
                lambda network, output, targets: cross_entropy(output.logits, targets.confidence))
"""
PACKAGE = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "ten-lines"
version = "1"
[project.entry-points."touchline.systems"]
ten-lines = "ten_lines:SYSTEM"
[tool.setuptools]
py-modules = ["ten_lines"]
"""
CONFIGURATION = f"""
system = "ten-lines"
[config]
features = ["{SET}"]
steps = 60
batch = 8
warm_up = 5
learning_rate = 0.02
averaging = 0.9
validate_every = 30
[config.model]
window = 20
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which the package was installed."""
    source, target = tmp_path_factory.mktemp("ten_lines"), tmp_path_factory.mktemp("installed")
    (source / "ten_lines.py").write_text(MODULE)
    (source / "pyproject.toml").write_text(PACKAGE)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run([*pip, "--target", str(target), str(source)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


def test_a_system_of_another_package_goes_through_everything(installed: Path, tmp_path: Path) -> None:
    root = write_splits(tmp_path / "splits")
    own = {"packages": str(installed), "TOUCHLINE_DATA": str(tmp_path / "d")}
    game = next((root / "test").rglob("Labels-v2.json")).parent
    make_video(game / "1_224p.mp4", steady(80, rate=2.0))
    (tmp_path / "ten.toml").write_text(CONFIGURATION)
    model, run = tmp_path / "model", tmp_path / "run"
    done = touchline_fork(
        "train", tmp_path / "ten.toml", "--data", root, "--out", model, "--run", run, "--device", "cpu", **own
    )
    assert done.returncode == 0, done.stderr
    listed = json.loads(touchline_fork("models", "--json", "-", **own).stdout)
    assert next(row for row in listed if row["name"] == "ten-lines")["reads"] == "features"
    done = touchline_fork("analyze", game, "--model", model, "--json", tmp_path / "spots.json", **own)
    assert done.returncode == 0, done.stderr
    spots = json.loads((tmp_path / "spots.json").read_text())
    assert {s["label"] for s in spots["spots"]} >= {"Goal"}
    arguments = ("--time", "0:08", "--class", "Goal", "--method", "feature-gradient", "--out", tmp_path / "why")
    done = touchline_fork("explain", game, "--model", model, *arguments, **own)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "why").glob("*.npz"))
    shown = subprocess.run(
        [sys.executable, "-c", _SHOW, str(game)], capture_output=True, text=True, env=_environment(tmp_path, installed)
    )
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout.splitlines()[-1]) == {"model": "Touchline ten-lines", "goals": True}
    without = touchline_fork("analyze", game, "--model", model, TOUCHLINE_DATA=str(tmp_path / "d2"))
    assert (without.returncode, "there is no system called 'ten-lines'" in without.stderr) == (2, True)


_SHOW = """
import json, sys
from pathlib import Path
from app.library.library import Library
from app.settings import settings
from spotting_core.store.database import open_database
from tests.app.pages import component_data, view
game = Path(sys.argv[1])
library = Library(settings(), open_database(settings().data))
match = library.add(str(game))
data = component_data(view("match", match=match.id).run())
name = library.analyses(match)[0].record.model["name"]
print(json.dumps({"model": name, "goals": "Goal" in json.dumps(data)}))
"""


def _environment(tmp_path: Path, installed: Path) -> dict[str, str]:
    paths = os.pathsep.join([str(installed), str(REPOSITORY)])
    own = {"TOUCHLINE_DATA": str(tmp_path / "d"), "TOUCHLINE_ROOTS": str(tmp_path)}
    return {**os.environ, **own, "PYTHONPATH": paths}


# --- what is added, and what cannot be ------------------------------------------------------------------------


def points(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    extensions._loaded.cache_clear()
    entry_points = [EntryPoint(f"p{n}", value, "group") for n, value in enumerate(values)]
    monkeypatch.setattr(extensions, "entry_points", lambda group: entry_points)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    extensions._loaded.cache_clear()


def test_what_cannot_be_used_is_told_and_left_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    points(
        monkeypatch, "nothing.here:SYSTEM", "spotting_core.domain.spots:Spot", "tests.app.test_extensions:OWN_FORMATS"
    )
    with caplog.at_level(logging.WARNING):
        assert [f.name for f in extensions.extensions(FORMATS, Format)] == ["one", "two"]
        assert extensions.extensions(SYSTEMS, System) == ()
    assert "nothing.here:SYSTEM" in caplog.text
    assert "spotting_core.domain.spots:Spot" in caplog.text


def test_there_is_a_group_for_each_kind() -> None:
    names = ["systems", "tasks", "formats", "explanations"]
    assert [f"touchline.{name}" for name in names] == [SYSTEMS, TASKS, FORMATS, EXPLANATIONS]


def _format(name: str) -> Format:
    from dataclasses import replace

    from spotting_core.formats.registry import format_named

    return replace(format_named("labels-v2"), name=name)


OWN_FORMATS = [_format("one"), _format("two")]
