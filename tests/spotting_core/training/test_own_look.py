"""What training writes onto a card of how its matches look: of matches that are enough."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.inference.look import LIKE, look_of_match, own_look
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.labelled import LabelledHalf, LabelledMatch
from spotting_core.training.own_look import MOST, with_own_look
from spotting_core.training.train import TrainingOrder, train
from tests.conftest import small_model
from tests.small_systems import feature_model
from tests.videos import make_video, steady

CONFIG = """system = "e2e-spot"
[config]
steps = 4
batch = 2
clip = 12
warm_up = 2
checkpoint_every = 2
validate_every = 2
[config.model]
width = 64
height = 36
dim = 32
hidden = 16
feed_forward = 32
window = 20
"""


def splits(folder: Path, counts: dict[str, int]) -> Path:
    """Splits of as many matches, whose pictures are of different greens."""
    for split, count in counts.items():
        for number in range(count):
            game = folder / split / "league" / "2026" / f"2026-08-0{number + 1} - 12-00 Home {len(split)} - 0 Away"
            game.mkdir(parents=True)
            make_video(game / "1_224p.mp4", steady(40, rate=2.0), first=700 * number + 9000 * len(split))
            write_labels(game / "Labels-v2.json", [Spot(1, 3_000_000, "Goal"), Spot(1, 9_500_000, "Foul")])
    return folder


def trained(root: Path, place: Path, data: DataDirectory, notices: list[str], *, measured: bool = True) -> LoadedModel:
    (place / "own.toml").write_text(CONFIG)
    order = TrainingOrder(place / "own.toml", root, place / "run", place / "own", measured=measured)
    return load_model(train(order, data, notice=notices.append))


def unlikeness(model: LoadedModel, game: Path, data: DataDirectory) -> float:
    look = look_of_match(model, [ingest(half.path, data) for half in open_match(game).halves])
    assert look is not None
    return look.unlikeness


def test_a_trained_model_knows_what_is_usual_for_it(tmp_path: Path, data: DataDirectory) -> None:
    root, notices = splits(tmp_path / "data", {"train": 4, "val": 2}), list[str]()
    model = trained(root, tmp_path, data, notices)
    assert "Measuring which look is usual for it" in notices
    games = sorted(path.parent for path in root.rglob("1_224p.mp4"))
    values = [unlikeness(model, game, data) for game in games]
    assert len(set(values)) == 6
    known = model.card.training["look"]
    assert known["matches"] == "train, val"
    # from videos, as the doctor looks at them, and not from pictures stored for training
    assert known["like"] == pytest.approx(np.percentile(values, 95), rel=0.02)
    nearest = games[int(np.argmin(values))]
    look = look_of_match(model, [ingest(half.path, data) for half in open_match(nearest).halves])
    assert look is not None
    assert look.word == LIKE


@pytest.mark.parametrize(("train", "measured"), [(2, True), (4, False)])
def test_of_too_few_matches_or_unasked_nothing_is_said(
    train: int, measured: bool, tmp_path: Path, data: DataDirectory
) -> None:
    notices = list[str]()
    root = splits(tmp_path / "data", {"train": train, "val": 2})
    assert "look" not in trained(root, tmp_path, data, notices, measured=measured).card.training
    few = "Which look is usual for it is not measured: that takes 5 matches, it was trained with 4"
    assert (few in notices) == measured


class _Stored(list[np.ndarray]):
    """Pictures of a half that count how many are read."""

    read = 0

    def __getitem__(self, number: int) -> np.ndarray:  # type: ignore[override]
        _Stored.read += 1
        return super().__getitem__(number)


def of_pictures(count: int) -> list[LabelledMatch]:
    rng = np.random.default_rng(0)
    stored = [_Stored(rng.integers(0, 255, (100, 36, 64, 3), dtype=np.uint8)) for _ in range(count)]
    halves = [HalfSamples(1, np.arange(100), 2.0, pictures=one) for one in stored]  # type: ignore[arg-type]
    return [LabelledMatch(str(k), [LabelledHalf(half, [], [], 1)], []) for k, half in enumerate(halves)]


def test_no_more_is_looked_at_than_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small_model(tmp_path / "m")
    monkeypatch.setattr("spotting_core.training.own_look.MOST", 6)
    monkeypatch.setattr(_Stored, "read", 0)
    assert MOST >= 42  # the bundled model's own matches are all looked at
    card = with_own_look(folder, of_pictures(9), "all")
    assert _Stored.read == 24 * (6 + 1)  # once before, to know whether it has a look at all
    assert load_model(folder).card == card
    assert card.training["look"]["like"] > 0


def test_a_model_of_features_stays_as_it_is(tmp_path: Path) -> None:
    folder = feature_model(tmp_path / "f", "calf", 2.0, dim=12, window=240, table="soccernet-v2")
    assert with_own_look(folder, of_pictures(6), "all") == load_model(folder).card
    assert "look" not in load_model(folder).card.training


def test_the_line_is_drawn_above_nineteen_in_twenty() -> None:
    assert own_look([k / 100 for k in range(101)], "val") == {"like": 0.95, "matches": "val"}
