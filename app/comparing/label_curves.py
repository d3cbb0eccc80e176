"""The curves of an experiment as a paper shows them: score against labelled share, a line for each strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from app.comparing.composite_figure import COLOURS, FORMS, STYLE
from spotting_core.active.summary import StrategySummary
from spotting_core.base.errors import BadInputError

_WIDTH, _HEIGHT = 5.0, 3.4  # inches, of one figure
_LINES = ("-", "--", ":", "-.")  # from one round of colours to the next


def label_curves(by_figure: Mapping[str, Sequence[StrategySummary]], form: str) -> bytes:
    """The curves as a file, figures side by side.

    Arguments:
        by_figure: name of a figure of the task to the summaries of its strategies.
        form: svg, png or pdf.

    Errors:
        BadInputError: another form.
    """
    if form not in FORMS:
        raise BadInputError(f"a figure cannot be written as {form!r}", fix=f"Forms: {', '.join(FORMS)}")
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(_WIDTH * len(by_figure), _HEIGHT), layout="constrained")
        for axes, (name, strategies) in zip(
            figure.subplots(1, len(by_figure), squeeze=False)[0], by_figure.items(), strict=True
        ):
            for number, one in enumerate(strategies):
                colour, line = COLOURS[number % len(COLOURS)], _LINES[number // len(COLOURS) % len(_LINES)]
                values = [score.value for score in one.scores]
                axes.plot(one.shares, values, line, color=colour, label=one.strategy, linewidth=1.2, marker="o", ms=2.5)
                low, high = zip(*((score.low, score.high) for score in one.scores), strict=True)
                axes.fill_between(one.shares, low, high, color=colour, alpha=0.1, linewidth=0)
            axes.set_xlabel("labelled")
            axes.set_ylabel(f"average-mAP, {name}")
            axes.xaxis.set_major_formatter(PercentFormatter(1.0))
            axes.set_ylim(bottom=0)
            axes.grid(alpha=0.2)
        axes.legend(frameon=False, fontsize=7)
        file = BytesIO()
        metadata: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
        figure.savefig(file, format=form, dpi=200, metadata=metadata)
    return file.getvalue()
