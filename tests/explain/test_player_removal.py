"""Taking people off the pitch: toy models whose score hangs on one person, or on nobody."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explain.explained_people import people_of
from explain.explained_window import window_around
from explain.faithfulness import measure_spot
from explain.figure import draw
from explain.methods import METHODS
from explain.player_removal import by_person
from explain.probe import Probe
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.people import Role
from spotting_core.features.pitch_sets import pitch_values, read_half
from spotting_core.features.sets import feature_set, input_of
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.identity import READS_PEOPLE
from spotting_core.models.load import LoadedModel
from spotting_core.models.registry import FeatureConfig, system
from spotting_core.models.window import Output, Window
from spotting_core.representations.player_graph import AREA, NODE, PLACE

CLASSES = load_classes()
LABEL = "Corner"
COLUMN = CLASSES.index(LABEL)
METRES = 50.0


class Near(nn.Module):
    """Says a class the surer, the nearer anybody stands to a place of the pitch at the sample itself."""

    def __init__(self, place: tuple[float, float], first: int) -> None:
        super().__init__()
        self.place, self.first = place, first
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, window: Window) -> Output:
        assert window.features is not None
        nodes = window.features[..., self.first : self.first + 25 * NODE].unflatten(-1, (25, NODE))
        apart = (nodes[..., PLACE] * METRES - torch.tensor(self.place)).norm(dim=-1)
        nearest: Tensor = torch.where(nodes[..., AREA] > 0, apart, torch.full_like(apart, 99.0)).amin(-1)
        logits = torch.full((*nearest.shape, len(CLASSES)), -4.0)
        logits[..., COLUMN] = 4 - 4 * nearest
        return Output(logits=logits)


class Deaf(Near):
    """Says the same of everything."""

    def forward(self, window: Window) -> Output:
        assert window.features is not None
        return Output(logits=torch.zeros(*window.features.shape[:2], len(CLASSES)))


@dataclass(frozen=True)
class _Match:
    """The demo match's first half as a model of the sets of some names reads it."""

    folder: Path
    names: tuple[str, ...]
    data: DataDirectory

    @property
    def analysis(self) -> Any:
        kinds = [feature_set(name, 2.0) for name in self.names]
        parts = [np.array(pitch_values(k.extractor, self.folder, 1, self.data), np.float32) for k in kinds]
        values = np.concatenate(parts, axis=1)
        times = np.arange(len(values), dtype=np.int64) * 500_000
        half = SimpleNamespace(
            times=times, frames=np.arange(len(values)), record=SimpleNamespace(width=640, height=360),
            folder=self.folder, has=lambda name: True, array=lambda name: values,
            nearest_sample=lambda time: int(np.abs(times - time).argmin()),
        )  # fmt: skip
        return SimpleNamespace(half=lambda number: half)

    def probe(self, network: nn.Module, seconds: float) -> Probe:
        kinds = [feature_set(name, 2.0) for name in self.names]
        config = FeatureConfig(classes=CLASSES.names, window=40, dim=sum(k.dim for k in kinds), before=5, after=5)
        card: Any = SimpleNamespace(name="toy", entities=None, input=input_of(kinds, 2.0), domain="simulated")
        toy = replace(system("dense-unet"), build=lambda config: type(network)(network.place, network.first))
        model = LoadedModel(card, toy, network.eval(), config, CLASSES, "0" * 64, Path())
        media = ingest(open_match(self.folder).halves[0].path, self.data)
        return Probe(model, window_around(self.analysis, media, model, 1, round(seconds * 1e6)))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    """Where the sets of the demo match are kept, so that they are made once."""
    return DataDirectory(tmp_path_factory.mktemp("kept")).ensure()


@pytest.fixture
def players(demo: Path, kept: DataDirectory) -> _Match:
    return _Match(demo, ("players",), kept)


def somebody_at(demo: Path, seconds: float) -> tuple[Any, tuple[float, float]]:
    """Somebody at a moment who stands apart from all others, and where."""
    people = [one for one in read_half(demo, 1).people[round(2 * seconds)] if one.role is not Role.BALL]
    places = np.array([(one.x, one.y) for one in people])
    apart = np.linalg.norm(places[:, None] - places, axis=-1) + 99 * np.eye(len(people))
    chosen = int(apart.min(1).argmax())
    return people[chosen], (float(places[chosen, 0]), float(places[chosen, 1]))


@pytest.mark.parametrize(
    ("names", "first"), [(("players",), 0), (("camera", "players"), 19), (("players", "top-view"), 0)]
)
def test_the_one_who_decides_is_at_the_top_and_the_others_change_nothing(
    names: tuple[str, ...], first: int, demo: Path, kept: DataDirectory
) -> None:
    decisive, place = somebody_at(demo, 30.0)
    probe = _Match(demo, names, kept).probe(Near(place, first), 30.0)
    assert probe.score(LABEL) > 0.95
    attribution = METHODS["player-removal"].explain(probe, LABEL)
    top, *others = attribution.values
    assert top["effect"] < -0.9
    assert max(abs(float(row["effect"])) for row in others) < 0.02
    assert len(others) > 8
    x1, y1, x2, y2 = decisive.box
    assert [float(top[c]) for c in ("x1", "y1", "x2", "y2")] == pytest.approx(
        [x1 * 640, y1 * 360, x2 * 640, y2 * 360], abs=0.01
    )
    assert attribution.entities[int(top["entity"])] == f"{decisive.team} {decisive.role}".strip()
    assert attribution.values["sample"][0] == probe.window.first + probe.window.anchor
    assert attribution.score_baseline < 0.05


def test_whoever_is_away_is_away_from_all_samples_near_the_anchor_and_nobody_else(players: _Match, demo: Path) -> None:
    probe = players.probe(Near(somebody_at(demo, 30.0)[1], 0), 30.0)
    people = probe.people
    assert not people.difference(()).any()
    everybody = people.difference(range(len(people.sightings)))
    read = probe.window.features[probe.window.before + people.first :][: len(everybody)]  # type: ignore[index]
    assert read + everybody == pytest.approx(np.zeros_like(read), abs=0.01)
    for sample, (row, placed) in enumerate(zip(people.numbers, people.pitch.people, strict=True)):
        assert len(set(row[row >= 0].tolist())) == int((row >= 0).sum()), f"somebody twice in sample {sample}"
        assert [number < 0 for number in row] == [one.role is Role.BALL for one in placed]


def test_the_order_of_removal_is_faithful_for_one_who_decides(players: _Match, demo: Path) -> None:
    probe = players.probe(Near(somebody_at(demo, 30.0)[1], 0), 30.0)
    row = measure_spot(probe, LABEL, truth=None, methods=[METHODS["player-removal"]]).methods["player-removal"]
    assert row["deletion"] < row["deletion_random"] - 0.2
    assert row["insertion"] > row["insertion_random"] + 0.2
    assert row["comprehensiveness"] > 0.9
    assert abs(row["sufficiency"]) < 0.05
    assert np.isnan(row["pointing"])


def test_where_nobody_counts_no_order_is_better(players: _Match, demo: Path) -> None:
    probe = players.probe(Deaf(somebody_at(demo, 30.0)[1], 0), 30.0)
    assert not by_person(METHODS["player-removal"].explain(probe, LABEL), probe).any()
    row = measure_spot(probe, LABEL, truth=None, methods=[METHODS["player-removal"]]).methods["player-removal"]
    assert row["deletion"] == pytest.approx(row["deletion_random"])


def test_it_can_be_stopped(players: _Match, demo: Path) -> None:
    probe = players.probe(Near(somebody_at(demo, 30.0)[1], 0), 30.0)
    attribution = METHODS["player-removal"].explain(probe, LABEL, report=lambda share: False)
    assert len(attribution.values) == 8 < len(probe.people.sightings)


def test_boxes_that_say_nothing_of_who_is_who_are_followed(
    players: _Match, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_half(demo, 1)
    probe = players.probe(Near((0.0, 0.0), 0), 30.0)
    known = [{one.track for one in people if one.role is not Role.BALL} for people in whole.people[52:69]]
    anonymous = replace(
        whole,
        people=[
            [
                replace(one, track=k, role=Role.UNSURE, team="")
                for k, one in enumerate(people)
                if one.role is not Role.BALL
            ]
            for people in whole.people
        ],
    )
    monkeypatch.setattr("explain.explained_people.read_half", lambda folder, half: anonymous)
    followed = people_of(probe.window, probe.model, 8)
    assert len(followed.sightings) == pytest.approx(len(set().union(*known)), abs=3)


def test_other_people_than_the_model_read_are_refused(demo: Path, data: DataDirectory, tmp_path: Path) -> None:
    copy = tmp_path / "match"
    shutil.copytree(demo, copy, ignore=shutil.ignore_patterns("analysis"))
    match = _Match(copy, ("players",), data)
    probe = match.probe(Near((0.0, 0.0), 0), 30.0)
    meta = json.loads((copy / "meta.json").read_text())
    meta["kits"]["home"]["main"] = [1, 2, 3]
    (copy / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(BadInputError, match="the people beside this video are others than the model has read"):
        METHODS["player-removal"].explain(probe, LABEL)


DEAF = "this model does not read who stands where on the pitch; one of assets/training/dense-unet-players.toml does"


@pytest.mark.parametrize(("names", "fits"), [(("players",), True), (("camera",), False), (("top-view-physics",), True)])
def test_it_fits_models_that_read_who_stands_where(
    names: tuple[str, ...], fits: bool, demo: Path, kept: DataDirectory
) -> None:
    probe = _Match(demo, names, kept).probe(Deaf((0.0, 0.0), 0), 30.0)
    reason = METHODS["player-removal"].supports(probe.model)
    assert (reason is None) == fits
    assert fits or reason == DEAF
    assert METHODS["player-removal"].unfit(probe.model.card) == reason


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ({"reads": "a", READS_PEOPLE: True}, None),
        ({"reads": "a", READS_PEOPLE: False}, DEAF),
        ({}, DEAF),
        (
            {"reads": "a"},
            "its analysis is older than this method, so analyse the match again if the model reads players",
        ),
    ],
)
def test_an_analysis_says_whether_its_model_reads_people(says: dict[str, Any], reason: str | None) -> None:
    layer: Any = SimpleNamespace(record=SimpleNamespace(model=says), has=lambda name: False)
    assert METHODS["player-removal"].lacking(layer) == reason


def test_the_figure_shows_everybody_on_the_pitch_and_the_one_who_decides_largest(players: _Match, demo: Path) -> None:
    _, place = somebody_at(demo, 30.0)
    probe = players.probe(Near(place, 0), 30.0)
    figure = draw(METHODS["player-removal"].explain(probe, LABEL), probe)
    people = figure.axes[0].collections
    assert len(people) == len(probe.people.sightings)
    largest = max(people, key=lambda one: float(one.get_sizes()[0]))  # type: ignore[attr-defined]
    assert np.asarray(largest.get_offsets())[0] == pytest.approx(np.array(place))
