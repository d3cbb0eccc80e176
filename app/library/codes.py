"""The classes that a match is shown with: those of its analysis, and behind them the codes of people's own."""

from __future__ import annotations

from app.state import shared_codes, shared_reviews
from spotting_core.domain.classes import ClassTable
from spotting_core.store.codes import with_codes


def coded_classes(classes: ClassTable, match_id: str | None = None) -> ClassTable:
    """A class table with the codes that there are.

    Arguments:
        match_id: of a match, whose tags with codes that are gone are shown as well.
    """
    labels = [review.label for review in shared_reviews().of_match(match_id)] if match_id is not None else []
    return with_codes(classes, shared_codes().all(), labels)
