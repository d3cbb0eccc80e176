"""Systems of shots: what samples should say, and what the samples of one shot say together."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spotting_core.domain.cameras import Shot
from spotting_core.models.calf_shots import calf_shots_targets
from spotting_core.models.registry import system
from spotting_core.models.shot_targets import shot_targets
from spotting_core.models.whole_shots import WholeShots
from spotting_core.models.window import Window

CAMERAS = ("Main", "Close", "Other")
TIMES = np.arange(8, dtype=np.int64) * 500_000
SHOTS = [
    Shot(1, 0, 1_000_000, "Main", replay=False),
    Shot(1, 1_000_000, 2_600_000, "Close", replay=True),
    Shot(1, 2_600_000, 3_100_000, "I don't know", replay=False),
]


def test_a_sample_is_of_the_shot_that_it_lies_in() -> None:
    config = system("whole-shots").configure(classes=CAMERAS)
    targets = shot_targets(SHOTS, TIMES, config, TIMES < 3_400_000)
    # Samples lie at 0, .5 | 1, 1.5, 2, 2.5 | 3 | and one beyond the last label; the last is beyond the half.
    assert targets.camera.argmax(1)[:7].tolist() == [0, 0, 1, 1, 1, 1, 2]
    assert targets.replay.tolist() == [0, 0, 1, 1, 1, 1, 0, 0]
    assert targets.change.tolist() == [0, 0, 1, 0, 0, 0, 1, 1]
    assert targets.valid.tolist() == [1, 1, 1, 1, 1, 1, 1, 0]


def test_a_camera_that_is_no_class_is_asked_for_nothing() -> None:
    config = system("whole-shots").configure(classes=("Main", "Close"))
    assert shot_targets(SHOTS, TIMES, config).valid.tolist() == [1, 1, 1, 1, 1, 1, 0, 0]


def test_the_context_of_a_shot_counts_from_its_edges() -> None:
    config = system("calf-shots").configure(classes=CAMERAS, before=1, after=1, window=8)
    targets = calf_shots_targets(SHOTS, TIMES, config)
    assert targets.shift[:, 1].tolist() == [-2, -1, 0, 0, 0, 0, 1, 2]
    assert targets.shift[:, 0].tolist() == [0, 0, 1, 2, 3, 4, 5, 6]
    assert targets.counted.tolist() == [0, 1, 1, 1, 1, 1, 1, 0]


@pytest.mark.parametrize("sure", [True, False])
def test_a_shot_says_one_thing_between_sure_changes(sure: bool) -> None:
    config = system("whole-shots").configure(classes=CAMERAS, dim=4, width=8, layers=1, window=8, before=0, after=0)
    torch.manual_seed(0)
    model = WholeShots(config).eval()
    change = torch.full((1, 8), -20.0)
    change[0, 4] = 20.0 if sure else -20.0
    share = model._share(change, torch.zeros(1, 8))[0]
    assert share.sum(1) == pytest.approx(1.0, abs=1e-5)
    across = float(share[:4, 4:].sum() + share[4:, :4].sum())
    assert across == pytest.approx(0.0 if sure else 4.0, abs=1e-3)


def test_the_first_sample_of_a_window_begins_no_shot() -> None:
    config = system("whole-shots").configure(classes=CAMERAS, dim=4, width=8, layers=1, window=8, before=0, after=0)
    torch.manual_seed(0)
    model, change = WholeShots(config).eval(), torch.full((1, 8), -20.0)
    change[0, 0] = 20.0
    assert model._share(change, torch.zeros(1, 8))[0] == pytest.approx(torch.full((8, 8), 1 / 8), abs=1e-4)
    with torch.inference_mode():
        output = model(Window(features=torch.randn(1, 8, 4)))
    assert output.replay is not None
    assert output.replay.shape == (1, 8)
