"""The comparison of systems: what is trained, what its tables say, and that a failure is told."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import spotters
from spotting_core.models.card import read_card, write_card
from tests.small_systems import feature_model

pytestmark = pytest.mark.usefixtures("elsewhere")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no run lies."""
    monkeypatch.chdir(tmp_path)


def made_run(name: str, seed: int, device: str, tight: float, seconds: float | None = 10.0) -> None:
    """What a run leaves behind."""
    folder = feature_model(spotters.place(name, seed) / "model", "max", 2.0, before=5, after=4)
    row = {"loose": 0.5, "tight": tight}
    scores = {**row, "interval": {"loose": [0.4, 0.6], "tight": [0.1, 0.3]}, "per_class": {"Goal": row}}
    write_card(folder, replace(read_card(folder), scores=scores, training={"device": f"{device}, 1 threads"}))
    result = {"name": name, "seed": seed, "seconds": seconds, "memory": 2e8, "speed": 1000.0}
    (folder.parent / "bench.json").write_text(json.dumps(result))


def printed(names: list[str]) -> list[str]:
    """Lines of the table of runs."""
    console = Console(width=180, file=StringIO())
    spotters.print_runs(console, names, range(1, 4))
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_without_runs_the_table_says_how_to_make_them() -> None:
    _, *rows, footer = printed(["max", "calf"])
    assert rows == ["max not trained", "calf not trained"]
    assert footer.startswith("There are no runs of max, calf in .runs/spotters: make bench-spotters RETRAIN=1 trains")


def test_seeds_and_devices_are_told_as_they_are() -> None:
    made_run("max", 1, "cpu", 0.2)
    made_run("max", 3, "cuda", 0.4)
    made_run("max++", 1, "cpu", 0.2, seconds=None)
    _, two, one, missing, footer = printed(["max", "max++", "calf"])
    assert two.endswith("0.500 ± 0.000 0.300 ± 0.100 10 200 1,000 2 cpu and cuda")
    assert one.endswith("0.500 (0.400–0.600) 0.200 (0.100–0.300) – 200 1,000 1 cpu")  # its first part was not measured
    assert missing == "calf not trained"
    assert "no runs of calf in" in footer


def test_variants_are_trained_with_the_first_seed_and_the_others_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    trainings: list[tuple[str, int]] = []
    monkeypatch.setattr(spotters, "run_all", lambda jobs, _: trainings.extend(jobs) or ["max with seed 2"])
    Path(".runs/recognition/model").mkdir(parents=True)
    Path(".runs/recognition/model/card.json").write_text("{}")
    made_run("max", 1, "cpu", 0.2)
    names = ["max", "two-stage-several", "dense-unet-together"]
    assert spotters.retrain(names, range(1, 3), argparse.Namespace()) == ["max with seed 2"]
    assert trainings == [("max", 1), ("two-stage-several", 1), ("dense-unet-together", 1), ("max", 2), ("two-stage-several", 2)]  # fmt: skip
    assert not spotters.place("max", 1).exists()


def test_a_configuration_without_the_model_it_reads_is_left_out_and_its_runs_stay(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(spotters, "run_all", lambda jobs, _: [name for name, _ in jobs])
    made_run("two-stage-several", 1, "cpu", 0.2)
    assert spotters.retrain(["two-stage-several", "two-stage"], [1], argparse.Namespace()) == ["two-stage"]
    assert spotters.place("two-stage-several", 1).exists()
    text = " ".join(capsys.readouterr().err.split())
    assert "two-stage-several is left out: it reads .runs/recognition/model, which has to be trained first" in text


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> Any:
    """How the command ends, what ships left aside."""
    monkeypatch.setattr("sys.argv", ["spotters", *map(str, arguments)])
    monkeypatch.setattr(spotters, "print_shipped", lambda *_: {})
    with pytest.raises(SystemExit) as ended:
        spotters.main()
    return ended.value.code


def test_a_run_that_fails_is_named_after_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In processes of their own, as always; there is no match to train on."""
    monkeypatch.setenv("PYTHONPATH", str(Path(spotters.__file__).parent.parent))
    arguments = ("--retrain", "--systems", "max", "--seeds", "1", "--device", "cpu")
    assert command(monkeypatch, tmp_path, *arguments) == "Failed: max with seed 1."  # which exits with 1
    text = capfd.readouterr()
    assert "no match with Labels-v2.json lies here" in text.err
    assert "not trained" in text.out


@pytest.mark.parametrize(
    "wrong", [("{at}/gone",), ("{at}", "--systems", "magic"), ("{at}", "--device", "tpu")], ids=lambda w: w[-1]
)
def test_runs_stay_where_none_could_be_made_in_their_place(
    wrong: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_run("max", 1, "cpu", 0.2)
    assert command(monkeypatch, *(w.format(at=tmp_path) for w in ("--retrain", *wrong))) == 2
    assert spotters.place("max", 1).exists()


def test_a_training_in_stages_is_told_as_a_whole() -> None:
    first = {"hours": 0.5, "device": "cuda, 4 threads"}
    second = {"hours": 0.25, "device": "cpu, 2 threads", "earlier": first}
    assert spotters.trained(second) == "0.75 h, cpu, 2 threads; cuda, 4 threads"
    assert spotters.trained({**second, "earlier": {**first, "hours": None}}).startswith("unknown, ")
