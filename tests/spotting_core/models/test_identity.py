"""One identity of a model: what tells two apart, and that everything goes by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.comparing.comparison import model_names
from app.views.shown import is_named
from explain.kept import subject_of
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import read_json, write_json
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.features.files import write_features
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.identity import ModelIdentity
from spotting_core.models.load import load_model
from spotting_core.reviewing.spots import reviews_of_spots
from spotting_core.search.rows import fingerprint
from spotting_core.store.reviews import REJECTED, ReviewedSpot, origin_of
from tests.feature_games import make_game
from tests.small_systems import feature_model

ONE = ModelIdentity("a" * 64, "b", "c", "d", "half")


@pytest.mark.parametrize("part", ["weights", "settings", "reads", "entities", "precision"])
def test_every_part_tells_models_apart(part: str) -> None:
    assert replace(ONE, **{part: "other"}).key != ONE.key
    assert replace(ONE, **{part: getattr(ONE, part)}).key == ONE.key


def test_what_is_in_which_part_counts() -> None:
    assert ModelIdentity("a", settings="b").key != ModelIdentity("a", reads="b").key
    assert ONE.in_any_precision == replace(ONE, precision="single").in_any_precision
    assert ONE.review_sources == replace(ONE, precision="single").review_sources
    assert ONE.review_sources != replace(ONE, settings="e").review_sources


def test_an_analysis_of_an_earlier_version_has_an_identity_too() -> None:
    assert ModelIdentity.of({"sha256": "a"}, None) == ModelIdentity("a")


@pytest.fixture
def two(tmp_path: Path, data: DataDirectory) -> list[Analysis]:
    """A match analysed by one model from two folders of features."""
    game = make_game(tmp_path)
    model = load_model(feature_model(tmp_path / "max", "max", 2.0, before=5, after=4))
    other = tmp_path / "other"
    other.mkdir()
    write_features(other, 1, "made2", 3 + load_features(game))
    return [analyse_match(open_match(game), model, data, features=folder) for folder in (game, other)]


def load_features(game: Path):  # type: ignore[no-untyped-def]
    import numpy as np

    return np.load(game / "1_made2.npy")


def test_two_folders_of_features_are_two_models_wherever_one_is_named(two: list[Analysis]) -> None:
    first, second = two
    assert first.folder != second.folder
    assert first.record.model["sha256"] == second.record.model["sha256"]
    assert first.record.identity.key != second.record.identity.key
    spot = Spot(1, 10_000_000, "Goal")
    assert subject_of(first, spot).key("temporal-occlusion") != subject_of(second, spot).key("temporal-occlusion")
    assert fingerprint(first, ()) != fingerprint(second, ())
    name = f"model:{first.record.identity.key}"
    assert (is_named(first, name), is_named(second, name)) == (True, False)
    titles = model_names([two])
    assert list(titles) == [f"model:{one.record.identity.key}" for one in two]
    assert len(set(titles.values())) == 2


def test_a_review_belongs_to_the_model_that_was_reviewed_in_whatever_precision(two: list[Analysis]) -> None:
    classes, spot = load_classes(), Spot(1, 10_000_000, "Goal", 0.9)
    first, second = (one.record.identity for one in two)

    def review_counts(source: str, by: ModelIdentity) -> bool:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        review = ReviewedSpot(
            "id",
            "m",
            origin_of(spot, source),
            source,
            1,
            spot.time,
            "Goal",
            REJECTED,
            "",
            1,
            "Ann",
            moment,
            "home",
            0.9,
        )
        return reviews_of_spots([spot], [review], by.review_sources, classes)[0] is not None

    assert review_counts(first.review_sources[0], first)
    assert review_counts(first.review_sources[0], replace(first, precision="other"))
    assert not review_counts(first.review_sources[0], second)
    assert review_counts(first.weights, first)  # as an earlier version named it


def test_an_analysis_is_found_again_wherever_its_version_put_it(
    two: list[Analysis], tmp_path: Path, data: DataDirectory
) -> None:
    first = two[0]
    moved = first.folder.rename(first.folder.with_name("as-an-earlier-version-named-it"))
    model = load_model(tmp_path / "max")
    again = analyse_match(open_match(tmp_path / "game"), model, data, features=tmp_path / "game")
    assert again.folder == moved
    content = read_json(moved / "analysis.json")
    write_json(moved / "analysis.json", {**content, "precision": "another"})
    assert analyse_match(open_match(tmp_path / "game"), model, data, features=tmp_path / "game").folder != moved
