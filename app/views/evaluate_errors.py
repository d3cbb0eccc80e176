"""The errors of the Evaluate view: misses, false alarms and near misses, each a link to the player."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.comparing.comparison import Compared
from app.components.evaluate_lists import error_list
from app.library.library import Match
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.charts import CONFIG, INKS
from app.views.evaluate_charts import share, time_error_figure
from app.views.shown import picture_at
from spotting_core.domain.classes import ActionClass, ClassTable
from spotting_core.evaluation.mistakes import FALSE, MISSED, NEAR, NEAR_UNTIL, RIGHT, Outcome, outcomes

PAGE = 10
_EVERY = "All classes"
_LEAST, _THRESHOLD, _MOST = 0.02, 0.5, 0.99  # of the confidence from which a spot counts
_KINDS = {"All": (MISSED, FALSE, NEAR), "Missed": (MISSED,), "False": (FALSE,), "Near": (NEAR,)}
_ORDERS = ("By confidence", "By time error", "By match time")


def errors_card(systems: Mapping[str, Compared], classes: ClassTable, chosen: ActionClass, shown: set[str]) -> None:
    """The card: choice of system and kind, time errors, and rows.

    Arguments:
        systems: A, and B where two are compared, by key; shown: names of the classes that are on screen.
    """
    system, scope, threshold = _scope(list(systems), chosen)
    compared = systems[system]
    errors = [o for o in outcomes(compared.games, classes.names, threshold) if o.label in shown]
    if scope is not None:
        errors = [o for o in errors if o.label == scope.name]
    counts = {name: sum(o.kind in kinds for o in errors) for name, kinds in _KINDS.items()}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        take("kind", "evaluate_kind", one_of(*_KINDS), "All")
        kind = st.segmented_control(
            "Kind", list(_KINDS), required=True, format_func=lambda k: f"{page.plain(k)} {counts[k]:d}",
            label_visibility="collapsed", key="evaluate_kind",
        )  # fmt: skip
        st.space("stretch")
        take("order", "evaluate_order", one_of(*_ORDERS))
        order = st.selectbox("Order", _ORDERS, label_visibility="collapsed", width=150, key="evaluate_order")
    put("kind", "evaluate_kind", kind, "All")
    put("order", "evaluate_order", order, _ORDERS[0])
    timed = [o for o in errors if o.kind in (RIGHT, NEAR)]
    dark = st.context.theme.type != "light"
    figure = time_error_figure(timed, classes, dark, INKS["dark" if dark else "light"])
    st.plotly_chart(figure, theme=None, config=CONFIG, key="evaluate_times", alt="Time from the nearest truth")
    rows = in_order([o for o in errors if o.kind in _KINDS[str(kind)]], str(order))
    first = _page(len(rows))
    own = [error_row(o, compared, system, classes) for o in rows[first : first + PAGE]]
    error_list(own, f"No such error at a threshold of {share(threshold)}.", key="evaluate_error_list")


def _scope(systems: Sequence[str], chosen: ActionClass) -> tuple[str, ActionClass | None, float]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        of = "" if len(systems) > 1 else "of A, "
        st.html(f'<div class="tl-card-title">Errors <span>{of}time from nearest truth</span></div>', width="content")
        letter: str | None = "A"
        if len(systems) > 1:
            take("whose", "evaluate_whose", one_of("A", "B"), "A")
            letter = st.segmented_control(
                "System", ["A", "B"], required=True,
                label_visibility="collapsed", key="evaluate_whose",
            )  # fmt: skip
            put("whose", "evaluate_whose", letter, "A")
        st.space("stretch")
        scope = f"evaluate_scope_{chosen.index}"
        take("scope", scope, {"class": chosen.short}.get, _EVERY)
        what = st.segmented_control(
            "Classes", [_EVERY, chosen.short], required=True,
            format_func=page.plain, label_visibility="collapsed", key=scope,
        )  # fmt: skip
        put("scope", scope, None if what == _EVERY else "class")
        take("threshold", "evaluate_threshold", _threshold_of, _THRESHOLD)
        threshold = st.number_input(
            "Threshold", _LEAST, _MOST, step=0.05, width=110, label_visibility="collapsed", key="evaluate_threshold",
            help="Confidence from which a spot counts.",
        )  # fmt: skip
        put("threshold", "evaluate_threshold", threshold, _THRESHOLD)
    return systems["AB".index(letter or "A")], (None if what == _EVERY else chosen), float(threshold)


def _threshold_of(word: str) -> float:
    return min(max(float(word), _LEAST), _MOST)


def _page(rows: int) -> int:
    """First row of the page that is open."""
    last = max(0, (rows - 1) // PAGE)
    take("page", "evaluate_page", lambda word: max(0, int(word) - 1), 0)
    at = min(st.session_state.get("evaluate_page", 0), last)
    if last:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"{at * PAGE + 1:d}–{min(rows, at * PAGE + PAGE):d} of {rows:d}", width="content")
            st.space("stretch")
            before = st.button("Previous", disabled=at == 0, key="evaluate_before")
            after = st.button("Next", disabled=at == last, key="evaluate_after")
        if before or after:
            st.session_state["evaluate_page"] = at + (1 if after else -1)
            put("page", "evaluate_page", at + (2 if after else 0), 1)
            st.rerun(scope="fragment")
    return at * PAGE


def in_order(outcomes: Sequence[Outcome], order: str) -> list[Outcome]:
    """Errors in the order asked for: the most confident first, the largest time error last, or as they happen."""
    if order == "By confidence":
        return sorted(outcomes, key=lambda o: -(o.confidence or 0))
    if order == "By time error":
        return sorted(outcomes, key=lambda o: abs(o.error) if o.error is not None else 10**12)
    return sorted(outcomes, key=lambda o: (o.game, o.half, o.time))


def error_row(outcome: Outcome, compared: Compared, system: str, classes: ClassTable) -> dict[str, Any]:
    """One row of the list."""
    action, match = classes.get(outcome.label), compared.matches[outcome.game]
    game = compared.games[outcome.game].name
    name = _short_title(match) if match is not None else game.rsplit("/", 1)[-1]
    return {
        "kind": outcome.kind,
        "short": action.short,
        "group": action.group,
        "glyph": action.glyph,
        "light": action.colour_light,
        "dark": action.colour_dark,
        "clock": classes.parts.match_clock(outcome.half, outcome.time),
        "text": f"{name}, {error_text(outcome, classes)}",
        "link": link_to(match, outcome, system) if match is not None else None,
        "picture": picture_at(match, outcome.half, outcome.time) if match is not None else None,
    }


def error_text(outcome: Outcome, classes: ClassTable) -> str:
    """What is wrong, in a few words."""
    if outcome.kind == MISSED:
        if outcome.confidence is None:
            return f"nothing within {NEAR_UNTIL:.0f} s"
        return f"best score {share(outcome.confidence)}"
    confidence = share(outcome.confidence or 0)
    late = outcome.error
    when = "" if late is None else f"{abs(late) / 1e6:.1f} s {'late' if late > 0 else 'early'}"
    instead = f"{classes.get(outcome.instead).short} is true" if outcome.instead else ""
    return ", ".join(filter(None, [when, confidence, instead]))


def _short_title(match: Match) -> str:
    if match.home and match.away:
        return f"{match.home[:3].upper()} {match.away[:3].upper()}"
    return match.title


def link_to(match: Match, outcome: Outcome, system: str) -> str:
    """Address of the player at a moment, with the system whose spots it shows."""
    query = {
        "match": match.id,
        "half": outcome.half,
        "t": f"{max(0.0, outcome.time / 1e6):.3f}",
        "class": outcome.label,
        "source": system,
    }
    return f"match?{urlencode(query)}"
