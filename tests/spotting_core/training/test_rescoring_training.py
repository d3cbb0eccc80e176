"""Training of what judges proposals: the truth of proposals, and judges that learn one after the other."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.entities.finder import EntityFinder
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.region import Regions
from spotting_core.entities.rescoring import ROUNDS, Judge, Memory, Proposals, load_rescoring
from spotting_core.entities.truth import TrueFrame
from spotting_core.training import rescoring
from spotting_core.training import train as training
from spotting_core.training.rescoring import JudgedHalf, RescoringConfig, RescoringTrainer, true_names

PROMPTS = load_prompts()
BALL, REFEREE, PLAYER = (PROMPTS.names.index(name) for name in ("ball", "referee", "player"))
K = len(PROMPTS)


# --- the truth of proposals -----------------------------------------------------------------------------


def test_each_true_box_is_one_proposals_and_people_are_people_whatever_their_name() -> None:
    names = ["referee", "player", "ball", "ball"]
    true_boxes = [(10, 10, 20, 40), (50, 10, 60, 40), (100, 100, 104, 104), (150, 50, 150.4, 50.4)]
    true = TrueFrame(
        names, names, np.array(true_boxes, np.float32), np.zeros((4, 2)), camera="main", replay=False, wipe=False
    )
    boxes = [
        (11, 10, 21, 40),
        (12, 11, 22, 41),
        (50, 10, 60, 40),
        (101, 100, 105, 104),
        (150, 50, 151, 51),
        (10, 10, 20, 40),
    ]
    entity = np.array([PLAYER, REFEREE, REFEREE, BALL, BALL, BALL])
    regions = Regions(entity, np.linspace(1, 0.5, 6).astype(np.float32), np.array(boxes, np.float32), np.eye(6))
    answers, counts = true_names(regions, true, (200, 120), PROMPTS)
    named = [[PROMPTS.names[k] for k in np.flatnonzero(row)] for row in answers]
    # the surer of two at the referee is he; a ball too small to be seen is neither right nor wrong; a ball on him is none
    assert named == [["referee"], [], ["player"], ["ball"], [], []]
    assert np.argwhere(~counts).tolist() == [[4, BALL]]


# --- judges ---------------------------------------------------------------------------------------------


def made_half(seed: int, pictures: int = 40) -> JudgedHalf:
    """Five players of one look and a referee of another, all proposed as players, and two balls, of which the larger is
    one. Other things are proposed now and then."""
    draw = torch.Generator().manual_seed(seed)
    looks = torch.nn.functional.normalize(torch.randn(2, 8, generator=draw), dim=1)
    others = [k for k in range(K) if k not in (BALL, PLAYER)]
    entity = torch.tensor([*[PLAYER] * 6, BALL, BALL, *others]).repeat(pictures)
    rows = len(entity) // pictures
    look = torch.tensor([0, 0, 0, 0, 0, 1, 0, 0, *[0] * len(others)]).repeat(pictures)
    embedding = torch.nn.functional.normalize(looks[look] + torch.randn(len(entity), 8, generator=draw) / 20, dim=1)
    place = torch.rand(len(entity), 4, generator=draw) / 4 + 0.01
    true = torch.zeros(len(entity), K, dtype=torch.bool)
    number = torch.arange(len(entity)) % rows
    true[number < 5, PLAYER] = True
    true[number == 5, REFEREE] = True
    place[number == 6, 2:] = 0.4
    true[number == 6, BALL] = True
    logit = torch.randn(len(entity), K, generator=draw)
    logit[number == 5, REFEREE] += 1.0
    proposals = Proposals(torch.arange(pictures).repeat_interleave(rows), entity, logit, place, embedding)
    return JudgedHalf(proposals, true, torch.ones_like(true))


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> list[JudgedHalf]:
    made = [made_half(seed) for seed in range(6)]
    monkeypatch.setattr(rescoring, "_halves", lambda *_: iter(made))
    return made


CONFIG = RescoringConfig(steps=240, batch=256, warm_up=10, averaging=0.9, learning_rate=1e-2)


def trainer(run: Path, data: DataDirectory, config: RescoringConfig = CONFIG) -> RescoringTrainer:
    return RescoringTrainer(config, run, run, data, "cpu")


def test_judges_find_the_one_who_looks_unlike_the_others(
    tmp_path: Path, data: DataDirectory, halves: list[JudgedHalf]
) -> None:
    run = trainer(tmp_path / "run", data)
    run.train()
    run.write(tmp_path / "model")
    judges = load_rescoring(tmp_path / "model", PROMPTS)
    assert judges is not None
    assert (tmp_path / "model" / "model.safetensors").is_file()  # a whole model, with all that it had
    other = made_half(99)
    logit = Memory(judges).judge(other.proposals)
    people = (other.proposals.entity == PLAYER) & (other.proposals.picture > 5)
    before, after = (
        (one[people][:, REFEREE].argsort(descending=True)[:34], other.true[people][:, REFEREE])
        for one in (other.proposals.logit, logit)
    )
    assert before[1][before[0]].float().mean() < 0.7
    assert after[1][after[0]].float().mean() > 0.9
    balls = other.proposals.entity == BALL
    surer = logit[balls][:, BALL].reshape(-1, 2)
    assert (surer[:, 0] > surer[:, 1]).all()


def test_a_run_that_was_stopped_ends_with_the_same_judges(
    tmp_path: Path, data: DataDirectory, halves: list[JudgedHalf]
) -> None:
    whole = trainer(tmp_path / "whole", data)
    whole.train()
    for stop in (60, 100, 200):  # where judges change, and between
        with pytest.raises(CancelledError):
            trainer(tmp_path / "parts", data).train(lambda step, *_, stop=stop: step < stop)
    last = trainer(tmp_path / "parts", data)
    last.train()
    for name, value in whole.averaged.state_dict().items():
        assert torch.equal(value, last.averaged.state_dict()[name]), name


def test_a_run_whose_entity_model_was_changed_is_not_gone_on_with(
    tmp_path: Path, data: DataDirectory, halves: list[JudgedHalf], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CancelledError):
        trainer(tmp_path, data).train(lambda step, *_: step < 20)
    made = EntityFinder.__init__

    def changed(self: EntityFinder, *order: Any, **options: Any) -> None:
        made(self, *order, **options)
        self.sha256 = "f" * 64

    monkeypatch.setattr(EntityFinder, "__init__", changed)
    with pytest.raises(BadInputError, match="here is ffffffffffff"):
        trainer(tmp_path, data)


@pytest.mark.parametrize(("word", "kind"), [(True, "nothing but people"), (False, "nobody")])
def test_prompts_need_people_and_things(
    tmp_path: Path, data: DataDirectory, halves: list[JudgedHalf], word: bool, kind: str
) -> None:
    prompts = tmp_path / "own.toml"
    prompts.write_text(f'[[entity]]\nname = "one"\nprompts = ["one"]\nperson = {str(word).lower()}\n')
    with pytest.raises(BadInputError, match=f"name {kind}"):
        trainer(tmp_path / "run", data, RescoringConfig(prompts=str(prompts)))


def test_judges_learn_from_what_they_are_asked_with(
    tmp_path: Path, data: DataDirectory, halves: list[JudgedHalf], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(tmp_path, data)
    run.train()
    run.averaged.eval()
    for judge, average in zip(run.model.modules(), run.averaged.modules(), strict=True):
        if isinstance(judge, Judge):
            judge.load_state_dict(average.state_dict())
    learned = [lessons.features for stage in range(ROUNDS + 1) for lessons in run._prepared(stage)]
    judges = [*run.model.person_judges, *run.model.thing_judges]
    parts: dict[int, list[torch.Tensor]] = {number: [] for number in range(len(judges))}
    for number, judge in enumerate(judges):
        judge.register_forward_pre_hook(lambda _, given, number=number: parts[number].append(given[0]))
    for half in halves:
        memory = Memory(run.model)
        for first in range(0, 40, 7):
            rows = (half.proposals.picture >= first) & (half.proposals.picture < first + 7)
            memory.judge(half.proposals.take(rows))
    asked = [torch.cat(parts[number]) for number in range(len(judges))]
    assert len(asked) == len(learned)
    for number, (one, other) in enumerate(zip(learned, asked, strict=True)):
        assert torch.allclose(one, other, atol=1e-3), number


def test_what_is_never_proposed_cannot_be_learned(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = made_half(0)
    rows = half.proposals.entity != BALL
    without = JudgedHalf(half.proposals.take(rows), half.true[rows], half.counts[rows])
    monkeypatch.setattr(rescoring, "_halves", lambda *_: iter([without]))
    with pytest.raises(BadInputError, match="the entity 'ball' cannot be learned"):
        trainer(tmp_path, data).train()


def test_there_must_be_a_model(tmp_path: Path, data: DataDirectory) -> None:
    with pytest.raises(BadInputError, match="no entity model"):
        trainer(tmp_path, data, RescoringConfig(model=str(tmp_path / "none")))


def test_what_is_stored_is_judged_as_pictures_are(tmp_path: Path, data: DataDirectory, demo: Path) -> None:
    from spotting_core.entities.stored import stored_entities
    from spotting_core.media.decode import decode_samples
    from spotting_core.media.times import read_time_table
    from tests.videos import first_seconds

    finder = EntityFinder.load()
    assert finder.rescoring is not None, "the bundled model judges what it proposes"
    video = first_seconds(demo / "1_360p.mp4", tmp_path / "1.mp4", 20)
    stored, size = stored_entities(video, data, finder, rate=2.0, most=1000)
    table, following = read_time_table(video), finder.following()
    number = 0
    for batch in decode_samples(video, table, table.samples(2.0), batch=7):
        regions, _ = following.find(batch.images)
        for sample, one in zip(batch.samples, regions, strict=True):
            kept = stored.regions(int(sample))
            assert kept.entity.tolist() == one.entity.tolist()
            assert np.allclose(kept.score, one.score, atol=1e-3)
            number += len(one)
    assert number == len(stored) > 100
    assert size == (640, 360)


def test_scores_of_the_model_without_judges_do_not_stay_on_its_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "card.json").write_text('{"name": "a", "scores": {"ball": 0.4}}')
    monkeypatch.setattr(training, "_training_facts", lambda *_: {"seed": 1})
    order = SimpleNamespace(out=tmp_path, measured=False)
    training._finish_rescoring(SimpleNamespace(write=lambda _: None), order, lambda _: None)
    card = json.loads((tmp_path / "card.json").read_text())
    assert card == {"name": "a", "rescoring": {"seed": 1}, "scores": {}}
