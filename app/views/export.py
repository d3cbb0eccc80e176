"""The Export dialog: spots as a file of any format, and what that format cannot carry."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from app.library import Match
from app.state import shared_reviews
from app.views import page
from spotting_core.analysis import Analysis
from spotting_core.classes import ClassTable
from spotting_core.errors import TouchlineError
from spotting_core.formats import labels_v2, registry, results_spotting
from spotting_core.formats.document import Document, HalfInfo, Options
from spotting_core.media.source import open_match
from spotting_core.spots import Spot

_SHOWN, _REVIEWED = "As shown", "Reviewed"


@st.dialog("Export", on_dismiss=page.close_dialog)
def export_dialog(match: Match, analysis: Analysis, spots: list[Spot]) -> None:
    """The spots as shown, or those that reviewers hold to be true, in any format that spots can be written to."""
    reviewed = [s for s in shared_reviews().standing(match.id) if s.label in analysis.classes]
    if reviewed:
        kind = st.segmented_control("Spots", [_SHOWN, _REVIEWED], default=_SHOWN, required=True)
    if reviewed and kind == _REVIEWED:
        spots = reviewed
        st.write(f"{len(spots)} spots that reviewers accepted, moved or added.")
    else:
        reviewed = []
        st.write(f"{len(spots)} spots, at the thresholds now in use.")
    names = [f.name for f in registry.spot_writers()]
    first = names.index(labels_v2.FORM if reviewed else results_spotting.FORM)
    chosen = st.selectbox(
        "Format", names, index=first, format_func=lambda n: registry.FORMATS[n].title, key=f"export_{bool(reviewed)}"
    )
    form = registry.format_named(chosen)
    document = export_document(match, analysis, spots)
    losses = registry.losses(document, form)
    if losses:
        st.caption(f"{form.title} does not carry {' or '.join(str(loss) for loss in losses)}.")
    try:
        content = export_bytes(document, form, analysis.classes)
    except TouchlineError as problem:
        page.error(problem)
        return
    name = form.patterns[0] if "*" not in form.patterns[0] else f"{_file_name(match)}{form.suffix}"
    st.download_button(f"Download {name}", content, name, form.mime, type="primary")


def _file_name(match: Match) -> str:
    return re.sub(r"[^\w-]+", "_", match.title.lower()).strip("_") or "match"


def export_document(match: Match, analysis: Analysis, spots: list[Spot]) -> Document:
    """Spots with what the formats say of the halves' videos."""
    try:
        files = {h.half: str(h.path) for h in open_match(match.path).halves}
    except TouchlineError:  # the spots can be had without the video
        files = {}
    halves = {
        r.half: HalfInfo(r.frames * 1e6 / r.duration, r.frames, r.width, r.height, r.duration, files.get(r.half))
        for r in analysis.record.halves
    }
    return Document.of(spots, match.path.name, halves)


def export_bytes(document: Document, form: registry.Format, classes: ClassTable) -> bytes:
    """The file of a document in a format.

    Errors:
        BadInputError: the format cannot hold it.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"export{form.suffix}"
        registry.write(path, [document], form, Options(classes))
        return path.read_bytes()
