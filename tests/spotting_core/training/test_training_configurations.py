"""Every configuration in assets/training: read as a run reads it, and its network built."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from spotting_core.domain.classes import load_classes
from spotting_core.entities.prompts import load_prompts
from spotting_core.features.extractor import ENVIRONMENT
from spotting_core.features.layer_sets import LAYER_SETS
from spotting_core.features.pitch_sets import PITCH_SETS
from spotting_core.features.sets import feature_set
from spotting_core.features.thumbnails import THUMBNAILS
from spotting_core.models.grounding import GroundingConfig
from spotting_core.models.registry import FeatureConfig, system, systems
from spotting_core.models.window import Window
from spotting_core.tasks.registry import layer_task
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.calibration import PITCH_LINES, CalibrationTrainingConfig
from spotting_core.training.config import as_config, read_config
from spotting_core.training.entities import EntityTrainingConfig, build_model
from spotting_core.training.rescoring import RescoringConfig
from spotting_core.training.system_config import SystemTrainingConfig
from spotting_core.training.train import ENTITIES, RESCORING
from spotting_core.training.trainer import TrainingConfig
from tests.conftest import REPOSITORY

TRAINING = REPOSITORY / "assets" / "training"
CONFIGURED: dict[str, type[TrainingConfig]] = {
    ENTITIES: EntityTrainingConfig,
    RESCORING: RescoringConfig,
    PITCH_LINES: CalibrationTrainingConfig,
}
"""What is trained by a loop of its own."""
PICTURES, FEATURES = "pictures", "features"
FILES = sorted(TRAINING.glob("*.toml"))


def as_a_run_reads(path: Path) -> tuple[str, TrainingConfig]:
    name, settings = read_config(path)
    if name in CONFIGURED:
        return name, as_config(CONFIGURED[name], settings, path)
    return name, as_config(SystemTrainingConfig, {"system": name, **settings}, path)


def of(*kinds: str) -> list[Path]:
    """The files of entity models (``ENTITIES``), or of systems that read pictures or features."""
    return [path for path in FILES if _kind(read_config(path)[0]) in kinds]


def _kind(name: str) -> str:
    return name if name in CONFIGURED else FEATURES if issubclass(system(name).config, FeatureConfig) else PICTURES


def named(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def test_every_system_has_a_configuration() -> None:
    assert {read_config(path)[0] for path in FILES} == {*systems(), ENTITIES, RESCORING}


@named(of(FEATURES))
def test_a_configuration_of_features_gives_a_network_that_judges_a_window(path: Path) -> None:
    name, config = as_a_run_reads(path)
    assert isinstance(config, SystemTrainingConfig)
    classes = load_classes(config.classes or layer_task(system(name).task).class_table).names
    # Models of the user's own runs have the environment of the bundled one.
    made = [
        feature if feature in (THUMBNAILS, *LAYER_SETS, *PITCH_SETS) else ENVIRONMENT for feature in config.features
    ]
    widths = [config.reduction or feature_set(feature, config.rate).dim for feature in made]
    settled: FeatureConfig = (
        system(name).configure(classes=classes, rate=config.rate, **config.model).with_sets(tuple(widths))
    )
    window = Window(features=torch.zeros(1, settled.window, settled.dim))
    if isinstance(settled, GroundingConfig):
        window = replace(window, second=Window(features=torch.zeros(1, settled.replay, settled.dim)))
    with torch.no_grad():
        output = system(name).build(settled).eval()(window)
    columns = 1 if isinstance(settled, GroundingConfig) else len(classes)
    assert output.logits.shape == (1, 1 if settled.whole else settled.window, columns)


@named(of(PICTURES))
def test_a_configuration_of_frames_gives_a_network(path: Path) -> None:
    name, config = as_a_run_reads(path)
    assert isinstance(config, SystemTrainingConfig)
    classes = load_classes(config.classes or SPOTTING.class_table).names
    settled = system(name).configure(classes=classes, rate=config.rate, **config.model)
    network = system(name).build(settled)
    environment = getattr(network, "environment", None)  # COMEDIAN has none that could stay
    assert config.stages_stay <= (len(list(environment.trunk.children())) if environment is not None else 0)
    assert ("attention" in dict(network.named_children())) == (name == "entity-attention")


@named(of(ENTITIES))
def test_a_configuration_of_entities_gives_a_network(path: Path) -> None:
    _, config = as_a_run_reads(path)
    assert isinstance(config, EntityTrainingConfig)
    assert set(config.rare_weight) <= set(load_prompts(config.prompts).names)
    assert sum(p.numel() for p in build_model(config).parameters()) > 1_000_000


@named(of(PITCH_LINES))
def test_a_configuration_of_calibration_gives_a_network(path: Path) -> None:
    _, config = as_a_run_reads(path)
    assert isinstance(config, CalibrationTrainingConfig)
    settled = system(PITCH_LINES).configure(classes=load_classes("soccernet-cameras").names, **config.model)
    parameters = sum(p.numel() for p in system(PITCH_LINES).build(settled).parameters())
    assert parameters * 2 < 3 << 20  # bytes in half precision


@named(FILES)
def test_an_earlier_stage_has_a_configuration_too(path: Path) -> None:
    _, config = as_a_run_reads(path)
    read = (*getattr(config, "features", ()), getattr(config, "start_from", ""), getattr(config, "trunk_from", ""))
    for earlier in (Path(name) for name in read if name.startswith(".runs/")):
        assert earlier.name == "model"
        assert (TRAINING / f"{earlier.parent.name}.toml").is_file(), earlier
