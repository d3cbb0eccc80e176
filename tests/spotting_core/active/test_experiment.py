"""Whole experiments on games whose features say which action is near."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotting_core.active.clip_scores import confidences
from spotting_core.active.config import ActiveOrder, read_active
from spotting_core.active.experiment import Curve, Experiment, Step
from spotting_core.active.pool import Pool
from spotting_core.active.summary import area, sufficient_share, summaries
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.files import locked
from spotting_core.training.system import judge_matches
from tests.feature_games import SET, write_game, write_splits

FILE = """
training = "max++"
[config]
data = ["train"]
features = ["{set}"]
steps = 6
batch = 4
warm_up = 1
validate_every = 3
averaging = 0.5
model = {{ window = 10, before = 5, after = 4 }}
[active]
strategies = [{strategies}]
{more}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_splits(tmp_path_factory.mktemp("splits"), games=3)


def order(folder: Path, *strategies: str, more: str = "") -> ActiveOrder:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "experiment.toml"
    names = ", ".join(f'"{name}"' for name in strategies or ("random", "entropy"))
    usual = ("seeds = 2", "clip = 5.0", "first = 0.25", "steps = 3")
    settings = [line for line in usual if line.split()[0] not in more.split()]
    path.write_text(FILE.format(set=SET, strategies=names, more="\n".join([*settings, more])))
    return read_active(path)


def experiment(
    folder: Path, root: Path, data: DataDirectory, *strategies: str, more: str = "", **rest: Any
) -> Experiment:
    return Experiment(order(folder, *strategies, more=more), root, folder / "run", data, **rest)


def choices(folder: Path) -> dict[str, list[int]]:
    return {path.name: json.loads(path.read_text()) for path in sorted((folder / "run" / "choices").glob("*.json"))}


def test_a_curve_grows_to_all_labels_and_ends_alike(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    notices: list[str] = []
    reports: list[tuple[int, int, str]] = []

    def report(*what: Any) -> bool:
        reports.append(what)
        return True

    curves = experiment(tmp_path, root, data, report=report, notice=notices.append).curves()
    assert [(c.strategy, c.seed) for c in curves] == [("random", 1), ("entropy", 1), ("random", 2), ("entropy", 2)]
    for curve in curves:
        assert [step.share for step in curve.steps] == [0.25, 0.5, 1.0]  # 24 clips
        assert [step.distinct for step in curve.steps] == [0.25, 0.5, 1.0]
        assert curve.steps[-1].learned_from == 9
        assert curve.steps[0].minutes < curve.steps[1].minutes < curve.steps[2].minutes
        assert set(curve.steps[0].figures) == {"tight", "loose"}
    of_seed = {seed: [c for c in curves if c.seed == seed] for seed in (1, 2)}
    for own in of_seed.values():
        assert own[0].steps[0] == own[1].steps[0]  # the same clips by chance
        assert own[0].steps[-1].figures == own[1].steps[-1].figures  # all of them
    assert of_seed[1][0].steps[0] != of_seed[2][0].steps[0]
    assert len(list((tmp_path / "run" / "trainings").iterdir())) == 2 * (2 + 2)  # first and last are shared
    assert any("4 curves of 3 trainings, 6 steps each at most" in notice for notice in notices)
    assert reports[0] == (0, 12, "random, seed 1, 25% labelled")
    assert not list((tmp_path / "run").rglob("checkpoint.pt"))
    assert not (tmp_path / "run" / "timed").exists()


def test_a_cancelled_experiment_goes_on_to_the_same_curves(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    whole = experiment(tmp_path / "whole", root, data, "margin").curves()
    with pytest.raises(CancelledError, match="Start it again to go on"):
        experiment(tmp_path / "part", root, data, "margin", report=lambda done, _of, _what: done < 2).curves()
    assert len(list((tmp_path / "part" / "run" / "trainings").iterdir())) == 2
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "part" / "run" / "trainings").rglob("result.json")}
    assert experiment(tmp_path / "part", root, data, "margin").curves() == whole
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())  # what was done stays done
    assert choices(tmp_path / "part") == choices(tmp_path / "whole")


def test_a_folder_of_another_experiment_is_left_alone(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    experiment(tmp_path, root, data)
    with pytest.raises(BadInputError, match="holds another experiment"):
        experiment(tmp_path, root, data, more="passes = 9")
    experiment(tmp_path, root, data, "random", "margin", more="seeds = 5")  # more curves of the same kind fit in


def test_a_folder_of_other_matches_or_labels_is_left_alone(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    own = tmp_path / "splits"
    shutil.copytree(root, own)
    curves = experiment(tmp_path, own, data, "random").curves()
    assert experiment(tmp_path, own, data, "random").curves() == curves
    labels = next((own / "train").rglob("Labels-v2.json"))
    before = labels.read_bytes()
    content = json.loads(before)
    content["annotations"][0]["position"] = "9000"
    labels.write_text(json.dumps(content))
    with pytest.raises(BadInputError, match="with other matches or labels"):
        experiment(tmp_path, own, data, "random")
    labels.write_bytes(before)
    shutil.rmtree(next((own / "test").rglob("Labels-v2.json")).parent)
    with pytest.raises(BadInputError, match="with other matches or labels"):
        experiment(tmp_path, own, data, "random")


def test_a_start_that_failed_leaves_the_folder_free(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    with pytest.raises(BadInputError, match="there is no final split"):
        experiment(tmp_path, root, data, more='report = "final"')
    experiment(tmp_path, root, data)


def test_a_damaged_curve_says_what_to_do(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    own = experiment(tmp_path, root, data, "random")
    (tmp_path / "run" / "curves").mkdir()
    (tmp_path / "run" / "curves" / "random-1.json").write_text("{")
    with pytest.raises(BadInputError, match=r"random-1\.json: this curve cannot be read.*Delete this file"):
        own.curves()


@pytest.mark.parametrize("content", ["{", "{}", '{"active": {}, "training": {}}'])
def test_a_folder_whose_settings_cannot_be_read_says_what_to_do(
    content: str, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "experiment.json").write_text(content)
    with pytest.raises(BadInputError, match=r"experiment\.json: this experiment cannot be read.*Delete this file"):
        experiment(tmp_path, root, data)


def test_an_experiment_is_done_by_one_at_a_time(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    own = experiment(tmp_path, root, data)
    with locked(tmp_path / "run" / "running"), pytest.raises(BadInputError, match="running already"):
        own.curves()
    assert not (tmp_path / "run" / "trainings").exists()


def test_dropout_passes_differ_and_the_network_is_left_as_it_was(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    own = experiment(tmp_path, root, data)
    judge = own._judge(own._trained(own._first(1), 1, ""))
    judge.network.train()
    first, second = (confidences(judge, own.pool, dropout=True) for _ in range(2))
    assert not np.array_equal(first, second)
    plain, again = (confidences(judge, own.pool) for _ in range(2))
    assert np.array_equal(plain, again)
    assert all(part.training for part in judge.network.modules())


def test_windows_shorter_than_a_clip_cover_it_to_the_end_of_the_half(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    made = order(tmp_path)
    short = replace(made.training, model={"window": 4, "before": 2, "after": 1})
    own = Experiment(replace(made, training=short), root, tmp_path / "run", data)
    judge = own._judge(own._trained(own._first(1), 1, ""))
    matches, rate = own.pool.matches, own.pool.halves[0].samples.rate
    length = len(own.pool.halves[0])
    samples = next(n for n in range(8, length, 4) if 0 < length % n <= (n - 4) // 2)  # the middle lies behind it
    surest, of_windows = (confidences(judge, Pool(matches, n / rate)) for n in (samples, 4))
    clips = np.split(of_windows[: -(-length // 4)], range(samples // 4, length // 4 + 1, samples // 4))
    assert np.allclose(surest[: len(clips)], [windows.max(0) for windows in clips])


def test_efforts_end_by_the_loss_or_learn_faster(tmp_path: Path) -> None:
    fixed, fast, faster = (
        order(tmp_path, more=f'effort = "{effort}"').training for effort in ("fixed", "fast", "faster")
    )
    assert (fixed.patience, fast.patience, faster.patience) == (6, 5, 5)
    assert faster.learning_rate == pytest.approx(10 * fast.learning_rate)
    assert fixed.learning_rate == fast.learning_rate


def test_what_nobody_watched_is_judged_neither_way(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    own = experiment(tmp_path, root, data)
    judge = own._judge(own._trained(own._first(1), 1, ""))
    whole = judge_matches(judge, own.pool.matches, own._set.table, own._set.task)
    part = judge_matches(judge, own.pool.watched([0, 1]), own._set.table, own._set.task)
    assert [j.name for j in part] == [whole[0].name]
    (judged,) = part
    assert [s.time for s in judged.truth] == [8_000_000]  # of 8, 21.5 and 33 s those before 10 s
    expected = [f for f in whole[0].findings if own.pool.halves[0].samples.nearest_sample(f.time) < 20]
    assert 0 < len(expected) < len(whole[0].findings)
    assert list(judged.findings) == expected


@pytest.mark.parametrize("name", ["ensemble", "dropout", "entropy + k-centre", "uncertainty + k-means++"])
def test_every_kind_of_strategy_asks_for_clips_that_are_not_labelled(
    name: str, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    curves = experiment(tmp_path, root, data, name, more="members = 2\npasses = 2").curves()
    assert all([s.distinct for s in c.steps] == [0.25, 0.5, 1.0] for c in curves)
    asked = choices(tmp_path)
    assert len(asked) == 2 * 2
    assert all(len(set(clips)) == len(clips) for clips in asked.values())
    trainings = len(list((tmp_path / "run" / "trainings").iterdir()))
    assert trainings == 2 * (5 if name == "ensemble" else 3)  # the last of an ensemble is asked nothing


def test_the_public_code_asks_for_clips_twice(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    curves = experiment(tmp_path, root, data, more="official = true").curves()
    random = next(c for c in curves if c.strategy == "random")
    assert random.steps[-1].share == 1.0
    assert random.steps[-1].distinct < 1.0
    assert random.steps[-1].keys > random.steps[-1].learned_from


def test_a_continued_training_begins_with_the_weights_of_the_one_before(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    own = experiment(tmp_path, root, data, "entropy", more="continued = true")
    own.curves()
    trainings = {p.name for p in (tmp_path / "run" / "trainings").iterdir()}
    afresh = experiment(tmp_path / "afresh", root, data, "entropy")
    afresh.curves()
    others = {p.name for p in (tmp_path / "afresh" / "run" / "trainings").iterdir()}
    assert len(trainings & others) == 2  # the first step of each seed
    first = own._first(1)
    key = first.key(1000, "")
    weights = own._judge(key).network.state_dict()
    going_on = own._trainer(first, 1000, tmp_path / "next", key).model.state_dict()
    assert all(np.array_equal(weights[name].numpy(), going_on[name].numpy()) for name in weights)


def test_training_sees_nothing_of_what_is_not_labelled(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    own = experiment(tmp_path, root, data, "random")
    trainer = own._trainer(own._first(1), 1, tmp_path / "one", "")
    assert trainer.clips.epoch == len(own._first(1).clips) == 6
    known = sum(len(h.known) for m in trainer.matches for h in m.halves)
    assert known == int(own.pool.actions[list(own._first(1).clips)].sum())


def test_what_cannot_be_an_experiment_is_refused(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    for more, match in (
        ('effort = "slow"', "effort must be fixed or fast or faster"),
        ('schedule = "all"', "schedule must be equal or increasing"),
        ('flaws = ["haste"]', "a flaw must be"),
        ("first = 0.0", "first must be a share above 0"),
        ("first = 1.0", "a share of 1 leaves none"),
        ("clip = inf", "clip must be a number, and finite, not inf"),
        ('report = "train"', "the matches of 'train' are measured by report = 'train'"),
        ('report = "val/league"', "the matches of 'val' are measured by report = 'val/league'"),
        ('report = "../test"', "'../test' is no split"),
        ("steps = 0", "steps"),
        ("sedes = 3", "unknown setting 'sedes'"),
    ):
        with pytest.raises(BadInputError, match=match):
            order(tmp_path / "bad", more=more)
    with pytest.raises(BadInputError, match=r"experiment\.toml: there is no strategy 'hope'"):
        order(tmp_path / "bad", "hope")
    with pytest.raises(BadInputError, match=r"apart by ' \+ ', not as in 'entropy\+k-centre'"):
        order(tmp_path / "bad", "entropy+k-centre")
    with pytest.raises(BadInputError, match="strategies must name each once, not 'random' again"):
        order(tmp_path / "bad", "random", "random")
    with pytest.raises(BadInputError, match="no diversity 'luck'"):
        order(tmp_path / "bad", "entropy + luck")
    with pytest.raises(BadInputError, match="there is no such configuration"):
        read_active(tmp_path / "nowhere.toml")
    for places, match in (('["train", "train"]', "in 'train' already"), ('["train", "val"]', "in"), ("[]", "no split")):
        path = tmp_path / "splits.toml"
        path.write_text(FILE.format(set=SET, strategies='"random"', more="").replace('["train"]', places))
        with pytest.raises(BadInputError, match=match):
            read_active(path)
    with pytest.raises(BadInputError, match="there is no such folder"):
        experiment(tmp_path / "data", tmp_path / "nowhere", data)
    (tmp_path / "run").write_text("")
    with pytest.raises(BadInputError, match="this is a file, not a folder for trainings"):
        experiment(tmp_path, root, data)


def test_features_that_a_system_cannot_read_are_refused(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    path = tmp_path / "experiment.toml"
    text = FILE.format(set=SET, strategies='"random"', more="")
    path.write_text(text.replace(f'features = ["{SET}"]', "features = []"))
    with pytest.raises(BadInputError, match=r"max\+\+ reads features, and the configuration names no set"):
        Experiment(read_active(path), root, tmp_path / "run", data)
    replays = tmp_path / "replays"
    shutil.copytree(root, replays)
    shot = {"gameTime": "1 - 00:30", "position": "30000", "label": "Close-up player", "change_type": "abrupt",
            "replay": "replay", "link": {"half": "1", "label": "Goal", "time": "00:08", "team": "home"}}  # fmt: skip
    for labels in list(replays.rglob("Labels-v2.json")):
        labels.with_name("Labels-cameras.json").write_text(json.dumps({"annotations": [shot]}))
    model = text[text.index("model =") :].splitlines()[0]
    path.write_text(text.replace('"max++"', '"grounding-transformer"').replace(model, ""))
    with pytest.raises(BadInputError, match=rf"grounding-transformer cannot read {SET}: the first feature set"):
        Experiment(read_active(path), replays, tmp_path / "run", data)


def test_a_pool_without_an_action_is_refused(tmp_path: Path, data: DataDirectory) -> None:
    root = write_splits(tmp_path / "splits")
    shutil.rmtree(root / "train")
    write_game(root / "train", spots=[])
    with pytest.raises(BadInputError, match=r"no label is in the Labels-v2\.json of 1 match"):
        experiment(tmp_path / "x", root, data)


# --- what curves say --------------------------------------------------------------------------------------


def test_area_and_the_sufficient_share() -> None:
    at = np.array([0.0, 0.5, 1.0])
    assert area(at, np.array([0.0, 1.0, 1.0])) == pytest.approx(0.75)
    assert sufficient_share(at, np.array([0.0, 0.5, 1.0])) == pytest.approx(0.98)
    assert sufficient_share(at, np.array([0.0, 0.98, 1.0])) == pytest.approx(0.5)
    assert sufficient_share(at, np.array([1.0, 1.0, 1.0])) == 0.0


def test_a_summary_is_the_mean_over_seeds_with_its_interval() -> None:
    def curve(seed: int, *values: float) -> Curve:
        steps = [Step(s, s, 10 * s, int(100 * s), 1, {"loose": v}) for s, v in zip((0.5, 1.0), values, strict=True)]
        return Curve("entropy", seed, tuple(steps))

    (one,) = summaries([curve(1, 0.2, 0.4), curve(2, 0.4, 0.6)], "loose")
    assert [round(s.value, 6) for s in one.scores] == [0.3, 0.5]
    assert (one.scores[0].low, one.scores[0].high) == (pytest.approx(0.2), pytest.approx(0.4))
    assert one.area.value == pytest.approx(0.4)
    assert one.sufficient_share.value == pytest.approx(0.975)
    assert one.minutes == (5.0, 10.0)
    assert (one.sufficient_minutes, one.sufficient_keys) == (pytest.approx(9.75), pytest.approx(97.5))
    assert one.gain is None  # nothing was chosen by chance


def test_strategies_are_compared_with_chance_seed_by_seed() -> None:
    def curve(strategy: str, seed: int, score: float) -> Curve:
        return Curve(strategy, seed, tuple(Step(s, s, 1.0, 1, 1, {"loose": score}) for s in (0.5, 1.0)))

    by_chance = [curve("random", 1, 0.2), curve("random", 2, 0.6)]
    chosen = [curve("margin", 1, 0.3), curve("margin", 2, 0.72), curve("margin", 3, 0.9)]  # the third has no other
    _, one = summaries([*by_chance, *chosen], "loose")
    assert one.gain is not None
    assert one.gain.value == pytest.approx(0.11)
    assert (one.gain.low, one.gain.high) == (pytest.approx(0.1), pytest.approx(0.12))  # scores alone are .4 apart
