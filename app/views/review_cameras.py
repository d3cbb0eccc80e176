"""Review of camera changes in the Match view: the changes of a match, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from app.library.library import Match
from app.state import shared_camera_reviews
from app.views.review_desk import Desk
from app.views.shown import class_data
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.cameras import CHANGE_TYPES, LABELLED, CameraChange, Link, change_id, changes_of
from spotting_core.domain.classes import ActionClass, load_classes
from spotting_core.formats import labels_cameras
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.media.source import open_match
from spotting_core.store.camera_reviews import ReviewedCamera

CAMERA_TABLE = "soccernet-cameras"


def camera_labels(match: Match) -> CameraDocument | None:
    """The camera labels beside a match's videos; None, and a word on the page, where they cannot be read."""
    try:
        path = open_match(match.path).companion(labels_cameras.FILE_NAME)
        return _read(path, path.stat().st_mtime_ns) if path else None
    except TouchlineError as problem:
        st.toast(str(problem))
        return None


@lru_cache(maxsize=16)
def _read(path: Path, _changed: int) -> CameraDocument:
    return labels_cameras.parse(path.read_bytes(), path)


def camera_changes(match: Match, analysis: Analysis) -> list[CameraChange]:
    """Camera changes of a match in the halves of an analysis, in order, as its labels have its shots."""
    labels, halves = camera_labels(match), {half.half for half in analysis.halves}
    return changes_of([s for s in labels.shots if s.half in halves], labels.links) if labels is not None else []


def camera_data(match: Match, analysis: Analysis) -> dict[str, Any]:
    """What the workspace shows of the camera changes."""
    desk = CameraDesk(match, analysis)
    return {
        "classes": [class_data(c) for c in desk.classes],
        "kinds": list(CHANGE_TYPES),
        "changes": [
            [name, c.half, c.time / 1e6, desk.labels.index(c.label), c.change_type, c.replay, _link(c.link)]
            for name, c in desk.shown.items()
        ],
        "reviews": [desk.as_json(r) for r in desk.known.values()],
    }


def _link(link: Link | None) -> dict[str, Any] | None:
    return {"half": link.half, "seconds": link.time / 1e6, "label": link.label} if link else None


class CameraDesk(Desk[CameraChange, ReviewedCamera]):
    """The reviews of camera changes of a match."""

    of = "camera"

    def __init__(self, match: Match, analysis: Analysis) -> None:
        shown = {change_id(c): c for c in camera_changes(match, analysis)}
        store = shared_camera_reviews()
        super().__init__(store, match, f"{LABELLED}/", shown, store.of_match(match.id), {})
        self.classes = _classes([c.label for c in shown.values()] + [r.label for r in self.known.values()])
        self.labels = tuple(c.name for c in self.classes)

    def subject(self, kept: ReviewedCamera) -> CameraChange:
        return kept.change

    def made(self, values: Mapping[str, Any]) -> CameraChange:
        return CameraChange(values["half"], values["time"], values["label"], values.get("change_type"))

    def own(self, kept: ReviewedCamera) -> dict[str, Any]:
        return {"change_type": kept.change_type, "replay": kept.replay, "link": _link(kept.change.link)}

    def own_values(self, action: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if "change_type" in action:
            values["change_type"] = action["change_type"]
        if "replay" in action:
            values["replay"] = bool(action["replay"])
        if "link" in action:
            link = action["link"]
            values["link"] = link and Link(int(link["half"]), round(float(link["seconds"]) * 1e6), str(link["label"]))
        return values


def _classes(labels: list[str]) -> tuple[ActionClass, ...]:
    """The cameras of the class table, and behind them what else files say, drawn as the table's last class."""
    table = load_classes(CAMERA_TABLE)
    others = dict.fromkeys(label for label in labels if label not in table)
    last = table.classes[-1]
    return (*table, *(replace(last, index=i, name=n, short=n) for i, n in enumerate(others, start=len(table))))
