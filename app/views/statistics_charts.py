"""The charts of the Statistics view, as Plotly figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.views.charts import INKS, finished, minute_ticks, team_colours
from spotting_core.analyses.match_cameras import CameraMinutes
from spotting_core.domain.cameras import CAMERA_TABLE
from spotting_core.domain.classes import ClassTable, load_classes
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import TEAMS
from spotting_core.search.engine import JudgedBin
from spotting_core.search.figures import Pressure, Rate


def rate_figure(
    rates: Mapping[tuple[str, str], Rate],
    classes: ClassTable,
    names: Mapping[str, str],
    dark: bool,
    minutes: float | None,
) -> go.Figure:
    """Spots of each class by team, stacked.

    Arguments:
        minutes: in which spots are counted on average, while their number is told when pointed at; None for numbers.
    """
    ink, colours = INKS["dark" if dark else "light"], team_colours(dark)
    present = [c for c in classes if any(label == c.name for label, _ in rates)]
    figure, often = go.Figure(), "" if minutes is None else f", %{{x:.1f}} in {minutes:g} minutes"
    for team, colour in colours.items():
        own = [rates.get((c.name, team), Rate(0, 0.0)) for c in present]
        if any(r.count for r in own):
            figure.add_bar(
                y=[c.short for c in present], x=[r.count if minutes is None else r.frequency for r in own],
                orientation="h", name=names[team], marker={"color": colour}, customdata=[r.count for r in own],
                hovertemplate=f"%{{y}}, {names[team]}: %{{customdata}} spots{often}<extra></extra>",
            )  # fmt: skip
    order = [c.short for c in reversed(present)]
    if minutes is None:
        figure.update_xaxes(tickformat="d", rangemode="tozero")
    figure.update_yaxes(categoryorder="array", categoryarray=order)
    figure.update_layout(barmode="stack")
    return finished(figure, ink, max(200, 60 + 19 * len(present)), legend=True)


def fall_figure(
    counts: Mapping[str, np.ndarray], colours: Mapping[str, str], width: int, dark: bool, parts: Parts, last: int
) -> go.Figure:
    """How many of each group of classes fall into every ``width`` minutes of the match clock.

    Arguments:
        last: minute of the match clock.
    """
    ink = INKS["dark" if dark else "light"]
    figure = go.Figure()
    for name, values in counts.items():
        starts = np.arange(len(values)) * width
        figure.add_bar(
            x=starts + width / 2, y=values, name=name, width=width * 0.38, marker={"color": colours[name]},
            customdata=np.stack([starts + 1, starts + width], axis=1),
            hovertemplate=f"{name}, minutes %{{customdata[0]}}–%{{customdata[1]}}: %{{y}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, last], tickvals=minute_ticks(last))
    most = max((int(values.max()) for values in counts.values()), default=0)
    figure.update_yaxes(rangemode="tozero", tickformat="d", dtick=max(1, -(-most // 4)))
    for number in range(2, (parts.most or 1) + 1):
        if parts.length is not None and _start(parts, number) < last:
            figure.add_vline(x=_start(parts, number), line={"color": ink.muted, "width": 1, "dash": "dot"})
    return finished(figure, ink, 232, legend=True)


def _start(parts: Parts, number: int) -> float:
    """Minute of the match clock at which a part begins."""
    return parts.start(number) / 60e6


def pressure_figure(halves: Sequence[Pressure], names: Mapping[str, str], dark: bool, parts: Parts) -> go.Figure:
    """Pressure on the match clock, part beside part, home upwards and away downwards."""
    ink, colours = INKS["dark" if dark else "light"], team_colours(dark)
    figure = make_subplots(
        cols=len(halves), shared_yaxes=True, horizontal_spacing=0.03, column_widths=[len(h.minutes) for h in halves]
    )
    for number, half in enumerate(halves):
        for team, values, sign in ((TEAMS[0], half.home, 1), (TEAMS[1], half.away, -1)):
            figure.add_scatter(
                x=half.minutes + _start(parts, half.half), y=sign * values, mode="lines", fill="tozeroy",
                line={"shape": "hv", "width": 1.4, "color": colours[team]},
                name=names[team], legendgroup=team, showlegend=number == 0, customdata=values,
                hovertemplate=f"{names[team]}, minute %{{x:.1f}}: %{{customdata:.1f}}<extra></extra>",
                row=1, col=number + 1,
            )  # fmt: skip
    most = max([1.0, *(float(v.max()) for h in halves for v in (h.home, h.away) if len(v))])
    ticks = [-round(most), 0, round(most)]
    figure.update_yaxes(range=[-1.1 * most, 1.1 * most], tickvals=ticks, ticktext=[str(abs(t)) for t in ticks])
    figure.update_xaxes(ticksuffix="′")
    return finished(figure, ink, 232, legend=True)


def camera_figure(minutes: Mapping[str, CameraMinutes], dark: bool) -> go.Figure:
    """Minutes of each camera, live and replayed, stacked; the longest on top."""
    ink, colours = INKS["dark" if dark else "light"], team_colours(dark)
    table = load_classes(CAMERA_TABLE)
    names = [table.get(label).short if label in table else label for label in minutes]
    figure = go.Figure()
    for name, colour, values in (
        ("Live", colours[TEAMS[0]], [m.live for m in minutes.values()]),
        ("Replays", colours[TEAMS[2]], [m.replayed for m in minutes.values()]),
    ):
        if any(values):
            figure.add_bar(
                y=names, x=values, orientation="h", name=name, marker={"color": colour},
                hovertemplate=f"%{{y}}, {name.lower()}: %{{x:.1f}} minutes<extra></extra>",
            )  # fmt: skip
    figure.update_yaxes(categoryorder="array", categoryarray=names[::-1])
    figure.update_xaxes(ticksuffix=" min", rangemode="tozero")
    figure.update_layout(barmode="stack")
    return finished(figure, ink, max(160, 60 + 22 * len(names)), legend=True)


def judged_figure(judged: Sequence[JudgedBin], dark: bool) -> go.Figure:
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
    figure = finished(figure, ink, 280, legend=False)
    return figure.update_layout(margin_b=46)  # room for the title of the axis below its numbers
