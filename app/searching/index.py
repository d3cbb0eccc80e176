"""Keeping what can be searched up to date with the library, the analyses and the reviews."""

from __future__ import annotations

from dataclasses import dataclass

from app.library.library import Library, Match
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import ClassTable, joined, load_classes
from spotting_core.domain.spots import Spot
from spotting_core.models.known import entity_model_of
from spotting_core.search.engine import SpotSearch
from spotting_core.search.rows import fingerprint, rows_of, stamp_of, write_rows
from spotting_core.store.reviews import Reviews


@dataclass(frozen=True)
class Searched:
    """The matches that can be searched by id, and the classes of their analyses, the default ones first."""

    matches: dict[str, Match]
    classes: ClassTable


def bring_up_to_date(search: SpotSearch, library: Library, reviews: Reviews, data: DataDirectory) -> Searched:
    """Write the rows of matches that have changed, and have them read."""
    searched, tables = {}, {load_classes(): None}
    for match in library.matches():
        analyses = library.analyses(match)
        if not analyses:
            continue
        searched[match.id] = match
        tables[analyses[0].classes] = None
        _write(match, analyses[0], library, reviews, data)
    search.refresh(list(searched))
    return Searched(searched, joined(list(tables)))


def _write(match: Match, analysis: Analysis, library: Library, reviews: Reviews, data: DataDirectory) -> None:
    known, truth = reviews.of_match(match.id), _truth(library, match)
    seen_by = entity_model_of(analysis.record.model, data)
    stamp = fingerprint(analysis, known, truth, seen_by)
    if stamp_of(data.search / f"{match.id}.parquet") != stamp:
        write_rows(data.search, match.id, stamp, rows_of(match.id, match.title, analysis, known, truth), seen_by)


def _truth(library: Library, match: Match) -> list[Spot]:
    try:
        return library.truth(match)
    except TouchlineError:  # broken labels are told where they are shown
        return []
