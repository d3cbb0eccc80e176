"""The tables of the Evaluate view: what is measured by row, a column for each system, and how far apart they are."""

from __future__ import annotations

from collections.abc import Sequence

from app.views import page
from app.views.evaluate_charts import bounds, share, signed
from spotting_core.evaluation.intervals import Interval

Figure = Interval | float
"""A value with its interval, or alone where that is not known."""
_EVEN = 5e-5  # below what a table shows


def figure_table(names: Sequence[str], truth: str, differences: Sequence[str], rows: Sequence[str]) -> str:
    """A table of rows of ``figure_row``.

    Arguments:
        names: of the systems; truth: what the column of truths is called.
    """
    heads = "".join(f'<th scope="col">{page.escape(name)}</th>' for name in ("Class", truth, *names, *differences))
    return f'<div class="tl-table"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def figure_row(
    name: str, truths: str, values: Sequence[Figure], apart: Sequence[Figure], *, few: bool, head: bool = False
) -> str:
    """A row: the best of several values and differences that are more than chance are bold.

    Arguments:
        few: whether it has so few truths that they say little, which is shown faint.
        head: whether it is of an average.
    """
    best = max(map(_value, values), default=0.0)
    several = len(values) > 1
    cells = [
        f'<td class="{"tl-best" if several and _value(own) >= best - _EVEN else ""}">{share(_value(own))}'
        f"{_small(bounds(own)) if isinstance(own, Interval) else ''}</td>"
        for own in values
    ]
    for difference in apart:
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
