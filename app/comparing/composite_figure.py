"""One figure of an evaluation as a paper shows it: average precision by class with intervals, the tolerance curve, what
is taken for what, and the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import ClassTable
from spotting_core.evaluation.confusion import ConfusionMatrix
from spotting_core.evaluation.intervals import FEW_TRUTHS, Draws, Interval, is_of_minutes, mean_difference

FORMS = ("svg", "png", "pdf")
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours, which differ for colour-blind readers and in print."""
STYLE = {
    "font.size": 8,
    "svg.fonttype": "path",
    "svg.hashsalt": "touchline",  # the same figure is the same file
    "pdf.fonttype": 42,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_DOTS = 200  # per inch
_WIDTH, _ROW = 11.0, 0.23  # inches: of the page, and of one system in a class's bar
_LONGEST_NAME = 26


@dataclass(frozen=True)
class FigureSystem:
    """A system as it is called in the figure; the draws of all are of one call of ``paired_draws``."""

    name: str
    draws: Draws


def composite_figure(
    systems: Sequence[FigureSystem],
    matrix: ConfusionMatrix,
    truths: Mapping[str, int],
    classes: ClassTable,
    form: str,
    *,
    threshold: float,
    matches: int,
) -> bytes:
    """The figure as a file.

    Arguments:
        matrix: of the first system, at a threshold; truths: of each class, over so many matches.
        form: svg, png or pdf.

    Errors:
        BadInputError: another form, or no system.
    """
    if form not in FORMS or not systems:
        raise BadInputError("there is no such figure", fix=f"Forms: {', '.join(FORMS)}; of at least one system")
    present = [c.name for c in classes if truths.get(c.name) and systems[0].draws.of_class(c.name, "tight") is not None]
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = _laid_out(systems, matrix, truths, classes, present, threshold, matches)
        file = BytesIO()
        metadata: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
        figure.savefig(file, format=form, dpi=_DOTS, bbox_inches="tight", metadata=metadata)
    return file.getvalue()


def _laid_out(
    systems: Sequence[FigureSystem],
    matrix: ConfusionMatrix,
    truths: Mapping[str, int],
    classes: ClassTable,
    present: Sequence[str],
    threshold: float,
    matches: int,
) -> Figure:
    upper = max(3.4, 0.9 + len(present) * (0.16 + 0.12 * len(systems)))
    lower = max(3.6, 1.2 + 0.27 * len(matrix.classes))
    under = 0.7 + _ROW * (len(systems) + 1)
    figure = Figure(figsize=(_WIDTH, upper + lower + under), layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=[upper, lower, under], width_ratios=[1, 1])
    _by_class(figure.add_subplot(grid[0, 0]), systems, truths, classes, present)
    _by_tolerance(figure.add_subplot(grid[0, 1]), systems)
    _confusion(figure.add_subplot(grid[1, :]), matrix, classes, systems[0].name, threshold)
    _table(figure.add_subplot(grid[2, :]), systems, sum(truths.values()), matches)
    return figure


def _title(axes: Axes, letter: str, text: str) -> None:
    axes.set_title(f"$\\bf{{{letter}}}$  {text}", loc="left", fontsize=9)


def _short(name: str) -> str:
    """A name that fits, in which no dollar begins a formula."""
    cut = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return cut.replace("$", r"\$")


def _by_class(
    axes: Axes, systems: Sequence[FigureSystem], truths: Mapping[str, int], classes: ClassTable, present: Sequence[str]
) -> None:
    """A dot and a bar of its interval for each system and class; faint where there are few truths."""
    step = 0.8 / len(systems)
    for number, system in enumerate(systems):
        for place, name in enumerate(present):
            own = system.draws.of_class(name, "tight")
            assert own is not None  # classes that are present have truth
            at, faint = place - 0.4 + step * (number + 0.5), 0.35 if truths[name] < FEW_TRUTHS else 1.0
            colour = COLOURS[number % len(COLOURS)]
            axes.plot([own.low, own.high], [at, at], color=colour, alpha=faint, linewidth=1.2)
            axes.plot([own.value], [at], "o", color=colour, alpha=faint, markersize=3.5)
    axes.set_yticks(range(len(present)), [f"{_short(classes.get(n).short)} ({truths[n]})" for n in present])
    axes.set_ylim(len(present) - 0.4, -0.6)
    axes.set_xlim(-0.02, 1.02)
    axes.grid(axis="x", linewidth=0.4, alpha=0.5)
    axes.set_xlabel("Average precision, mean over 1–5 s; in brackets: truths")
    _title(axes, "a", "By class, with 95 % intervals")


def _by_tolerance(axes: Axes, systems: Sequence[FigureSystem]) -> None:
    for number, system in enumerate(systems):
        colour, tolerances = COLOURS[number % len(COLOURS)], system.draws.tolerances
        points = [system.draws.at(t) for t in tolerances]
        axes.fill_between(
            tolerances, [p.low for p in points], [p.high for p in points], color=colour, alpha=0.15, linewidth=0
        )
        axes.plot(
            tolerances,
            [p.value for p in points],
            "-o",
            color=colour,
            markersize=2.5,
            linewidth=1.2,
            label=_short(system.name),
        )
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("Tolerance, full width of the window, s")
    axes.set_ylabel("mAP")
    axes.grid(linewidth=0.4, alpha=0.5)
    axes.legend(frameon=False, loc="lower right")
    _title(axes, "b", "Over tolerances, with 95 % intervals")


def _confusion(axes: Axes, matrix: ConfusionMatrix, classes: ClassTable, name: str, threshold: float) -> None:
    """Counts, coloured by their share of the row, with the median time error."""
    rows = matrix.count.sum(1, keepdims=True)
    axes.imshow(matrix.count / np.maximum(rows, 1), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    names = [_short(classes.get(n).short) for n in matrix.classes]
    axes.set_xticks(range(len(names) + 1), [*names, "missed"], rotation=40, ha="right")
    axes.set_yticks(range(len(names) + 1), [*names, "false alarm"])
    for row, column in zip(*np.nonzero(matrix.count), strict=True):
        dark = matrix.count[row, column] / rows[row, 0] > 0.55
        axes.text(
            column, row, _cell(matrix, int(row), int(column)), ha="center", va="center", fontsize=6, linespacing=0.9,
            color="white" if dark else "black",
        )  # fmt: skip
    axes.set_xlabel("Spotted")
    axes.set_ylabel("True")
    axes.spines[:].set_visible(False)
    _title(
        axes, "c", f"What {_short(name)} takes for what from a confidence of {threshold:.2f}; median time error in s"
    )


def _cell(matrix: ConfusionMatrix, row: int, column: int) -> str:
    count, last = str(matrix.count[row, column]), len(matrix.classes)
    if row == last or column == last:
        return count
    return f"{count}\n{round(matrix.error[row, column] / 1e6, 1) + 0.0:+.1f}"


def _table(axes: Axes, systems: Sequence[FigureSystem], truths: int, matches: int) -> None:
    axes.axis("off")
    first = systems[0].draws
    rows = []
    for number, system in enumerate(systems):
        cells = [_interval(system.draws.mean(metric)) for metric in ("tight", "loose")]
        apart = [
            _interval(mean_difference(system.draws, first, m), sign="+") if number else "" for m in ("tight", "loose")
        ]
        rows.append([_short(system.name), cells[0], apart[0], cells[1], apart[1]])
    table = axes.table(
        rows, colLabels=["System", "Tight average-mAP", "minus the first", "Loose average-mAP", "minus the first"],
        loc="upper center", cellLoc="center", edges="horizontal",
    )  # fmt: skip
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    of = "minutes" if is_of_minutes(matches) else "matches"
    counted = f"{truths} true actions in {matches} {'match' if matches == 1 else 'matches'}"
    _title(axes, "d", f"{counted}; 95 % intervals over {of}, drawn alike for all systems")


def _interval(interval: Interval, sign: str = "") -> str:
    form = f"{sign}.3f"
    return f"{interval.value:{form}} [{interval.low:{form}}, {interval.high:{form}}]"
