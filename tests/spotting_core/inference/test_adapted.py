"""A model adapted to a match: its statistics, the folder it becomes, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.inference import adapted
from spotting_core.inference.adapted import adapted_model, batch_norms, estimated, join, statistics_of, stretches
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.domain_notice import domain_notice
from spotting_core.inference.look import Look
from spotting_core.media.source import MatchSource, open_match
from spotting_core.models.card import WEIGHTS_FILE
from spotting_core.models.environment import ShiftedTrunk
from spotting_core.models.known import known_models, remember
from spotting_core.models.load import LoadedModel, load_model, trained_network
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.samples.progress import AnalysisProgress
from tests.conftest import small_model
from tests.videos import make_video, steady


def trunk_of(model: LoadedModel) -> ShiftedTrunk:
    network = trained_network(model)
    assert isinstance(network, EnvironmentNetwork)
    return network.environment


@pytest.fixture
def model(tmp_path: Path) -> LoadedModel:
    return load_model(small_model(tmp_path / "small"))


@pytest.fixture
def trunk(model: LoadedModel) -> ShiftedTrunk:
    return trunk_of(model)


@pytest.fixture
def source(tmp_path: Path) -> MatchSource:
    """A match of thirty seconds, sixty samples, of which a window of the model has twenty."""
    return open_match(make_video(tmp_path / "cup.mp4", steady(300, rate=10.0), size=(96, 64)))


def going_on(_: AnalysisProgress) -> bool:
    return True


def test_statistics_are_those_of_all_clips(trunk: ShiftedTrunk) -> None:
    clips = torch.randn(2, 1, 5, 3, 36, 64)
    with torch.inference_mode(), in_bfloat16("cpu"):
        came = [trunk.trunk.stem.conv(clip[0]).float() for clip in clips]  # to the first layer
    mean, variance = estimated(trunk, clips)[0]
    torch.testing.assert_close(mean, torch.stack([v.mean((0, 2, 3)) for v in came]).mean(0), atol=0.01, rtol=0.02)
    torch.testing.assert_close(variance, torch.stack([v.var((0, 2, 3)) for v in came]).mean(0), atol=0.01, rtol=0.02)
    assert not any(norm.training for norm in batch_norms(trunk))


def test_statistics_are_joined_by_the_share(trunk: ShiftedTrunk) -> None:
    trained = statistics_of(trunk)
    join(trunk, trained, [(mean + 4, variance + 8) for mean, variance in trained], 0.25)
    for (mean, variance), (before, spread) in zip(statistics_of(trunk), trained, strict=True):
        torch.testing.assert_close(mean, before + 1)
        torch.testing.assert_close(variance, spread + 2)


def test_stretches_lie_over_all_of_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    assert stretches({1: 250, 2: 30, 3: 0}, 100) == [(1, 0, 100), (1, 100, 200), (2, 0, 30)]
    monkeypatch.setattr(adapted, "STRETCHES", 4)
    assert stretches({1: 500, 2: 500}, 100) == [(1, 0, 100), (1, 300, 400), (2, 100, 200), (2, 400, 500)]


def test_the_adapted_model_is_one_of_its_own(model: LoadedModel, source: MatchSource, data: DataDirectory) -> None:
    (model.folder / "prompts.toml").write_text("x = 1")
    (model.folder / "faithfulness.json").write_text("{}")
    folder = adapted_model(source, model, data, going_on)
    other = load_model(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", WEIGHTS_FILE, "prompts.toml"]
    assert [path.name for path in data.models.iterdir()] == [folder.name]
    assert other.card.name == "small e2e-spot, adapted to cup"
    assert other.card.training["parent"]["weights"] == model.sha256
    before, after = load_file(model.folder / WEIGHTS_FILE), load_file(folder / WEIGHTS_FILE)
    changed = {name.rpartition(".")[2] for name in before if not torch.equal(before[name].float(), after[name].float())}
    assert changed == {"running_mean", "running_var", "num_batches_tracked"}
    layers = [analyse_match(source, one, data) for one in (model, other)]
    assert layers[0].folder != layers[1].folder


def test_how_it_looked_before_stays_on_screen(
    model: LoadedModel, source: MatchSource, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapted, "look_of_match", lambda *_: Look(0.3, 0.1))
    other = load_model(adapted_model(source, model, data, going_on))
    notice = domain_notice(other.card, source)
    assert notice is not None
    assert "Before it was adapted, this looked otherwise than what small e2e-spot was trained on" in notice
    assert "unlikeness 0.30, its own matches up to 0.10" in notice
    assert analyse_match(source, other, data).record.notice == notice
    monkeypatch.undo()
    monkeypatch.setenv("TOUCHLINE_DATA", str(data.root))
    again = load_model(adapted_model(source, other, data, going_on))  # adapted once more
    assert Look.before_adapting(again.card) == Look(0.3, 0.1)


def test_of_another_match_an_adapted_model_says_nothing(
    model: LoadedModel, source: MatchSource, data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapted, "look_of_match", lambda *_: Look(0.3, 0.1))
    other = load_model(adapted_model(source, model, data, going_on))
    another = open_match(make_video(tmp_path / "league.mp4", steady(150, rate=10.0), first=500))
    assert "Before it was adapted" not in str(domain_notice(other.card, another))
    with pytest.raises(BadInputError, match="is adapted to another match"):
        adapted_model(another, other, data, going_on)


@pytest.mark.parametrize("unlikeness", [True, float("nan"), -1, 10**400, "0.3", None])
def test_a_card_that_says_no_number_says_nothing(model: LoadedModel, unlikeness: object) -> None:
    look = {"unlikeness": unlikeness, "like": 0.1}
    card = replace(model.card, training={"adapted": {"look": look}, "look": {"like": unlikeness}})
    assert Look.before_adapting(card) is None
    assert Look.of(0.3, card).like is None


def test_what_looks_like_nothing_is_not_adapted_to(
    model: LoadedModel, source: MatchSource, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapted, "look_of_match", lambda *_: Look(0.41, 0.1))
    with pytest.raises(BadInputError, match="this looks like nothing that small e2e-spot was trained on") as caught:
        adapted_model(source, model, data, going_on)
    assert caught.value.where == source.path
    assert not data.models.exists() or not list(data.models.iterdir())


def test_it_is_offered_for_no_other_match(model: LoadedModel, source: MatchSource, data: DataDirectory) -> None:
    folder = adapted_model(source, model, data, going_on)
    remember(folder, load_model(folder).sha256, data)
    assert folder in known_models(data).values()
    assert folder not in known_models(data, "spotting").values()


def test_a_long_name_is_cut_and_a_half_written_folder_made_anew(
    model: LoadedModel, data: DataDirectory, tmp_path: Path
) -> None:
    source = open_match(make_video(tmp_path / f"{'cup final ' * 20}\x07.mp4", steady(150, rate=10.0)))
    folder = adapted_model(source, model, data, going_on)
    assert load_model(folder).card.name.startswith("small e2e-spot, adapted to cup final cup")
    (folder / "card.json").unlink()
    assert adapted_model(source, model, data, going_on) == folder
    again = load_model(adapted_model(source, load_model(folder), data, going_on))  # adapted once more
    assert len(again.card.name) <= 200


def test_half_of_the_statistics_are_the_match_s_own(
    model: LoadedModel, source: MatchSource, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = statistics_of(trunk_of(model))
    monkeypatch.setattr(adapted, "SHARE", 1.0)
    own = statistics_of(trunk_of(load_model(adapted_model(source, model, data, going_on))))
    monkeypatch.undo()
    monkeypatch.setenv("TOUCHLINE_DATA", str(data.root))
    joined = statistics_of(trunk_of(load_model(adapted_model(source, model, data, going_on))))
    for before, match, half in zip(trained, own, joined, strict=True):
        torch.testing.assert_close(half[0], (before[0] + match[0]) / 2, atol=1e-3, rtol=1e-3)
        assert not torch.allclose(before[1], match[1], atol=1e-3)


def test_it_is_made_once_and_again_for_another_match(
    model: LoadedModel, source: MatchSource, data: DataDirectory, tmp_path: Path
) -> None:
    reports: list[AnalysisProgress] = []

    def report(progress: AnalysisProgress) -> bool:
        reports.append(progress)
        return True

    folder = adapted_model(source, model, data, report)
    assert [(r.done, r.total) for r in reports] == [(0, 60), (20, 60), (40, 60)]
    assert adapted_model(source, model, data, report) == folder
    assert len(reports) == 3
    another = open_match(make_video(tmp_path / "league.mp4", steady(150, rate=10.0), first=500))
    assert adapted_model(another, model, data, report) != folder


def test_cancelled_it_leaves_nothing(model: LoadedModel, source: MatchSource, data: DataDirectory) -> None:
    with pytest.raises(CancelledError, match="adapting the model was cancelled"):
        adapted_model(source, model, data, lambda progress: progress.done == 0)
    assert not data.models.exists() or not list(data.models.iterdir())


def test_a_model_that_looks_at_no_pictures_is_refused(source: MatchSource, data: DataDirectory) -> None:
    with pytest.raises(BadInputError, match="has no batch statistics of pictures"):
        adapted_model(source, load_model("dense-unet"), data, going_on)
