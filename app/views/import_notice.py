"""What was left out of a file that was brought in, and why; it stands on the page until it is dismissed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from app.views import page
from spotting_core.evaluation.collect import Record
from spotting_core.formats.document import Document

_NOTICES = "import_notices"  # in the session: the notice of each page, by the page's name
_FIRST = 3  # reasons that stand there at once
_LISTED = 1000  # reasons that one click shows


@dataclass(frozen=True)
class ImportNotice:
    """What is said of one file: what was taken from it, and the reasons, each a clause, why not all of it was."""

    title: str
    reasons: tuple[str, ...]


def reasons_of_record(record: Record) -> tuple[str, ...]:
    """What of predictions or labels will not count, as ``touchline evaluate`` says it."""
    return tuple(f"{left.game}: {left.why}" for left in record.skipped)


def reasons_of_document(document: Document) -> tuple[str, ...]:
    """What of a file of spots is not used, and how it was understood, as ``touchline convert`` says it."""
    left = (f"Left out: {number} × {reason}" for reason, number in document.left_out.items())
    return (*left, *document.notes)


def keep_notice(place: str, title: str, reasons: Iterable[str]) -> None:
    """Have a page show what was taken and left out until it is dismissed, in place of what it showed before; where
    nothing was left out, what was taken is only said in passing."""
    notices = st.session_state.setdefault(_NOTICES, {})
    notices.pop(place, None)
    reasons = tuple(reasons)
    if reasons:
        count = "1 note" if len(reasons) == 1 else f"{len(reasons)} notes"
        notices[place] = ImportNotice(f"{title}, with {count}", reasons)
    else:
        st.toast(page.plain(title))


def show_notice(place: str) -> None:
    """The notice of a page, if it has one."""
    notice: ImportNotice | None = st.session_state.get(_NOTICES, {}).get(place)
    if notice is None:
        return
    with st.container(border=True, key=f"tl_card_notice_{place}", gap="small"):
        text, button = st.columns([1, 0.12], vertical_alignment="top")
        with text:
            st.html(f'<div class="tl-card-title">{page.escape(notice.title)}</div>{_lines(notice.reasons[:_FIRST])}')
        button.button("Dismiss", key=f"dismiss-notice-{place}", on_click=_dismiss, args=(place,), width="stretch")
        rest = notice.reasons[_FIRST:]
        if rest:
            with st.expander(f"{len(rest):d} more"):
                st.html(_lines(rest[:_LISTED]))
                if len(rest) > _LISTED:
                    st.caption(f"The first {_LISTED:d} are listed; touchline evaluate --json lists all.")


def _lines(reasons: Iterable[str]) -> str:
    return "".join(f'<div class="tl-facts tl-reason">{page.escape(reason)}.</div>' for reason in reasons)


def _dismiss(place: str) -> None:
    st.session_state[_NOTICES].pop(place, None)
