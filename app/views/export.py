"""The Export dialog: spots as a file of any format and what that cannot carry; camera changes as Labels-cameras."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import streamlit as st

from app.library.broadcast_clock import broadcast_clock, clock_texts, spots_in_play
from app.library.codes import coded_classes
from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_reviews, shared_settings
from app.views import page
from app.views.review_actions import shown_sources
from app.views.review_cameras import CameraDesk, shown_labels
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.counts import count_of
from spotting_core.base.errors import TouchlineError, cannot_write
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.formats import labels_cameras, labels_v2, registry, results_spotting, table_csv
from spotting_core.formats.document import Document, HalfInfo, Options
from spotting_core.formats.format import Format
from spotting_core.reviewing.cameras import reviewed_labels
from spotting_core.reviewing.spots import reviews_of_spots
from spotting_core.store.reviews import OPEN, REJECTED, STANDING

_SPOTS, _CAMERAS = "Spots", "Camera changes"
BROADCAST = "broadcast_time"
"""Column of the clock of the broadcast, where it has been read."""
_SHOWN, _REVIEWED = "As spotted", "Reviewed"


@st.dialog("Export", on_dismiss=page.close_dialog)
def export_dialog(match: Match, analysis: Analysis, spots: list[Spot]) -> None:
    """The spots in any format that they can be written to, or the camera changes as Labels-cameras."""
    desk, what = CameraDesk(match, analysis), _SPOTS
    if desk.changes or desk.known:
        what = st.segmented_control(
            "What is exported", [_SPOTS, _CAMERAS], default=_SPOTS, required=True, label_visibility="collapsed",
            key="export_what",
        )  # fmt: skip
    if what == _CAMERAS:
        _export_cameras(match, desk)
    else:
        _export_spots(match, analysis, spots)


def _export_spots(match: Match, analysis: Analysis, spots: list[Spot]) -> None:
    """The spots as shown, or those that reviewers hold to be true."""
    reviewed, classes = shared_reviews().standing(match.id), coded_classes(analysis.classes, match.id)
    if reviewed:
        kind = st.segmented_control("Spots", [_SHOWN, _REVIEWED], default=_SHOWN, required=True)
    if reviewed and kind == _REVIEWED:
        st.write(f"{count_of(len(reviewed), 'spot')} that reviewers accepted, moved or added.")
        left = left_out_sentence(*_unreviewed(match, analysis, spots), analysis.classes.parts)
        if left:
            st.caption(page.plain(left))
        spots = reviewed
    else:
        words = "; what reviewers said of them is not in it" if reviewed else ""
        reviewed = []
        spots = _asked_in_play(match, analysis, spots)
        st.write(f"{count_of(len(spots), 'spot')}, at the thresholds now in use{words}.")
    names = [f.name for f in registry.spot_writers()]
    first = names.index(labels_v2.FORM if reviewed else results_spotting.FORM)
    chosen = st.selectbox(
        "Format", names, index=first, format_func=lambda n: registry.FORMATS[n].title, key=f"export_{bool(reviewed)}"
    )
    form = registry.format_named(chosen)
    document = export_document(match, analysis, spots)
    losses = registry.losses(document, form)
    if losses:
        lost = page.plain(" or ".join(str(loss) for loss in losses))
        st.caption(f"{page.plain(form.title)} does not carry {lost}.")
    try:
        content = export_bytes(document, form, classes)
    except TouchlineError as problem:
        page.error(problem)
        return
    name = form.patterns[0] if "*" not in form.patterns[0] else f"{_file_name(match)}{form.suffix}"
    st.download_button(f"Download {page.plain(name)}", content, name, form.mime, type="primary")


def _asked_in_play(match: Match, analysis: Analysis, spots: list[Spot]) -> list[Spot]:
    """The spots at which a half is played, or all where those are wanted; asked only where some lie elsewhere."""
    kept = spots_in_play(match, spots, shared_settings().data, analysis.classes.parts)
    left = len(spots) - len(kept)
    if left and st.checkbox(f"With {count_of(left, 'spot')} where no half is played", key="export_breaks"):
        return spots
    return kept


def _unreviewed(match: Match, analysis: Analysis, spots: Sequence[Spot]) -> tuple[list[Spot], int]:
    """Of the spots at the thresholds now in use: those that nobody has judged, and how many were rejected."""
    known = shared_reviews().of_match(match.id)
    reviews = reviews_of_spots(spots, known, shown_sources(match, analysis), analysis.classes)
    pairs = list(zip(spots, reviews, strict=True))
    unjudged = [spot for spot, review in pairs if review is None or review.state == OPEN]
    return unjudged, sum(review is not None and review.state == REJECTED for _, review in pairs)


def left_out_sentence(unjudged: Sequence[Spot], rejected: int, parts: Parts) -> str:
    """What a file of reviewed spots leaves out and where that is, in words; empty where that is nothing."""
    left = []
    if unjudged:
        counts = sorted(Counter(spot.half for spot in unjudged).items())
        where = ", ".join(f"{count} in {parts.title(half)}" for half, count in counts)
        have = "s that nobody has reviewed" if len(unjudged) != 1 else " that nobody has reviewed"
        left.append(f"{len(unjudged)} spot{have} ({where})")
    if rejected:
        left.append(f"{rejected} rejected")
    if not left:
        return ""
    hint = " Open, above the list of spots, shows those." if unjudged else ""
    return f"Left out: {' and '.join(left)}.{hint}"


def _export_cameras(match: Match, desk: CameraDesk) -> None:
    """The camera changes that reviewers hold to be true and, if asked for, those that nobody has judged."""
    unjudged = st.checkbox("With what nobody has judged", key="export_unjudged")
    known = list(desk.known.values())
    document = reviewed_labels(desk.changes, known, shown_labels(match), unjudged=unjudged, game=match.path.name)
    rejected = sum(r.state == REJECTED for r in known)
    standing = sum(r.state in STANDING for r in known)
    st.write(page.plain(cameras_sentence(len(document.entries), standing, rejected, unjudged)))
    if document.unread:
        count = len(document.unread)
        st.caption(f"Written as in the file: {count:d} annotation{'s' * (count != 1)} that cannot be read.")
    st.download_button(
        f"Download {labels_cameras.FILE_NAME}",
        labels_cameras.render(document),
        labels_cameras.FILE_NAME,
        registry.format_named(labels_cameras.FORM).mime,
        type="primary",
        disabled=not (document.entries or document.unread),
    )


def cameras_sentence(count: int, standing: int, rejected: int, unjudged: bool) -> str:
    """What the file of camera changes holds, in words."""
    sentence = f"{standing} camera change{'s' * (standing != 1)} that reviewers accepted, moved or added"
    if unjudged:
        sentence += f", and {count - standing} that nobody has judged, as they are"
    return f"{sentence}. Left out: {rejected} rejected." if rejected else f"{sentence}."


def _file_name(match: Match) -> str:
    return re.sub(r"[^\w-]+", "_", match.title.lower()).strip("_") or "match"


def export_document(match: Match, analysis: Analysis, spots: list[Spot]) -> Document:
    """Spots with what the formats say of the halves' videos."""
    try:
        files = {h.half: str(h.path) for h in source_of(match.path).halves}
    except TouchlineError:  # the spots can be had without the video
        files = {}
    halves = {
        r.half: HalfInfo(r.frames * 1e6 / r.duration, r.frames, r.width, r.height, r.duration, files.get(r.half))
        for r in analysis.record.halves
    }
    document = Document.of(spots, match.path.name, halves)
    clock = broadcast_clock(match, shared_settings().data, analysis.classes.parts)
    if clock is None:
        return document
    texts = clock_texts(clock, document.spots)
    shown = [own.time or own.outside or "" for own in texts]
    entries = [replace(e, extras={BROADCAST: text}) for e, text in zip(document.entries, shown, strict=True)]
    return replace(document, entries=tuple(entries), form=table_csv.FORM)  # which alone has a place for it


def export_bytes(document: Document, form: Format, classes: ClassTable) -> bytes:
    """The file of a document in a format.

    Errors:
        BadInputError: the format cannot hold it, or there is no room for it.
    """
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"export{form.suffix}"
            registry.write(path, [document], form, Options(classes))
            return path.read_bytes()
    except OSError as error:
        raise cannot_write(error, gettempdir()) from error
