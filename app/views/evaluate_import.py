"""The dialog that brings in predictions or labels of another system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import streamlit as st

from app.comparing.prediction_sets import ImportedSet, PredictionSets, game_name
from app.library.library import Library, Match
from app.views import page
from app.views.import_notice import keep_notice, reasons_of_record
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import load_classes
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.other_formats import LABELS, PREDICTIONS
from spotting_core.formats.registry import label_endings, label_formats

EVALUATE = "evaluate"
"""The page on which it is said what an import left out."""

_MOST_MEGABYTES = 100
_NAMED = 5  # games that are named
_KINDS = {PREDICTIONS: "Predictions", LABELS: "Labels"}


IMPORT = (EVALUATE, "import")
"""The dialog, as ``page.open_dialog`` knows it."""


@st.dialog("Import", on_dismiss=page.close_dialog)
def import_dialog(library: Library, sets: PredictionSets) -> None:
    """Take a file in, or delete one."""
    kind = st.segmented_control(
        "What it holds", list(_KINDS), default=PREDICTIONS, required=True, format_func=lambda k: _KINDS[k]
    )
    file = st.file_uploader(
        "results_spotting.json, another file of predictions, or a zip of game folders"
        if kind == PREDICTIONS
        else "Labels-v2.json, another file of labels, or a zip of game folders",
        type=label_endings(),
        help=page.plain(_formats_taken(str(kind))),
        max_upload_size=_MOST_MEGABYTES,
    )
    name = st.text_input("Name", placeholder="The system that made it" if kind == PREDICTIONS else "The data set")
    matches = {m.id: m for m in library.matches()}
    match = None
    if file is not None and matches:
        match = matches[
            st.selectbox("Its match, where no folder names it", list(matches), format_func=lambda m: matches[m].title)
        ]
    if st.button("Import", type="primary", disabled=file is None) and file is not None:
        try:
            title = name or file.name.rsplit(".", 1)[0]
            made, record = sets.add(title, file.name, file.getvalue(), str(kind), load_classes().names, match)
        except TouchlineError as problem:
            page.error(problem)
            return
        taken = f"{made.name}: {made.games:d} game{'' if made.games == 1 else 's'} from {file.name}"
        reasons = (*reasons_of_record(record), *_strangers(made, record, matches.values()))
        keep_notice(EVALUATE, taken, reasons)
        page.close_dialog()
        st.rerun()
    present = sets.all()
    if present:
        st.divider()
    for one in present:
        text, button = st.columns([4, 1], vertical_alignment="center")
        games = f"{one.games:d} game{'' if one.games == 1 else 's'}"
        text.markdown(f"{page.plain(one.name)} :gray[{page.plain(one.kind)}, {games}]")
        if button.button("Delete", key=f"delete-{one.id}"):
            sets.remove(one)
            st.rerun()


def _formats_taken(kind: str) -> str:
    """What may be given, by the names of the formats: predictions in those that say how sure they are."""
    titles = [form.title for form in label_formats() if kind == LABELS or form.confidence]
    return f"{', '.join(titles)}; or a zip of match folders with one of these in each"


def _strangers(made: ImportedSet, record: Record, matches: Iterable[Match]) -> Iterator[str]:
    """A clause on the games of a zip that are of no match of the library, if there are any."""
    known = {game_name(match) for match in matches}
    games = [game for game in record.counted if game.rsplit("/", 1)[-1] not in known] if made.match is None else []
    if games:
        count = "1 game is" if len(games) == 1 else f"{len(games)} games are"
        named = ", ".join(games[:_NAMED]) + (" …" if len(games) > _NAMED else "")
        yield f"{count} of no match of the library, and compared with imported files only: {named}"
