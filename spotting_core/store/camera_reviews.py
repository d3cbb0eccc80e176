"""Reviews of camera changes and of what replays show, by the rules of ``reviews``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import CHANGE_TYPES, CameraChange, Link
from spotting_core.store.reviews import Reviewed, ReviewStore
from spotting_core.store.tables import CameraReviewRow, CameraRow

KIND, REPLAY, LINK = "kind", "replay", "link"


@dataclass(frozen=True)
class ReviewedCamera(Reviewed):
    """A camera change as its reviewers have left it; ``link`` is {half, time, label} of the action of a replay."""

    WHAT = "camera change"

    change_type: str | None
    replay: bool
    link: Mapping[str, Any] | None

    @property
    def change(self) -> CameraChange:
        """As a camera change, whose source is the reviewer."""
        link = Link(**self.link) if self.link else None
        return CameraChange(self.half, self.time, self.label, self.change_type, self.replay, link, self.author)


class CameraReviews(ReviewStore[CameraChange, ReviewedCamera]):
    """The reviews of camera changes in one database.

    Of its own a change has ``change_type`` (action ``kind``), ``replay`` and ``link``, a ``Link`` or None. What gets a
    link is a replay; what is no replay has no link.
    """

    _row, _line, _kept = CameraRow, CameraReviewRow, ReviewedCamera
    _own, _remarks = ("change_type", "replay", "link"), (KIND, REPLAY, LINK)

    def add(self, match_id: str, subject: CameraChange, author: str, origin: str | None = None) -> ReviewedCamera:
        """See ``ReviewStore``."""
        return super().add(match_id, replace(subject, source=author), author, origin)

    def _first(self, subject: CameraChange) -> dict[str, Any]:
        return {name: value for name, value in asdict(subject).items() if name != "confidence"}  # that is its layer's

    def _check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        kind, link = values.get("change_type"), values.get("link")
        if kind is not None and kind not in CHANGE_TYPES:
            raise BadInputError(f"there is no change of camera {kind!r}", fix=f"Kinds: {', '.join(CHANGE_TYPES)}")
        if link is None:
            return {}
        if link.half < 1 or link.time < 0 or not link.label:
            raise BadInputError("a replay shows an action of the match", fix="Choose an action first")
        return {"link": asdict(link), "replay": True}

    def _settle(self, after: dict[str, Any]) -> dict[str, Any]:
        return after if after["replay"] else {**after, "link": None}
