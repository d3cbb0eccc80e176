"""Charts on a pitch seen from above: spots as marks, a team as shades."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from app.views.charts import INKS, Ink, finished, team_colours
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.pitch import Pitch
from spotting_core.domain.spots import TEAMS
from spotting_core.players.presence import Presence
from spotting_core.search.engine import SearchColumns

_MOST_NAMED = 5  # classes in a legend
_MARGIN = 3.0  # metres around the pitch


def spots_figure(spots: SearchColumns, classes: ClassTable, dark: bool) -> go.Figure:
    """Every spot as a mark in the colour of its class, on a pitch of 105 by 68 m."""
    figure, ink = _pitch_figure(Pitch(), dark)
    for action in classes:
        own = spots.where(spots.label == action.name)
        if len(own):
            figure.add_scatter(
                x=own.x, y=-own.y, mode="markers", name=action.short, customdata=own.minute,
                marker={"size": 9, "color": action.colour_dark if dark else action.colour_light,
                        "line": {"width": 1, "color": ink.surface}},
                hovertemplate=f"{action.name}, minute %{{customdata}}<extra></extra>",
            )  # fmt: skip
    shown = len(set(spots.label.tolist()))  # more would take more room than the pitch; the mark tells its class
    return finished(figure, ink, 340, legend=1 < shown <= _MOST_NAMED)


def presence_figure(there: Presence, pitch: Pitch, name: str, team: int, dark: bool) -> go.Figure:
    """Players of a team on 100 square metres as shades of its colour.

    Arguments:
        team: 1 for home, 2 for away.
    """
    figure, ink = _pitch_figure(pitch, dark)
    rows, columns = there.players.shape
    shades = [[0, ink.surface], [1, team_colours(dark)[TEAMS[team - 1]]]]
    figure.add_heatmap(
        z=there.players[::-1], zsmooth=False, zmin=0, colorscale=shades,
        x=(np.arange(columns) + 0.5) * pitch.length / columns - pitch.length / 2,
        y=(np.arange(rows) + 0.5) * pitch.width / rows - pitch.width / 2,
        colorbar={"thickness": 8, "len": 0.9, "tickfont": {"size": 10, "color": ink.muted}, "x": 1.01},
        hovertemplate="%{z:.2f} players on 100 m²<extra></extra>",
    )  # fmt: skip
    figure.add_annotation(
        text=f"{name}, {there.seen:,} sightings", x=0, xref="paper", y=1.02, yref="paper", yanchor="bottom",
        showarrow=False, font={"size": 12, "color": ink.text},
    )  # fmt: skip
    return finished(figure, ink, 190, legend=False).update_layout(margin_t=24)


def _pitch_figure(pitch: Pitch, dark: bool) -> tuple[go.Figure, Ink]:
    """A pitch with its lines, y upwards away from the main camera, and the colours of the theme."""
    ink, figure = INKS["dark" if dark else "light"], go.Figure()
    for line in pitch.drawn.values():
        figure.add_scatter(
            x=line[:, 0], y=-line[:, 1], mode="lines", line={"color": ink.muted, "width": 1}, hoverinfo="skip",
            showlegend=False,
        )  # fmt: skip
    half_length, half_width = pitch.length / 2 + _MARGIN, pitch.width / 2 + _MARGIN
    figure.update_xaxes(range=[-half_length, half_length], visible=False, constrain="domain")
    figure.update_yaxes(
        range=[-half_width, half_width], visible=False, scaleanchor="x", scaleratio=1, constrain="domain"
    )
    return figure, ink
