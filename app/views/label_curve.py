"""What labels have brought so far, in the dialog of training: a curve over their number, and a guess of the next."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from app.state import shared_settings
from app.views import page
from app.views.charts import CONFIG, INKS, finished
from app.views.evaluate_charts import share, signed_interval
from spotting_core.base.counts import count_of
from spotting_core.evaluation.intervals import FEW_UNITS
from spotting_core.training.label_curve import FEWEST, CurvePoint, curve_points, curves_of, gain_of_more, sure_points

MORE = 100
"""Labels of which is guessed what they would bring."""
_HEIGHT = 230


def label_curve() -> None:
    """The curve of the models that were trained here; nothing where there is none."""
    curves = curves_of(curve_points(shared_settings().data))
    for points in curves[:1]:
        st.html('<div class="tl-name">What labels have brought</div>')
        figure = curve_figure(points, st.context.theme.type != "light")
        st.plotly_chart(figure, theme=None, config=CONFIG, key="label_curve", alt="Score by labels learned from")
        st.caption(page.plain(curve_sentence(points)))


def curve_figure(points: Sequence[CurvePoint], dark: bool) -> go.Figure:
    """Score over labels, with intervals, and what each model came from."""
    ink = INKS["dark" if dark else "light"]
    labels = [p.labels for p in points]
    figure = go.Figure()
    figure.add_scatter(
        x=labels, y=[p.before for p in points], mode="markers", name="before",
        marker={"color": ink.muted, "symbol": "circle-open", "size": 7},
        customdata=[p.model for p in points], hovertemplate="before %{customdata}: %{y:.2f}<extra></extra>",
    )  # fmt: skip
    spread = {
        "type": "data", "symmetric": False, "color": ink.accent, "thickness": 1,
        "array": [None if p.interval is None else p.interval[1] - p.score for p in points],
        "arrayminus": [None if p.interval is None else p.score - p.interval[0] for p in points],
    }  # fmt: skip
    figure.add_scatter(
        x=labels, y=[p.score for p in points], mode="lines+markers", name="after", error_y=spread,
        marker={"color": ink.accent, "size": 7}, line={"color": ink.accent, "width": 1.5},
        customdata=[[p.model, p.minutes] for p in points],
        hovertemplate="%{customdata[0]}: %{y:.2f} from %{x} labels, on %{customdata[1]:g} minutes<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title={"text": "labels learned from", "font": {"size": 11}}, rangemode="tozero", tickformat="d")
    figure.update_yaxes(title={"text": f"{points[0].metric} average-mAP", "font": {"size": 11}}, rangemode="tozero")
    on_the_dialog = {"paper_bgcolor": "rgba(0, 0, 0, 0)", "plot_bgcolor": "rgba(0, 0, 0, 0)"}  # it lies on no card
    return finished(figure, ink, _HEIGHT, legend=True).update_layout(margin={"b": 44}, **on_the_dialog)


def held_out(minutes: float) -> str:
    """1 minute that was held out, 4.5 minutes that were held out."""
    return "1 minute that was held out" if minutes == 1 else f"{minutes:g} minutes that were held out"


def curve_sentence(points: Sequence[CurvePoint]) -> str:
    """What the curve says of the next labels, and on what it stands."""
    minutes = sorted({p.minutes for p in points})
    measured = f"Each was measured on {held_out(minutes[0])}."
    if len(minutes) > 1:
        between = f"{minutes[0]:g} to {minutes[-1]:g} of them, not always the same"
        measured = f"Each was measured on the minutes that were held out when it was trained, {between}."
    last, sure = points[-1], sure_points(points)
    now = f"{share(last.score)} with {count_of(last.labels, 'label')}"
    guess = gain_of_more(sure, MORE)
    if guess is None:
        wait = f"What more would bring can be guessed from {FEWEST} trainings with different numbers of labels"
        least = f", with actions in {FEW_UNITS} minutes of those held out" if len(sure) < len(points) else ""
        return f"{now}. {wait}{least}. {measured}"
    verdict = "" if guess.without_zero else ": that they bring nothing is as well possible"
    return (
        f"{now}. The next {MORE} would bring about {signed_interval(guess)}{verdict}. A guess, by a line over the "
        f"logarithm of their number through {len(sure)} trainings. {measured}"
    )
