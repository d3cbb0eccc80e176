"""An explanation as a figure: the frames it speaks of, its map or bars, the score through the window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from explain.attribution import ENTITY, SPACE, TIME, Attribution
from explain.maps import upsampled
from explain.methods import METHODS
from explain.player_removal import NAME as PLAYER_REMOVAL
from explain.player_removal import by_person
from explain.probe import Probe
from spotting_core.domain.people import AWAY, HOME

HEAT = LinearSegmentedColormap.from_list("heat", ["#00000000", "#4B1D91", "#B5367A", "#FB8761", "#FCFDBF"])
FORMATS = ("png", "svg")
_FRAMES = (-4, -2, 0, 2, 4)
_ENTITIES = 8
_FOR, _AGAINST = "#3FA9F5", "#E5484D"
_TEAMS = {HOME: "#1B9E4B", AWAY: "#7B3FE4"}


def draw(attribution: Attribution, probe: Probe) -> Figure:
    """The figure of an explanation."""
    figure = Figure(figsize=(12, 5.2), layout="constrained")
    grid = figure.add_gridspec(2, len(_FRAMES), height_ratios=(1.25, 1))
    figure.suptitle(_heading(attribution, probe), fontsize=10, x=0.01, ha="left")
    if attribution.method == PLAYER_REMOVAL:
        _pitch(figure.add_subplot(grid[0, :]), attribution, probe)
    for column, offset in enumerate(_FRAMES if len(probe.window.pictures) else ()):
        sample = probe.window.anchor + offset
        axes = figure.add_subplot(grid[0, column])
        axes.set_axis_off()
        if 0 <= sample < len(probe.window.pictures):
            _picture(axes, attribution, probe, sample)
    if attribution.kind == ENTITY:
        _bars_of_entities(figure.add_subplot(grid[1, :2]), attribution)
    else:
        _bars_in_time(figure.add_subplot(grid[1, :2]), attribution)
    _score(figure.add_subplot(grid[1, 2:]), attribution, probe)
    return figure


def save(attribution: Attribution, probe: Probe, stem: Path) -> list[Path]:
    """Write the figure in every format; returns the files."""
    figure = draw(attribution, probe)
    paths = [stem.with_suffix(f".{kind}") for kind in FORMATS]
    for path in paths:
        figure.savefig(path, dpi=150)
    return paths


def _heading(attribution: Attribution, probe: Probe) -> str:
    clock = probe.model.classes.parts.match_clock(attribution.half, attribution.anchor, 2)
    parts = [
        f"{attribution.label} at {clock}, {attribution.score:.2f} by {attribution.model}",
        METHODS[attribution.method].title,
        f"scale {attribution.scale[0]:.3g} to {attribution.scale[1]:.3g}",
        f"baseline: {attribution.baseline}",
    ]
    return ". ".join(parts) + (f". Held fixed: {attribution.held_fixed}" if attribution.held_fixed else "")


def _picture(axes: Axes, attribution: Attribution, probe: Probe, sample: int) -> None:
    picture = probe.window.pictures[sample]
    height, width = picture.shape[:2]
    axes.imshow(picture)
    axes.set_title(f"{(attribution.times[sample] - attribution.anchor) / 1e6:+.1f} s", fontsize=8)
    if attribution.kind == SPACE and attribution.values[sample].any():
        heat = np.clip(upsampled(attribution.values[sample], height, width) / max(attribution.scale[1], 1e-9), 0, 1)
        axes.imshow(heat, cmap=HEAT, vmin=0, vmax=1, alpha=np.clip(heat * 1.4, 0, 0.75))
    if attribution.kind == ENTITY:
        scale = np.array([width / probe.window.size[0], height / probe.window.size[1]] * 2)
        for row in attribution.values[attribution.values["sample"] == probe.window.first + sample]:
            if row["kept"]:
                x1, y1, x2, y2 = np.array([row[c] for c in ("x1", "y1", "x2", "y2")]) * scale
                box = Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor="white", lw=0.5 + 2 * row["weight"])
                axes.add_patch(box)


def _pitch(axes: Axes, attribution: Attribution, probe: Probe) -> None:
    """Everybody on the pitch from above, the larger the more the score hangs on them."""
    falls = by_person(attribution, probe)
    greatest = max(float(np.abs(falls).max(initial=0)), 1e-9)
    for line in probe.people.pitch.pitch.lines.values():
        axes.plot(line[:, 0], line[:, 1], color="#B9C0C8", lw=0.8, zorder=1)
    for sighting, fall in zip(probe.people.sightings, falls, strict=True):
        one, share = sighting.somebody, abs(float(fall)) / greatest
        colour = _FOR if fall > 0 else _AGAINST
        rim = _TEAMS.get(one.team, "#222222")
        axes.scatter(one.x, one.y, s=20 + 130 * share, c=colour, alpha=0.25 + 0.75 * share, edgecolors=rim, zorder=2)
    axes.set_title("who speaks for it (blue) and against it (red); rims: home green, away violet", fontsize=8)
    axes.set_aspect("equal")
    axes.invert_yaxis()
    axes.set_axis_off()


def _bars_in_time(axes: Axes, attribution: Attribution) -> None:
    values = attribution.values if attribution.kind == TIME else np.maximum(attribution.values, 0).sum((1, 2))
    seconds = (attribution.times - attribution.anchor) / 1e6
    axes.bar(seconds, values, width=0.4, color="#3FA9F5")
    _time_axis(axes, "value of each sample")


def _bars_of_entities(axes: Axes, attribution: Attribution) -> None:
    rows = attribution.values[np.isfinite(attribution.values["effect"])]
    measure, title = (
        ("effect", "score's change without it") if len(rows) else ("weight", "weight in the anchor's frame")
    )
    if not len(rows):
        measure, title = "weight", "weight in the anchor's frame"
        nearest = np.abs(attribution.times - attribution.anchor).argmin()
        first = attribution.values["sample"].min(initial=0)
        rows = attribution.values[attribution.values["sample"] == first + nearest]
    rows = rows[np.argsort(-np.abs(rows[measure]), kind="stable")][:_ENTITIES][::-1]
    axes.barh(range(len(rows)), rows[measure], color="#3FA9F5")
    axes.set_yticks(range(len(rows)), [attribution.entities[int(e)] for e in rows["entity"]], fontsize=8)
    axes.set_title(title, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _score(axes: Axes, attribution: Attribution, probe: Probe) -> None:
    curve = probe.curve(probe.output.logits, attribution.label)
    seconds = (attribution.times - attribution.anchor) / 1e6
    if len(curve) == 1:  # judged as a whole, for the anchor alone
        axes.plot([0], curve, color="#222222", marker="o")
    else:
        axes.plot(seconds, curve, color="#222222", lw=1.2)
    axes.axvline(0, color="#3FA9F5", lw=0.8)
    axes.set_ylim(0, 1)
    _time_axis(axes, f"confidence of {attribution.label}")


def _time_axis(axes: Axes, title: str) -> None:
    axes.set_xlim(-8, 8)
    axes.set_title(title, fontsize=8)
    axes.set_xlabel("seconds from the anchor", fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
