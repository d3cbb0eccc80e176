"""The tables of the Evaluate view: what is measured by row, a column for each system, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence

from app.views import page
from app.views.evaluate_charts import bounds, share, signed
from spotting_core.evaluation.intervals import Interval

Figure = Interval | float
"""A value with its interval, or alone where that is not known."""
_EVEN = 5e-5  # below what a table shows
_NOTHING = "<td>–</td>"


def figure_table(names: Sequence[str], truth: str, differences: Sequence[str], rows: Sequence[str]) -> str:
    """A table of rows of ``figure_row``.

    Arguments:
        names: of the systems; truth: what the column of truths is called.
    """
    heads = "".join(f'<th scope="col">{page.escape(name)}</th>' for name in ("Class", truth, *names, *differences))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="tl-table" {page.scrolled("Figures")}>{table}</div>'


def figure_row(
    name: str,
    truths: str,
    values: Sequence[Figure | None],
    apart: Sequence[Figure | None],
    *,
    few: bool,
    head: bool = False,
    least: bool = False,
) -> str:
    """A row: the best of several values and differences that are more than chance are bold.

    Arguments:
        values, apart: of each system, and between it and another; None where there is nothing to say, which keeps its
            place.
        few: whether it has so few truths that they say little, which is shown faint.
        head: whether it is of an average; least: whether the least value is the best.
    """
    best = (min if least else max)((_value(own) for own in values if own is not None), default=0.0)
    several = len(values) > 1
    cells = []
    for own in values:
        if own is None:
            cells.append(_NOTHING)
            continue
        kind = "tl-best" if several and abs(_value(own) - best) <= _EVEN else ""
        more = _small(bounds(own)) if isinstance(own, Interval) else ""
        cells.append(f'<td class="{kind}">{share(_value(own))}{more}</td>')
    for difference in apart:
        if difference is None:
            cells.append(_NOTHING)
            continue
        sure, more = "", ""
        if isinstance(difference, Interval):
            sure = "tl-sure" if difference.without_zero and not few else ""
            more = _small(f"({signed(difference.low)} to {signed(difference.high)})")
        cells.append(f'<td class="{sure}">{signed(_value(difference))}{more}</td>')
    kind = "tl-few" if few else "tl-mean" if head else ""
    cells.insert(0, f'<th scope="row">{page.escape(name)}</th><td>{page.escape(truths)}</td>')
    return f'<tr class="{kind}">{"".join(cells)}</tr>'


def _value(figure: Figure) -> float:
    return figure.value if isinstance(figure, Interval) else figure


def _small(text: str) -> str:
    return f" <small>{text}</small>"
