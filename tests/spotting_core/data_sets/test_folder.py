"""A data set as splits: every minute has one role for ever, and training reads what was watched alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.data_sets import roles
from spotting_core.data_sets.data_set import DataSet, DataSets
from spotting_core.data_sets.folder import located, write_folder
from spotting_core.data_sets.freeze import freeze
from spotting_core.data_sets.roles import CHOOSE, HELD_OUT, LEARN, ROLES, check_roles, role_of, stretches_of
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.domain.stretches import Stretch
from spotting_core.features.files import write_features
from spotting_core.formats.labels_v2 import read_labels, write_labels
from spotting_core.formats.watched import read_watched
from spotting_core.media.source import check_parts, open_match
from spotting_core.models.card import read_card
from spotting_core.samples.labelled import labelled_matches
from spotting_core.store.database import open_database
from spotting_core.store.reviews import ACCEPT, REJECT
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import Judged
from spotting_core.training.measure import _of_watched
from spotting_core.training.train import TrainingOrder, train
from tests.feature_games import SET, features_of, write_splits
from tests.spotting_core.data_sets.libraries import add_match, judge, register
from tests.spotting_core.training.test_feature_training import READER, SETTINGS
from tests.videos import make_video, steady

SPOTS = (
    Spot(1, 20_000_000, "Goal"),
    Spot(1, 45_000_000, "Foul"),
    Spot(1, 80_000_000, "Goal"),
    Spot(1, 140_000_000, "Foul"),
)
BY_MINUTE = (LEARN, CHOOSE, HELD_OUT, LEARN)


@pytest.fixture
def by_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first and the fourth minute are learned from, the second chooses the weights, the third is held out."""
    monkeypatch.setattr(roles, "role_of", lambda _hash, _half, minute: BY_MINUTE[minute % 4])


def labelled_set(place: Path, data: DataDirectory, spots: Sequence[Spot] = SPOTS) -> tuple[Path, DataSet]:
    """A data set of one match of four minutes with features beside its video, all of it labelled."""
    folder = add_match(place, data)
    write_labels(folder / "Labels-v2.json", list(spots))
    write_features(folder, 1, SET, features_of(spots, 480))
    return folder, freeze("all", "Ada", open_database(data), data).data_set


def test_the_roles_of_minutes_depend_on_nothing_else() -> None:
    drawn = [role_of("a" * 64, 1, minute) for minute in range(2000)]
    shares = [drawn.count(role) / 2000 for role in ROLES]
    assert shares == pytest.approx([0.7, 0.15, 0.15], abs=0.03)
    assert drawn[:50] == [role_of("a" * 64, 1, minute) for minute in range(50)]
    assert drawn[:50] != [role_of("b" * 64, 1, minute) for minute in range(50)]


def test_what_was_watched_is_shared_out_whole(tmp_path: Path, data: DataDirectory) -> None:
    _, data_set = labelled_set(tmp_path, data)
    parts = [one for role in ROLES for own in stretches_of(data_set, role) for one in own]
    assert sum(one.seconds for one in parts) == pytest.approx(data_set.minutes * 60)


def test_a_role_that_chance_has_left_without_a_minute_gets_one_that_would_be_learned_from(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data_set = labelled_set(tmp_path, data)
    monkeypatch.setattr(roles, "role_of", lambda *_: LEARN)
    monkeypatch.setattr(roles, "draw_of", lambda _hash, _half, minute: 1 - minute / 10)
    assert [[one.start // 60_000_000 for one in stretches_of(data_set, role)[0]] for role in ROLES] == [[0], [2], [3]]
    monkeypatch.setattr(roles, "role_of", lambda *_: HELD_OUT)  # what is held out is never learned from
    assert not any(stretches_of(data_set, LEARN))
    with pytest.raises(BadInputError, match="nothing of it can be learned from"):
        check_roles(data_set)


def test_splits_hold_the_labels_and_stretches_of_their_role(
    by_minute: None, tmp_path: Path, data: DataDirectory
) -> None:
    folder, data_set = labelled_set(tmp_path, data)
    written = write_folder(data_set, tmp_path / "out", open_database(data), data)
    assert [(one.split, one.matches, one.minutes, one.spots) for one in written] == [
        ("train", 1, 2.0, 2), ("val", 1, 1.0, 1), ("test", 1, 1.0, 1),
    ]  # fmt: skip
    (game,) = SPOTTING.labelled_games(tmp_path / "out" / "train")
    assert [spot.time for spot in read_labels(game / "Labels-v2.json")] == [20_000_000, 45_000_000]
    assert read_watched(game) == [Stretch(1, 0, 60_000_000), Stretch(1, 180_000_000, data_set.matches[0].lengths["1"])]
    assert (game / "1_180p.mp4").resolve() == folder / "1_180p.mp4"
    (match,) = labelled_matches([tmp_path / "out" / "train"], READER, data, SPOTTING)
    assert match.halves[0].watched is not None
    assert np.flatnonzero(match.halves[0].watched).tolist() == [*range(120), *range(360, 480)]
    with pytest.raises(BadInputError, match="something lies there already"):
        write_folder(data_set, tmp_path / "out", open_database(data), data)


def test_a_copy_can_be_carried_elsewhere(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    _, data_set = labelled_set(tmp_path, data)
    write_folder(data_set, tmp_path / "out", open_database(data), data, copied=True)
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


def test_videos_of_extra_time_are_its_halves_in_a_split_too(
    by_minute: None, tmp_path: Path, data: DataDirectory
) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    for number, name in enumerate(("first", "second", "ET1", "ET2")):
        make_video(folder / f"{name}.mp4", steady(480, rate=2.0), first=500 * number)
    register(folder, data, "m")
    spots = [Spot(half, 20_000_000, "Goal") for half in (1, 2, 3, 4)]
    write_labels(folder / "Labels-v2.json", spots)
    data_set = freeze("all", "Ada", open_database(data), data).data_set
    write_folder(data_set, tmp_path / "out", open_database(data), data)
    (game,) = SPOTTING.labelled_games(tmp_path / "out" / "train")
    source = open_match(game)
    assert [(h.half, h.path.resolve().stem) for h in source.halves] == [
        (1, "first"), (2, "second"), (3, "ET1"), (4, "ET2"),
    ]  # fmt: skip
    check_parts(source, load_classes().parts)
    assert [spot.half for spot in read_labels(game / "Labels-v2.json")] == [1, 2, 3, 4]


def test_a_match_is_found_where_it_lies_now(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    folder, data_set = labelled_set(tmp_path, data)
    folder.rename(tmp_path / "moved")
    with pytest.raises(BadInputError, match="m v B is gone"):
        located(data_set, open_database(data), data)
    register(tmp_path / "moved", data, "again")
    assert [source.path for source in located(data_set, open_database(data), data)] == [tmp_path / "moved"]


def test_a_match_that_has_changed_is_refused(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    folder, data_set = labelled_set(tmp_path, data)
    make_video(folder / "1_180p.mp4", steady(480, rate=2.0), first=900)
    with pytest.raises(BadInputError, match="m v B has changed since it was frozen"):
        write_folder(data_set, tmp_path / "out", open_database(data), data)
    assert not (tmp_path / "out").exists()


def test_too_little_to_share_out_is_refused(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    add_match(tmp_path, data)
    judge(data, SPOTS[0], REJECT)
    only = freeze("few", "Ada", open_database(data), data).data_set
    with pytest.raises(BadInputError, match="nothing of it can choose the weights"):
        check_roles(only)
    with pytest.raises(BadInputError, match="no spot of the data set 'few' can be learned from"):
        check_roles(only, [LEARN])
    judge(data, SPOTS[1], ACCEPT)
    check_roles(freeze("more", "Ada", open_database(data), data).data_set, [LEARN])


def test_what_nobody_watched_counts_neither_way_in_a_measurement() -> None:
    inside, outside = Spot(1, 5_000_000, "Goal", 0.9), Spot(1, 50_000_000, "Goal", 0.8)
    match = Judged("m", [inside, outside], [inside, outside])
    assert _of_watched(match, None, SPOTTING) == match
    assert _of_watched(match, [Stretch(1, 0, 10_000_000)], SPOTTING) == Judged("m", [inside], [inside])


# --- training -------------------------------------------------------------------------------------------


def order_of(place: Path, **more: object) -> TrainingOrder:
    settings = {k: v for k, v in SETTINGS.items() if k not in ("system", "model", "features")}
    lines = [f"{name} = {value}" for name, value in settings.items()]
    text = f'system = "max++"\n[config]\nfeatures = ["{SET}"]\nrate = 2.0\nsampling = "grid"\n' + "\n".join(lines)
    (place / "c.toml").write_text(f"{text}\nmodel = {{window = 10, before = 5, after = 4}}\n")
    order = TrainingOrder(place / "c.toml", None, place / "run", place / "model", measured=False, data_set="all")
    return replace(order, **more)  # type: ignore[arg-type]


def test_a_model_is_trained_on_a_data_set_alone(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    _, data_set = labelled_set(tmp_path, data)
    notices: list[str] = []
    train(order_of(tmp_path, measured=True), data, notice=notices.append)
    card = read_card(tmp_path / "model")
    assert card.training["data_set"] == {"id": data_set.id, "name": "all"}
    assert card.scores["actions"] == 1
    assert "train: 1 match, 2 labels" in notices
    assert any("not learned, for there is no label: Penalty, Kick-off" in notice for notice in notices)


def test_a_data_set_lies_beside_the_splits_of_a_folder(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    labelled_set(tmp_path, data)
    root, notices = write_splits(tmp_path / "splits"), []
    train(order_of(tmp_path, root=root), data, notice=notices.append)
    assert "train: 2 matches, 5 labels" in notices
    assert "val: 2 matches, 4 labels" in notices


def test_a_run_goes_on_with_its_own_data_set_alone(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    labelled_set(tmp_path, data)
    train(order_of(tmp_path), data)
    train(order_of(tmp_path), data)
    judge(data, SPOTS[0], ACCEPT)
    freeze("next", "Ada", open_database(data), data)
    with pytest.raises(BadInputError, match="this run learns from the data set 'all'"):
        train(order_of(tmp_path, data_set="next"), data)


def test_what_cannot_be_trained_is_said(tmp_path: Path, data: DataDirectory) -> None:
    with pytest.raises(BadInputError, match="there is no data set 'all'"):
        train(order_of(tmp_path), data)
    with pytest.raises(BadInputError, match="there is nothing to learn from"):
        train(order_of(tmp_path, data_set=None), data)
    (tmp_path / "shots.toml").write_text('system = "calf-shots"\n[config]\nsteps = 1\n')
    with pytest.raises(BadInputError, match="from which calf-shots does not learn"):
        train(order_of(tmp_path, config=tmp_path / "shots.toml"), data)


def test_the_file_of_a_data_set_is_all_that_it_needs(by_minute: None, tmp_path: Path, data: DataDirectory) -> None:
    folder, data_set = labelled_set(tmp_path, data)
    write_labels(folder / "Labels-v2.json", [])  # whatever is said later
    path = data.data_sets / f"{data_set.id}.json"
    assert json.loads(path.read_text())["author"] == "Ada"
    shutil.copy(path, path.with_name(".hidden.json"))
    assert len(DataSets(data).all()) == 1
    written = write_folder(DataSets(data).get("all"), tmp_path / "out", open_database(data), data)
    assert sum(one.spots for one in written) == 4
