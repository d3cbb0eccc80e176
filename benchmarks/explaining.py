"""What explanations and what-ifs take, as it is and as on a processor that has AVX2 alone: ``make bench-explain``.

python -m benchmarks.explaining [--spots N]

Of the demo match, as it ships analysed, the surest spot of each class is explained, N classes at most: reading the
window, which is done once for all that is asked of it, every method that fits the bundled model, and three what-ifs
with their controls. Both ways are measured one after the other, in a process of its own each, by the clock; nothing is
kept from one question to the next but the window. Before that: how many of its spots have a cause that their sentence
names, by the explanations that ship.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from app.settings import DEMO
from benchmarks.machine import AVX2_ALONE, REPOSITORY, SINGLE_PRECISION, machine
from spotting_core.computing.waiting_threads import POLICY, SLEEPING

_Result = TypeVar("_Result")
_TIMED = "from benchmarks.explaining import time_alone; time_alone()"
WINDOW = "reading the window"
WAYS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "as it is": ("", {}),
    "AVX2, single precision": (SINGLE_PRECISION, AVX2_ALONE),
}
"""Name to the code that goes before and the environment."""


def time_alone() -> None:
    """Explain spots in this process, how many its argument says; prints what is asked, as JSON, to the seconds."""
    from explain.faithfulness import fitting_methods
    from explain.kept import anchor_time
    from explain.methods import probe_at
    from explain.what_if import BoxEdit, EntityEdit, TimeEdit, what_if
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import open_match
    from spotting_core.models.card import BUNDLED
    from spotting_core.models.load import load_model

    analysis, data, model = Analysis.open(DEMO / "analysis"), DataDirectory.default().ensure(), load_model(BUNDLED)
    videos = {half.half: half.path for half in open_match(DEMO).halves}
    surest = {spot.label: spot for spot in sorted(analysis.spots(), key=lambda spot: spot.confidence or 0)}
    edits = {
        "what if a box is blurred": BoxEdit(0.4, 0.4, 0.6, 0.6),
        "what if a second is missing": TimeEdit(-0.5, 0.5),
        "what if there is no ball": EntityEdit("ball"),
    }
    seconds: dict[str, list[float]] = defaultdict(list)

    def timed(name: str, work: Callable[..., _Result], *arguments: object) -> _Result:
        began = time.perf_counter()
        result = work(*arguments)
        seconds[name].append(round(time.perf_counter() - began, 3))
        return result

    media = {half: ingest(path, data) for half, path in videos.items()}
    for spot in list(surest.values())[-int(sys.argv[1]) :]:
        probe = timed(WINDOW, probe_at, analysis, media[spot.half], model, spot.half, anchor_time(analysis, spot))
        for method in fitting_methods(model):
            timed(method.name, method.explain, probe, spot.label)
        for name, edit in edits.items():
            timed(name, what_if, probe, spot.label, edit)
    sys.stdout.write(json.dumps(seconds))


def causes_of_demo() -> str:
    """How many spots of the demo have a single cause or a pair that their sentence names, and how many are withheld."""
    from app.workspace.panels.why import MATTERS, is_unsure, joint_cause, strongest_entity
    from explain.attribution import Attribution
    from explain.kept import beside, subject_of
    from spotting_core.analyses.analysis import Analysis

    analysis = Analysis.open(DEMO / "analysis")
    asked = [
        Attribution.load(beside(analysis.folder, subject_of(analysis, spot), "entity-ablation"))
        for spot in analysis.spots()
    ]
    single = [cause for one in asked if (cause := strongest_entity(one)) is not None]
    weak = sum(max(-one.values["effect"]) < MATTERS for one in asked)
    pairs, withheld = sum(joint_cause(one) is not None for one in asked), sum(is_unsure(cause) for cause in single)
    return (
        f"Of the demo's {len(asked)} spots {weak} fall by less than {MATTERS} whatever single kind of entity is gone, "
        f"{pairs} have a pair that is named; of {len(single)} single causes {withheld} are withheld."
    )


def measured(code: str, environment: Mapping[str, str], spots: int, data: Path) -> dict[str, list[float]]:
    """Seconds of each question in a process of one way."""
    own = {**os.environ, POLICY: SLEEPING, "TOUCHLINE_DATA": str(data), **environment}
    order = [sys.executable, "-c", code + _TIMED, str(spots)]
    done = subprocess.run(order, cwd=REPOSITORY, env=own, stdout=subprocess.PIPE, check=True)
    seconds: dict[str, list[float]] = json.loads(done.stdout)
    return seconds


def table_of(ways: Mapping[str, Mapping[str, Sequence[float]]]) -> Table:
    """Median and longest of each question, way by way."""
    table = Table("Seconds", *(f"{way}: median, longest" for way in ways), box=None, header_style="bold")
    for question in dict.fromkeys(question for seconds in ways.values() for question in seconds):
        own = (seconds[question] for seconds in ways.values())
        table.add_row(question, *(f"{statistics.median(values):.2f}, {max(values):.2f}" for values in own))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--spots", type=int, default=8, help="classes of which a spot is explained")
    spots = parser.parse_args().spots
    console = Console(width=120)
    console.print(", ".join(machine()), highlight=False)
    console.print(causes_of_demo(), highlight=False)
    with TemporaryDirectory(prefix="touchline-bench-") as folder:
        ways = {name: measured(code, own, spots, Path(folder)) for name, (code, own) in WAYS.items()}
    console.print(f"{len(ways['as it is'][WINDOW])} spots of the demo match.", highlight=False)
    console.print(table_of(ways))


if __name__ == "__main__":
    main()
