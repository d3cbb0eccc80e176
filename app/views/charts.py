"""What the charts of all views share: colours, settings of Plotly, and the look of a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from spotting_core.domain.spots import TEAMS

CONFIG = {"displayModeBar": False, "scrollZoom": False}
EXPORTED = {"displaylogo": False, "modeBarButtons": [["toImage"]]}
"""Charts that can be saved as a picture."""

_AWAY = {"dark": "#B79CF5", "light": "#7A4BC2"}


@dataclass(frozen=True)
class Ink:
    """Colours of a theme."""

    text: str
    muted: str
    grid: str
    accent: str
    fill: str
    surface: str
    good: str


INKS: Mapping[str, Ink] = {
    "dark": Ink("#E9EDF2", "#8691A0", "rgba(255,255,255,.08)", "#4FB7EC", "#222932", "#14181D", "#62D19B"),
    "light": Ink("#12181F", "#606C7A", "rgba(16,30,46,.10)", "#0B68A3", "#E3E8EE", "#FFFFFF", "#14734A"),
}


def minute_ticks(last: int) -> list[int]:
    """Marks of an axis of minutes, at most seven."""
    step = next((s for s in (1, 2, 5, 10, 15, 30, 60) if s * 6 >= last), -(-last // 6))
    return list(range(0, last + 1, step))


def team_colours(dark: bool) -> dict[str, str]:
    """Colour of home, away and of what nobody's team is known of."""
    theme = "dark" if dark else "light"
    return dict(zip(TEAMS, (INKS[theme].accent, _AWAY[theme], INKS[theme].muted), strict=True))


def finished(figure: go.Figure, ink: Ink, height: int, *, legend: bool) -> go.Figure:
    """A figure in the colours of a theme, pixels high, with or without a legend above it."""
    axis: dict[str, Any] = {
        "gridcolor": ink.grid,
        "zerolinecolor": ink.grid,
        "color": ink.muted,
        "tickfont": {"size": 11},
    }
    axis["ticklabelstandoff"] = 4  # else the zeros of both axes lie on each other
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, automargin=True)
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 22 if legend else 8, "b": 20}, paper_bgcolor=ink.surface,
        plot_bgcolor=ink.surface, font={"family": "Inter, sans-serif", "size": 12, "color": ink.text}, bargap=0.25,
        showlegend=legend, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        hoverlabel={"bgcolor": ink.surface, "font": {"color": ink.text}},
    )  # fmt: skip
    return figure
