"""The charts of the Search view beside its matrix: who does what, and whether the model's confidence holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from app.views.evaluate_charts import INKS, Ink
from spotting_core.classes import ClassTable
from spotting_core.search.engine import Judged

_AWAY = {"dark": "#B79CF5", "light": "#7A4BC2"}


def team_figure(by_team: Mapping[tuple[str, str], int], classes: ClassTable, dark: bool) -> go.Figure:
    """Spots of each class by the team that is known to have made them, as bars side by side."""
    theme = "dark" if dark else "light"
    ink = INKS[theme]
    present = [c for c in classes if any(label == c.name for label, _ in by_team)]
    figure = go.Figure()
    for side, name, colour in (("home", "Home", ink.accent), ("away", "Away", _AWAY[theme])):
        counts = [by_team.get((c.name, side), 0) for c in present]
        figure.add_bar(
            y=[c.short for c in present], x=counts, orientation="h", name=name, marker={"color": colour}, text=counts,
            textposition="auto", textangle=0, hovertemplate=f"%{{y}}, {name.lower()}: %{{x}}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(categoryorder="array", categoryarray=[c.short for c in reversed(present)], automargin=True)
    return _finished(figure, ink, 70 + 34 * len(present), legend=True)


def judged_figure(judged: Sequence[Judged], dark: bool) -> go.Figure:
    """Share of the reviewed spots that were confirmed against the model's confidence; the line is what it promises."""
    ink = INKS["dark" if dark else "light"]
    figure = go.Figure()
    figure.add_scatter(
        x=[0.2, 1], y=[0.2, 1], mode="lines", line={"color": ink.muted, "dash": "dot", "width": 1}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=[(j.low + j.high) / 2 for j in judged],
        y=[j.confirmed / j.reviewed for j in judged],
        mode="lines+markers+text",
        text=[str(j.reviewed) for j in judged],
        textposition="top center",
        marker={"symbol": "square", "size": 9, "color": ink.accent},
        line={"color": ink.accent},
        customdata=[[j.confirmed, j.reviewed] for j in judged],
        hovertemplate="%{customdata[0]} of %{customdata[1]} confirmed<extra></extra>",
    )
    figure.update_xaxes(title="Confidence", range=[0.18, 1.02])
    figure.update_yaxes(title="Share confirmed", range=[-0.03, 1.12], tickvals=[0, 0.5, 1])
    return _finished(figure, ink, 260, legend=False)


def _finished(figure: go.Figure, ink: Ink, height: int, *, legend: bool) -> go.Figure:
    axis = {"gridcolor": ink.grid, "zeroline": False, "color": ink.muted, "tickfont": {"size": 11}}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 28 if legend else 8, "b": 24}, paper_bgcolor=ink.surface,
        plot_bgcolor=ink.surface, font={"family": "Inter, sans-serif", "size": 12, "color": ink.text}, bargap=0.25,
        showlegend=legend, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    return figure
