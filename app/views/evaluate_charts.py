"""The charts of the Evaluate view, as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from app.views.charts import Ink
from spotting_core.domain.classes import ClassTable
from spotting_core.evaluation.intervals import Interval
from spotting_core.evaluation.mistakes import NEAR, NEAR_UNTIL, WITHIN, Outcome
from spotting_core.evaluation.reliability import Reliability

_REACH = 6.0  # seconds on either side of a truth that the time errors show
_BIN = 0.23  # seconds
_MOST_DOTS = 7  # above each other; more are drawn as bars


@dataclass(frozen=True)
class Curve:
    """Precision and recall of one class at the thresholds, float (K,); those of no detection are left out."""

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray

    def at(self, threshold: float) -> tuple[float, float]:
        """Precision and recall at the lowest of the thresholds that is not below one; zeros where there is none."""
        index = int(np.searchsorted(self.thresholds, threshold - 1e-9))
        if index >= len(self.thresholds):
            return 0.0, 0.0
        return float(self.precision[index]), float(self.recall[index])


def share(value: float) -> str:
    """A share the way the tables write it: .58, 1.00."""
    text = f"{value:.2f}"
    return text[1:] if text.startswith("0") else text


def bounds(interval: Interval) -> str:
    """The bounds of an interval: (.84 to .92)."""
    return f"({share(interval.low)} to {share(interval.high)})"


def signed(value: float) -> str:
    """A difference: +.04, −.12."""
    if abs(value) < 0.005:
        return ".00"
    return ("+" if value > 0 else "−") + share(abs(value))


def signed_interval(interval: Interval) -> str:
    """A difference with its bounds: +.13 (+.08 to +.18)."""
    return f"{signed(interval.value)} ({signed(interval.low)} to {signed(interval.high)})"


def _figure(ink: Ink, height: int) -> go.Figure:
    ticks = {"tickvals": [0, 0.25, 0.5, 0.75, 1], "ticktext": ["0", ".25", ".50", ".75", "1"]}
    axis = {"range": [0, 1.02], "gridcolor": ink.grid, "zeroline": False, "fixedrange": True, **ticks}
    return go.Figure(
        layout={
            "height": height,
            "margin": {"l": 34, "r": 12, "t": 8, "b": 26},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "Inter, system-ui, sans-serif", "size": 11, "color": ink.muted},
            "showlegend": False,
            "xaxis": axis,
            "yaxis": dict(axis),
            "hoverlabel": {"bgcolor": ink.surface, "font": {"color": ink.text}},
        }
    )


def precision_recall_figure(
    first: Curve, second: Curve | None, threshold: float, colour: str, ink: Ink, height: int = 214
) -> go.Figure:
    """A's curve filled in the class's colour, B's dashed, and the point of the threshold."""
    figure = _figure(ink, height)
    hover = "precision %{y:.2f}, recall %{x:.2f}, threshold %{customdata:.2f}"
    figure.add_scatter(
        x=first.recall, y=first.precision, customdata=first.thresholds, mode="lines", name="A", fill="tozeroy",
        fillcolor=_faint(colour), line={"color": colour, "width": 2.2}, hovertemplate=f"A: {hover}<extra></extra>",
    )  # fmt: skip
    if second is not None:
        figure.add_scatter(
            x=second.recall, y=second.precision, customdata=second.thresholds, mode="lines", name="B",
            line={"color": ink.muted, "width": 1.6, "dash": "dash"}, hovertemplate=f"B: {hover}<extra></extra>",
        )  # fmt: skip
    precision, recall = first.at(threshold)
    figure.add_shape(type="line", x0=recall, x1=recall, y0=0, y1=precision, line=_dotted(ink))
    figure.add_shape(type="line", x0=0, x1=recall, y0=precision, y1=precision, line=_dotted(ink))
    point = {"color": colour, "size": 11, "line": {"color": ink.surface, "width": 2}}
    figure.add_scatter(x=[recall], y=[precision], mode="markers", marker=point, hoverinfo="skip")
    low = precision < 0.2
    figure.add_annotation(
        x=recall, y=precision, text=f"<b>precision {share(precision)}, recall {share(recall)}</b>", showarrow=False,
        font={"color": ink.text}, bgcolor=ink.surface, xanchor="right" if recall > 0.45 else "left",
        xshift=-10 if recall > 0.45 else 20, yshift=14 if low else -14,
    )  # fmt: skip
    figure.add_annotation(x=0.01, y=0.04, text="precision up, recall right", showarrow=False, xanchor="left")
    for name, curve in (("A", first), ("B", second)):
        if curve is not None and len(curve.recall):
            figure.add_annotation(
                x=curve.recall[0], y=curve.precision[0], text=f"<b>{name}</b>", showarrow=False, xshift=9, yshift=4,
                font={"color": ink.text if name == "A" else ink.muted},
            )  # fmt: skip
    return figure


def _dotted(ink: Ink) -> dict[str, object]:
    return {"color": ink.muted, "width": 1, "dash": "dot"}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},.10)"


def reliability_figure(first: Reliability, second: Reliability | None, ink: Ink, height: int = 214) -> go.Figure:
    """Share of right spots against confidence, with how many there are."""
    figure = _figure(ink, height)
    tallest = max(1, int(first.count.max()))
    figure.add_bar(
        x=first.middle, y=first.count / tallest * 0.32, width=0.08, marker={"color": ink.fill},
        customdata=first.count, hovertemplate="%{customdata} spots<extra></extra>",
    )  # fmt: skip
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=_dotted(ink))
    for one, name, look in (
        (second, "B", {"color": ink.muted, "width": 1.4, "dash": "dash"}),
        (first, "A", {"color": ink.accent, "width": 1.6}),
    ):
        if one is None:
            continue
        filled = one.count > 0
        figure.add_scatter(
            x=one.confidence[filled], y=one.right[filled], customdata=one.count[filled],
            mode="lines+markers", line=look,
            marker={"symbol": "square", "size": 7, "color": look["color"]}, name=name,
            hovertemplate=f"{name}: " + "of %{customdata} at %{x:.2f}, %{y:.2f} are right<extra></extra>",
        )  # fmt: skip
    figure.add_annotation(x=0.01, y=0.96, text="share right up, confidence right", showarrow=False, xanchor="left")
    figure.add_annotation(x=1.0, y=0.86, text="ideal", showarrow=False, xanchor="right")
    return figure


def time_error_figure(outcomes: Sequence[Outcome], classes: ClassTable, dark: bool, ink: Ink) -> go.Figure:
    """By how much each spot that has a truth is early or late: a dot each, or bars where there are many."""
    figure = _figure(ink, 104)
    seconds = np.array([(o.error or 0) / 1e6 for o in outcomes])
    bins = np.round(seconds / _BIN).astype(int)
    tallest = max(int(np.unique(bins, return_counts=True)[1].max()) if len(bins) else 0, 1)
    for x0, x1, colour in (
        (-NEAR_UNTIL, -WITHIN, ink.fill),
        (-WITHIN, WITHIN, _faint(ink.good)),
        (WITHIN, NEAR_UNTIL, ink.fill),
    ):
        figure.add_shape(type="rect", x0=x0, x1=x1, y0=0, y1=1, yref="paper", fillcolor=colour, line_width=0,
                         opacity=0.5 if colour == ink.fill else 1, layer="below")  # fmt: skip
    if tallest <= _MOST_DOTS:
        _dots(figure, outcomes, bins, classes, dark)
    else:
        values, counts = np.unique(bins, return_counts=True)
        colours = [ink.good if abs(v * _BIN) <= WITHIN else ink.muted for v in values]
        figure.add_bar(x=values * _BIN, y=counts, width=_BIN * 0.8, marker={"color": colours},
                       hovertemplate="%{y} spots<extra></extra>")  # fmt: skip
    for x, text, colour in (
        (-3, "near miss", ink.muted),
        (0, f"within {WITHIN:.0f} s", ink.good),
        (3, "near miss", ink.muted),
    ):
        figure.add_annotation(x=x, y=0.98, yref="paper", text=text, showarrow=False, font={"color": colour})
    marks = list(range(-6, 7))
    figure.update_xaxes(
        range=[-_REACH - 0.3, _REACH + 0.3], tickvals=marks,
        ticktext=[f"{m:+d}".replace("-", "−") + (" s" if abs(m) == 6 else "") if m else "0" for m in marks],
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[0, max(tallest, _MOST_DOTS) * 1.35])
    return figure


def _dots(figure: go.Figure, outcomes: Sequence[Outcome], bins: np.ndarray, classes: ClassTable, dark: bool) -> None:
    heights: dict[int, int] = {}
    rows = []
    for outcome, place in zip(outcomes, bins.tolist(), strict=True):
        heights[place] = heights.get(place, 0) + 1
        action = classes.get(outcome.label)
        late = (outcome.error or 0) / 1e6
        text = f"{action.short}, {abs(late):.1f} s {'late' if late > 0 else 'early'}"
        symbol = "triangle-down" if outcome.kind == NEAR else "circle"
        rows.append(
            (place * _BIN, heights[place] - 0.4, action.colour_dark if dark else action.colour_light, symbol, text)
        )
    if rows:
        x, y, colours, symbols, texts = zip(*rows, strict=True)
        figure.add_scatter(
            x=x, y=y, mode="markers", marker={"color": colours, "symbol": symbols, "size": 6.5}, text=texts,
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
