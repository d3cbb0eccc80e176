"""The experiment with COMEDIAN: which runs there are, what they share, and what is read off their curves."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.comedian import (  # fmt: skip
    BOTH,
    FIRST,
    NOTHING,
    OWN_BANK,
    SHARES,
    changed,
    measured_runs,
    print_table,
    steps_to_enough,
    write_figure,
)


def result(row: str, share: str, seed: int, loose: float) -> dict[str, object]:
    curve = [[100, loose / 2], [200, 0.95 * loose], [300, loose]]
    interval = {"loose": [loose - 0.25, loose + 0.25], "tight": [0.1, 0.9]}
    return {"row": row, "share": share, "seed": seed, "loose": loose, "tight": loose / 2, "interval": interval,
            "minutes": 30.0, "curve": curve}  # fmt: skip


def test_every_share_is_trained_from_nothing_one_stage_and_two() -> None:
    runs = measured_runs(1)
    rows = {run.measured for run in runs}
    assert rows == {(row, share) for share in SHARES for row in (NOTHING, FIRST, BOTH)} | {(OWN_BANK, "30")}
    by_name = {run.measured: run for run in runs}
    assert by_name[NOTHING, "10"].earlier == []
    assert [one.name for one in by_name[FIRST, "10"].earlier] == ["initialise", "initialise-10-head"]
    assert [one.name for one in by_name[BOTH, "30"].earlier] == [
        "initialise", "distil", "initialise+distil-30-head"
    ]  # fmt: skip
    assert by_name[BOTH, "10"].earlier[0].folder == by_name[FIRST, "100"].earlier[0].folder  # made once for all


def test_no_stage_learns_from_the_matches_that_are_measured() -> None:
    for run in measured_runs(1):
        for stage in (*run.earlier, run):
            assert "test" not in stage.settings.get("data", ())


def test_what_a_run_changes_of_its_configuration() -> None:
    by_name = {run.measured: run for run in measured_runs(2)}
    nothing, both = changed(by_name[NOTHING, "10"]), changed(by_name[BOTH, "10"])
    assert (nothing["start_from"], nothing["matches"], nothing["seed"]) == ("", SHARES["10"], 2)
    assert both["start_from"].endswith("initialise+distil-10-head-2/model")
    taught = next(one for one in by_name[OWN_BANK, "30"].earlier if one.name.startswith("distil-own-bank"))
    assert changed(taught)["teacher"][0].endswith("environment-30-1/model")  # learned from the labelled share alone


def test_the_first_step_with_nine_tenths_of_the_best() -> None:
    assert steps_to_enough([[100, 0.2], [200, 0.45], [300, 0.5], [400, 0.4]]) == 200
    assert steps_to_enough([[100, 0.0], [200, 0.0]]) == 100


def test_seeds_are_one_row_and_the_curves_are_drawn(tmp_path: Path) -> None:
    results = [result(NOTHING, "10", 1, 0.4), result(NOTHING, "10", 2, 0.5), result(BOTH, "100", 1, 0.8)]
    results += [result(NOTHING, "100", 1, 0.6)]
    out = StringIO()
    print_table(Console(file=out, width=160), results)
    lines = out.getvalue().splitlines()
    assert "0.450 ± 0.050" in lines[1]
    assert "0.200 to 0.700" in lines[1]
    assert lines[1].split()[-1] == "2"
    assert "initialise+distil" in lines[3]
    write_figure(tmp_path / "curves.svg", results)
    drawn = (tmp_path / "curves.svg").read_text(encoding="utf-8")
    colours = re.findall(
        r'<g id="line2d_\d+">\s*<path d="[^"]*" clip-path="[^"]*" style="fill: none; stroke: (#\w+)', drawn
    )
    assert (len(colours), len(set(colours)), colours.count(colours[0])) == (
        3,
        2,
        2,
    )  # a row has one colour at all shares


@pytest.mark.parametrize("seed", [1, 3])
def test_what_knows_no_labels_is_made_once_and_the_stages_with_labels_have_seeds_of_their_own(seed: int) -> None:
    for run in measured_runs(seed):
        assert run.seed == seed
        for stage in run.earlier:
            assert stage.seed == (seed if stage.kind == "head" else 1), stage.name
