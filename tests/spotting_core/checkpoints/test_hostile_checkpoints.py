"""Checkpoints of others made hostile: tensors that are missing, of other shapes and kinds, or no numbers; odd settings
and class lists. Each becomes a model or is refused in a sentence.

``TOUCHLINE_FUZZ_SECONDS`` is how long each project is tried, as in ``tests/test_hostile_files.py``.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.checkpoints.adding import adopt
from spotting_core.checkpoints.adopted import Checkpoint, Choices
from spotting_core.checkpoints.registry import adapter_of
from spotting_core.computing.finite_weights import check_weights
from tests.spotting_core.checkpoints import made
from tests.spotting_core.checkpoints.test_calf_spotting import calf_state
from tests.spotting_core.models.test_pooling import made_state

SECONDS = float(os.environ.get("TOUCHLINE_FUZZ_SECONDS", "0.7"))
FIRST = int(os.environ.get("TOUCHLINE_FUZZ_SEED", "0"))
KINDS = (torch.int64, torch.bool, torch.float16, torch.bfloat16, torch.float64, torch.complex64, torch.int8)
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e300, 10**40, "", "nan", "x" * 100, [], {}, [[]], ["a"], "../..", -5, 10**9, float("nan"),
)  # fmt: skip
LISTS = ("", "Goal\n" * 17, "\n".join(f"c{n}" for n in range(17)), "\x00\n", "a,b\n", "Goal\n", "x" * 5000)
PROJECTS: dict[str, tuple[Callable[[], dict[str, Tensor]], dict[str, Any]]] = {
    "E2E-Spot": (made.e2e_spot_state, made.E2E_SETTINGS),
    "UGLF": (made.uglf_state, made.UGLF_SETTINGS),
    "T-DEED": (made.t_deed_state, {}),
    "ball-action-spotting": (made.ball_action_state, {}),
    "CALF": (calf_state, {}),
}
_TELLING = (
    "_pred",
    "fc",
    "gru",
    "temp",
    "conv1",
    "stem",
    "_fuse",
    "capsule",
    "classifier",
    "3d",
)  # in names of what sizes are read off


def broken(value: Tensor, chance: random.Random) -> Tensor:
    """A tensor of another shape or kind, or of what is no number."""
    ways: tuple[Callable[[], Tensor], ...] = (
        lambda: value[..., :-1] if value.ndim else value[None],
        lambda: value[:0] if value.ndim else value[None],
        lambda: value.reshape(-1),
        lambda: value[None],
        lambda: torch.cat([value] * 3) if value.ndim else value,
        lambda: torch.full_like(value, float("nan")) if value.is_floating_point() else value,
        lambda: value.to(chance.choice(KINDS)),
        lambda: torch.tensor(1.0),
    )
    return chance.choice(ways)()


def hostile(
    state: dict[str, Tensor], settings: dict[str, Any], chance: random.Random, folder: Path
) -> tuple[dict[str, Tensor], dict[str, Any], Path | None]:
    state, settings, classes = dict(state), dict(settings), None
    for _ in range(chance.choice((1, 1, 2, 3))):
        telling = [name for name in state if any(word in name for word in _TELLING)]
        name = chance.choice(telling if telling and chance.random() < 0.5 else list(state))
        way = chance.randrange(8)
        if way == 0:
            del state[name]
        elif way == 1:
            state[name.replace("0", chance.choice(("99999", "x", "-1", "00", "1")), 1)] = state.pop(name)
        elif way == 2:
            settings[chance.choice([*settings, "more"])] = chance.choice(ODD)
        elif way == 3:
            classes = folder / "class.txt"
            classes.write_text(chance.choice(LISTS), encoding="utf-8")
        else:
            state[name] = broken(state[name], chance)
    return state, settings, classes


@pytest.mark.parametrize("project", list(PROJECTS))
@pytest.mark.filterwarnings("ignore")
def test_a_hostile_checkpoint_becomes_a_model_or_is_refused_in_a_sentence(project: str, tmp_path: Path) -> None:
    make, settings = PROJECTS[project]
    sound, until, seed = make(), time.monotonic() + SECONDS, FIRST
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("\n".join(made.PROMPTS))
    while time.monotonic() < until:
        seed += 1
        state, said, classes = hostile(sound, settings, random.Random(seed), tmp_path)
        path = tmp_path / "checkpoint.pt"
        try:
            check_weights(state, path, "Get the file again")
            checkpoint = Checkpoint(path, state, said, "a_game", classes, None)
            adopted = adopt(adapter_of(checkpoint), checkpoint, Choices(prompts=str(prompts)))
            assert all(bool(value.isfinite().all()) for value in adopted.network.state_dict().values())
        except TouchlineError as error:
            if not str(error).endswith("."):
                pytest.fail(f"seed {seed}: no sentence: {error}")
        except Exception as error:
            pytest.fail(f"seed {seed}: {type(error).__name__}: {error}", pytrace=True)


def in_parts(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A network as OSL-ActionSpotting and opensportslib name it."""
    return {f"{'head' if name.startswith(('fc', '_pred')) else 'neck'}.{name}": value for name, value in state.items()}


NAMED: dict[str, tuple[Callable[[], dict[str, Tensor]], dict[str, Any], str]] = {
    **{project: (make, settings, "") for project, (make, settings) in PROJECTS.items()},
    "OSL": (lambda: in_parts(made.e2e_spot_state()), made.E2E_SETTINGS, "opensportslib"),
    "OSL, pooling": (lambda: in_parts(made_state("netvlad++")), {}, ""),
    "NetVLAD": (lambda: made_state("netvlad"), {}, ""),
}
OTHERS: dict[str, Callable[[Tensor], Tensor]] = {
    "one number": lambda value: torch.tensor(1.0),
    "flat": lambda value: value.reshape(-1),
    "longer": lambda value: torch.cat([value, value]),
    "shorter": lambda value: value[..., :-1],
}
_READ_OFF = ("conv3D", "_pred_fine", "_obj_linear.weight", "linear_1.weight", "convw.weight", "convkw.weight",
             "mlp.0.weight", "concat_fc.weight", "conv_", "clusters", "fc.weight")  # fmt: skip


@pytest.mark.parametrize("project", list(NAMED))
@pytest.mark.parametrize("change", list(OTHERS))
def test_a_tensor_of_another_shape_is_named_with_both_shapes(project: str, change: str, tmp_path: Path) -> None:
    make, settings, code = NAMED[project]
    sound, kinds = make(), set[str]()
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("\n".join(made.PROMPTS))
    for name, value in sound.items():
        kind = re.sub(r"\d+", "0", name)
        if not value.ndim or not any(word in name for word in _READ_OFF) or kind in kinds:
            continue
        other = OTHERS[change](value)
        if other.shape == value.shape:
            continue
        kinds.add(kind)
        checkpoint = Checkpoint(tmp_path / "c.pt", {**sound, name: other}, settings, "a_game", None, None)
        with pytest.raises(BadInputError) as refused:
            adopt(adapter_of(checkpoint), checkpoint, Choices(prompts=str(prompts), code=code))
        shapes = r"[\w.]+ is (one number|[\dx]+), (not|that of [\w+]+ would be) ([\dx?]+|a row of numbers)"
        counted = r"this model has -?\d+ classes|has (no|-?\d+) (head of )?classes|reads \d+ numbers|[\dx]+, whose kernel is not odd"
        assert re.search(f"{shapes}|{counted}", refused.value.what), (name, str(refused.value))
    assert kinds


@pytest.mark.parametrize("project", ["E2E-Spot", "UGLF", "T-DEED", "CALF"])
def test_a_tensor_that_is_missing_is_named(project: str, tmp_path: Path) -> None:
    make, settings = PROJECTS[project]
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("\n".join(made.PROMPTS))
    sound = make()
    for name in [n for n in sound if n.endswith(_READ_OFF)]:
        state = {other: value for other, value in sound.items() if other != name}
        checkpoint = Checkpoint(tmp_path / "c.pt", state, settings, "a_game", None, None)
        with pytest.raises(BadInputError) as refused:
            adopt(adapter_of(checkpoint), checkpoint, Choices(prompts=str(prompts)))
        assert "is missing" in refused.value.what, (name, str(refused.value))


UNKNOWN: dict[str, tuple[dict[str, Tensor], str]] = {
    "E2E-Spot without its stem": (
        {name: value for name, value in made.e2e_spot_state().items() if name != "_features.stem.conv.weight"},
        r"nearest is E2E-Spot, but _features\.stem\.conv\.weight is missing; it has \d+ tensors, _features\S+ \(",
    ),
    "T-DEED without its places": (
        {name: value for name, value in made.t_deed_state().items() if name != "temp_enc"},
        r"nearest is .*, but \S+( \([\dx]+\) is none of theirs| is missing)",
    ),
    "one part beside those of OSL": (
        {**in_parts(made.e2e_spot_state()), "ema.scale": torch.ones(3)},
        r"nearest is OSL-ActionSpotting, opensportslib, but ema\.scale \(3\) is none of theirs",
    ),
    "pictures of another network": (
        {"layer1.0.conv1.weight": torch.ones(8, 4, 3, 3), "classes.bias": torch.ones(2)},
        r"it has 2 tensors, classes\.bias \(2\), layer1\.0\.conv1\.weight \(8x4x3x3\), none of which tells a project",
    ),
    "nothing": ({}, "it has no tensors"),
}


@pytest.mark.parametrize("kind", list(UNKNOWN))
def test_of_weights_that_are_not_recognised_the_tensor_that_tells_it_is_named(kind: str, tmp_path: Path) -> None:
    state, words = UNKNOWN[kind]
    with pytest.raises(BadInputError) as refused:
        adapter_of(Checkpoint(tmp_path / "c.pt", state))
    assert re.search(words, refused.value.what), str(refused.value)
    assert str(tmp_path / "c.pt") in str(refused.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("_temp_fine._sgp.0.convw.weight", r"convw\.weight is \d+x1x\d+, whose kernel is not odd"),
        ("_temp_fine._sgp.0.convkw.weight", r"convkw\.weight is \d+x1x\d+, whose kernel is not odd"),
        ("_temp_fine._sgpMixer.0.concat_fc.weight", r"concat_fc\.weight is \d+x\d+x1, not \d+x\d+x1 or \d+x\d+x1"),
    ],
)
def test_of_sizes_that_t_deed_has_not_the_tensor_is_named(name: str, words: str, tmp_path: Path) -> None:
    make, settings = PROJECTS["T-DEED"]
    sound = make()
    value = sound[name]
    other = torch.cat([value, value[:, : len(value)]], 1) if "concat" in name else value[..., :-1]
    checkpoint = Checkpoint(tmp_path / "c.pt", {**sound, name: other}, settings)
    with pytest.raises(BadInputError, match=words):
        adopt(adapter_of(checkpoint), checkpoint, Choices())
