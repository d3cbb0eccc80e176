"""The benchmark of what carries over to another look: its rows, its changes of the picture, and its table."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rich.console import Console

from benchmarks.domains import CHANGED, CHANGES, TEST, UNLIKE, ChangedStore, domain_runs, print_table
from spotting_core.training.picture_changes import GROUPS


def test_every_group_is_left_out_once() -> None:
    runs = {run.name: (run.looks, run.changes) for run in domain_runs(1)}
    assert runs["as-rendered"] == (False, ())
    assert runs["looks"] == (True, ())
    assert runs["changes"] == (False, GROUPS)
    assert runs["both"] == (True, GROUPS)
    for group in GROUPS:
        looks, changes = runs[f"both-without-{group}"]
        assert looks
        assert set(changes) == set(GROUPS) - {group}
    assert len(runs) == 4 + len(GROUPS)


@pytest.mark.parametrize("name", CHANGES)
def test_a_store_gives_changed_pictures_of_the_same_shape(name: str) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    coded = cv2.imencode(".jpg", picture)[1].ravel()
    store = ChangedStore(coded, np.array([0, len(coded)]), np.zeros(1, np.int64), CHANGES[name])
    plain = ChangedStore(coded, store.offsets, store.times, lambda one: one)[0]
    assert store[0].shape == plain.shape == picture.shape
    assert store[0].dtype == np.uint8
    assert np.abs(store[0].astype(int) - plain).mean() > 2


def test_the_table_has_means_over_seeds() -> None:
    def result(seed: int, tight: float) -> dict[str, object]:
        scores = {TEST: {"tight": tight}, UNLIKE: {"tight": 0.1}, CHANGED: {"tight": tight / 2}}
        return {"name": "both-without-colour", "seed": seed, "minutes": 10.0, "scores": scores}

    console = Console(width=140, record=True)
    print_table(console, [result(1, 0.8), result(2, 0.6)])
    shown = console.export_text()
    for text in ("both without colour", "0.700 ± 0.100", "0.350 ± 0.050", "0.100 ± 0.000", "2"):
        assert text in shown
