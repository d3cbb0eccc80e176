"""What the address of a match says besides moment and filters, which are the browser's: whose spots, and how made.

``source=model:<key of its identity>`` or ``set:<id>``; ``threshold``; ``thresholds`` and ``windows`` by class as JSON;
``method``. The browser puts them there. ``beside`` is what the Model dialog puts there.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import streamlit as st

from app.library.library import Match
from app.views.addressed import know, known, one_of, take
from app.views.shown import LEAST, imported_shown, source_of_address
from app.workspace.lanes.beside import ADDRESS
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.suppression import DEFAULT_THRESHOLD, METHODS

_MOST = 0.99
_WIDEST = 120.0  # seconds of a window


def take_address(match: Match, analyses: list[Analysis]) -> None:
    """Take over what the address says, where that is not what the page itself has put there."""
    source_of_address(match, analyses)
    for name, read in _READERS.items():
        take(name, name, read, of=match.id)


def words_as_left(match: Match) -> dict[str, str]:
    """What the address said of a match when this session showed it last; the choices are made anew by that."""
    left = {name: known(name, match.id) for name in (*_READERS, ADDRESS)}
    for name in _READERS:
        st.session_state.pop(name, None)  # the address is to be read, and what is usual needs no word in it
    return {name: word for name, word in left.items() if word is not None}


def address_words(match: Match, analysis: Analysis) -> dict[str, str | None]:
    """What the address is to say of what is shown; None for what needs no word."""
    imported, session = imported_shown(match, analysis), st.session_state
    source = f"set:{imported[0].id}" if imported else f"model:{analysis.record.identity.key}"
    threshold = session.get("threshold", DEFAULT_THRESHOLD)
    words = {
        "source": source,
        "threshold": None if threshold == DEFAULT_THRESHOLD else f"{threshold:g}",
        "method": session.get("method"),
        "thresholds": _by_class(session.get("thresholds")),
        "windows": _by_class(session.get("windows")),
    }
    for name, word in words.items():
        know(name, word, match.id)
    know(ADDRESS, st.query_params.get(ADDRESS), match.id)
    return words


def _by_class(values: dict[str, float] | None) -> str | None:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if values else None


def _numbers(least: float, most: float) -> Callable[[str], dict[str, float]]:
    def read(word: str) -> dict[str, float]:
        values = json.loads(word)
        if not isinstance(values, dict):
            raise ValueError(word)
        return {str(label): _between(value, least, most) for label, value in values.items()}

    return read


def _between(value: object, least: float, most: float) -> float:
    number = float(str(value))
    if not least <= number <= most:
        raise ValueError(value)
    return number


_READERS = {
    "threshold": lambda word: _between(word, LEAST, _MOST),
    "method": one_of(*METHODS),
    "thresholds": _numbers(LEAST, _MOST),
    "windows": _numbers(0.0, _WIDEST),
}
