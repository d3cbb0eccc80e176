"""Review of camera changes in the Match view: the changes of a match, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from app.library.cameras import camera_labels, unreviewed_cameras
from app.library.library import Match
from app.state import shared_camera_reviews, shared_library
from app.views import page
from app.views.review_desk import Desk
from app.views.shown import class_data
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.cameras import (
    CAMERA_TABLE,
    CHANGE_TYPES,
    GROUPS,
    REVIEWERS,
    CameraChange,
    Link,
    change_id,
)
from spotting_core.domain.classes import ActionClass, load_classes
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.reviewing.cameras import changes_by_origin, reviews_that_count, source_prefix
from spotting_core.reviewing.queue import doubt
from spotting_core.store.camera_reviews import ReviewedCamera


def shown_labels(match: Match) -> CameraDocument | None:
    """The camera labels beside a match's videos; None, and a word on the page, where they cannot be read."""
    try:
        return camera_labels(match.path)
    except TouchlineError as problem:
        st.toast(page.plain(problem))
        return None


def camera_data(match: Match, analysis: Analysis) -> dict[str, Any]:
    """What the workspace shows of the camera changes."""
    shown_labels(match)  # says what is wrong with them
    desk = CameraDesk(match, analysis)
    return {
        "classes": [class_data(c) for c in desk.classes],
        "kinds": list(CHANGE_TYPES),
        "groups": GROUPS,
        "source": desk.source,
        "changes": [desk.row(name, change) for name, change in desk.shown.items()],
        "reviews": [desk.as_json(r) for r in desk.known.values()],
    }


def _link(link: Link | None) -> dict[str, Any] | None:
    return {"half": link.half, "seconds": link.time / 1e6, "label": link.label} if link else None


class CameraDesk(Desk[CameraChange, ReviewedCamera]):
    """The reviews of camera changes of a match, in the halves of an analysis.

    ``changes`` are all that labels or models have, by their names in the store.
    """

    of = "camera"

    def __init__(self, match: Match, analysis: Analysis) -> None:
        self.cameras = unreviewed_cameras(match.path, shared_library().layers(match))
        store, halves = shared_camera_reviews(), {half.half for half in analysis.halves}
        reviews, prefix = store.of_match(match.id), source_prefix(self.cameras)
        changes = changes_by_origin(self.cameras, reviews)
        self.changes = {origin: c for origin, c in changes.items() if c.half in halves}
        shown = {change_id(c): c for c in self.changes.values()}
        origins = {change_id(c): name for name, c in self.changes.items() if name != f"{prefix}{change_id(c)}"}
        known = reviews_that_count(changes, reviews)
        super().__init__(store, match, prefix, shown, known, origins)
        self.classes = _classes([c.label for c in shown.values()] + [r.label for r in self.known.values()])
        self.labels = tuple(c.name for c in self.classes)

    @property
    def source(self) -> str:
        """Where the changes come from, in a few words."""
        if self.cameras is None:
            return REVIEWERS if self.known else ""
        return self.cameras.source_name

    def row(self, name: str, change: CameraChange) -> list[Any]:
        """A change as the browser is told of it."""
        return [
            name, change.half, change.time / 1e6, self.labels.index(change.label), change.change_type, change.replay,
            _link(change.link), change.confidence, doubt(change), *self._grounding(change),
        ]  # fmt: skip

    def _grounding(self, change: CameraChange) -> tuple[bool, dict[str, Any] | None]:
        """Of a replay without a link: whether a model looked for its action and none fits, and the one that does."""
        grounding = self.cameras.groundings.get((change.half, change.time)) if self.cameras is not None else None
        if grounding is None or change.link is not None:
            return False, None
        return not grounding.candidates, _link(grounding.candidates[0].link) if grounding.candidates else None

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
