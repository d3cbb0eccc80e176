"""All that the workspace shows of an analysis: what belongs to the match itself, and what each entry gives."""

from __future__ import annotations

from typing import Any

from app.library.codes import coded_classes
from app.library.library import Match, gone_choice, kits
from app.state import shared_library
from app.views.match_address import address_words
from app.views.shown import class_data, exclusive_data, imported_notice, imported_shown, parts_data
from app.workspace.entry import Entry, Events, State
from app.workspace.overlays.maps import map_of
from app.workspace.ready_layers import ready_layer
from app.workspace.registry import named, shown_entries
from app.workspace.under_way import job_line, waiting
from app.workspace.videos import halves_data
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.so_far import version_of
from spotting_core.base.errors import TouchlineError


def workspace_data(match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
    """All that is shown, as JSON.

    Errors:
        BadInputError: the task of the analysis is not known.
    """
    shown = shown_entries(analysis)
    payload = _match_data(match, analysis, state)
    for entry in shown:
        entry_data = entry.data(match, analysis, state)
        if set(entry_data) != set(entry.gives) or payload.keys() & entry_data.keys():
            raise ValueError(f"the entry {entry.name!r} of the workspace gives {', '.join(entry_data)}")
        payload |= entry_data
    return {**payload, "shown": named(shown), "start": _start(match, analysis, state, shown)}


def workspace_events(match: Match, analysis: Analysis, state: State) -> Events:
    """What is done when an entry tells something, by the event's name."""
    return {
        name: done
        for entry in shown_entries(analysis)
        for name, done in entry.events(match, analysis, state).items()
    }  # fmt: skip


def _match_data(match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
    """What belongs to the match and to the analysis, whatever is shown of them."""
    record = analysis.record
    imported = imported_shown(match, analysis)
    return {
        "match": {
            "id": match.id,
            "title": match.title,
            "home": match.home,
            "away": match.away,
            "score": match.score,
            "league": match.league,
            "date": match.date,
            "kits": kits(match.path),
        },
        "analysis": f"{str(record.source_id)[:12]}{analysis.folder.name}",
        "version": version_of(analysis),
        "modelled": len(analysis.classes),
        "model": imported[0].name if imported else record.model["name"],
        "notice": imported_notice(imported[0], analysis) if imported else _notice(match, analysis, state),
        "address": address_words(match, analysis),
        "ready": ready_layer(match, analysis, state.analyses),
        "waiting": waiting(match),  # before what is waited for, lest its end is missed
        "job": job_line(match),
        "rate": record.rate,
        "classes": [class_data(c) for c in coded_classes(analysis.classes, match.id)],
        "arrays": {"entities": analysis.has("entities"), "map": map_of(analysis)},
        "halves": halves_data(match, analysis),
        "parts": parts_data(analysis.classes.parts),
        "exclusive": exclusive_data(analysis.classes),
    }


def _notice(match: Match, analysis: Analysis, state: State) -> str | None:
    """What a user must know about the shown analysis."""
    gone = gone_choice(state.analyses, shared_library().chosen(match), analysis.record.task)
    return " ".join([*analysis.remarks, *([gone] if gone else [])]) or None


def _start(match: Match, analysis: Analysis, state: State, shown: list[Entry]) -> dict[str, Any]:
    """Where to open the match: what the address says, else what an entry proposes, else its beginning."""
    label = state.address.get("class")
    label = label if label in analysis.classes else None
    try:
        half, seconds = int(state.address["half"]), float(state.address["t"])
        analysis.half(half)
        return {"half": half, "seconds": max(0.0, seconds), "label": label, "pick": label is not None}
    except (KeyError, ValueError, TouchlineError):
        proposed = (entry.start(match, analysis, state) for entry in shown)
        first = {"half": analysis.halves[0].half, "seconds": 0.0, "label": None, "pick": False}
        return next((start for start in proposed if start is not None), first)
