"""The charts of the Search view: its matrix, and who does what."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from app.views.charts import INKS, finished, minute_ticks, team_colours
from spotting_core.domain.classes import ClassTable

WIDTHS = {1: (5, 10), 5: (6, 20), 15: (8, 20)}
"""Minutes that a cell of the matrix can have, and the least and most pixels of its square: as many as there is room."""

_MARKS = 8  # of an axis, at most

Cell = tuple[str, int]
"""Class, and the first minute of the cell."""


def cells_of(by_minute: Mapping[Cell, int], width: int) -> dict[Cell, int]:
    """Spots by class and the first minute of each cell that has any.

    Arguments:
        by_minute: spots by class and minute, from 1; width: minutes of a cell.
    """
    cells: dict[Cell, int] = {}
    for (label, minute), count in by_minute.items():
        key = (label, (minute - 1) // width * width + 1)
        cells[key] = cells.get(key, 0) + count
    return cells


def minutes_of(first: int, width: int) -> str:
    """The minutes of a cell in words."""
    return f"minute {first}" if width == 1 else f"minutes {first}–{first + width - 1}"


def matrix_figure(cells: Mapping[Cell, int], classes: ClassTable, dark: bool, width: int, last: int) -> go.Figure:
    """Cells as squares whose area is the count; they can be chosen, which the cells of a heat map cannot.

    Arguments:
        width: minutes of a cell; last: minute of the match clock.
    """
    ink = INKS["dark" if dark else "light"]
    present = [c for c in classes if any(label == c.name for label, _ in cells)]
    known = [(label, minute, count) for (label, minute), count in sorted(cells.items()) if label in classes]
    most = max((count for _, _, count in known), default=1)
    rows = {c.name: c for c in present}
    small, large = WIDTHS[width]
    figure = go.Figure(
        go.Scatter(
            x=[minute + (width - 1) / 2 for _, minute, _ in known],
            y=[rows[label].short for label, _, _ in known],
            mode="markers",
            customdata=[[label, minute, count] for label, minute, count in known],
            marker={
                "symbol": "square",
                "size": [small + (large - small) * (count / most) ** 0.5 for _, _, count in known],
                "color": [rows[label].colour_dark if dark else rows[label].colour_light for label, _, _ in known],
                "opacity": 1,
                "line": {"width": 0},
            },
            unselected={"marker": {"opacity": 0.4}},
            text=[minutes_of(minute, width) for _, minute, _ in known],
            hovertemplate="%{y}, %{text}: %{customdata[2]}<extra></extra>",
        )
    )
    axis = {"gridcolor": ink.grid, "zeroline": False, "color": ink.muted, "tickfont": {"size": 11}}
    figure.update_xaxes(**axis, range=[0, last + 1], tickvals=minute_ticks(last), title=None)
    figure.update_yaxes(
        **axis, automargin=True, categoryorder="array", categoryarray=[c.short for c in reversed(present)]
    )
    figure.update_layout(
        height=60 + 24 * len(present), margin={"l": 8, "r": 8, "t": 8, "b": 24}, paper_bgcolor=ink.surface,
        plot_bgcolor=ink.surface, font={"family": "Inter, sans-serif", "size": 12, "color": ink.text},
        showlegend=False, dragmode=False, clickmode="event+select",
    )  # fmt: skip
    return figure


def team_figure(by_team: Mapping[tuple[str, str], int], classes: ClassTable, dark: bool) -> go.Figure:
    """Spots of each class by the team that is known to have made them, as bars side by side."""
    ink, colours = INKS["dark" if dark else "light"], team_colours(dark)
    present = [c for c in classes if any(label == c.name for label, _ in by_team)]
    figure = go.Figure()
    for side, name in (("home", "Home"), ("away", "Away")):
        counts = [by_team.get((c.name, side), 0) for c in present]
        figure.add_bar(
            y=[c.short for c in present], x=counts, orientation="h", name=name, marker={"color": colours[side]},
            text=[c or "" for c in counts],
            textposition="outside", textfont={"size": 11}, cliponaxis=False,
            hovertemplate=f"%{{y}}, {name.lower()}: %{{x}}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(categoryorder="array", categoryarray=[c.short for c in reversed(present)])
    most = max(by_team.values(), default=1)
    figure.update_xaxes(dtick=-(-most // _MARKS))  # there is no half of a spot
    return finished(figure, ink, 70 + 34 * len(present), legend=True)
