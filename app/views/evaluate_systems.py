"""Any number of systems in one table, with intervals, and as one figure that can be downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from app.comparing.comparison import Compared, compared, state_of
from app.comparing.prediction_sets import PredictionSets
from app.library.library import Library
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.evaluate_table import figure_row, figure_table
from app.views.evaluate_task import AT_FIRST, systems_select
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import ActionClass, ClassTable
from spotting_core.evaluation.confusion import confusion_matrix, confusions
from spotting_core.evaluation.intervals import (
    FEW_TRUTHS,
    Draws,
    class_difference,
    is_of_minutes,
    mean_difference,
    paired_draws,
)

_NAMED = 3  # classes that are named
_METRICS = {"tight": "Tight, 1–5 s", "loose": "Loose, 5–60 s"}
_FORMS = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
_THRESHOLD = 0.5  # of the confusion in the figure


@dataclass(frozen=True)
class SystemsChoice:
    """Against which labels systems are measured, and how."""

    labels: str
    official: bool
    view: str


@dataclass(frozen=True)
class _Measured:
    """A system over the games that all have spots of."""

    key: str
    name: str
    games: Compared
    draws: Draws


# --- measuring ----------------------------------------------------------------------------------------


@st.cache_data(show_spinner=False, max_entries=16)
def games_of(
    _library: Library, _sets: PredictionSets, labels: str, system: str, names: tuple[str, ...], state: str
) -> Compared:
    """Truth and one system's spots; ``state`` is that of ``state_of``."""
    return compared(_library, _sets, labels, system, names)


def over_the_same(systems: Sequence[Compared]) -> list[Compared]:
    """Some systems over those games that all have spots of; as they are where there is no such game."""
    common = set.intersection(*({game.name for game in one.games} for one in systems))
    return [one.only(common) for one in systems] if common else list(systems)


def draws_of(
    games: Sequence[Compared], names: tuple[str, ...], official: bool, view: str, key: tuple[Any, ...]
) -> list[Draws]:
    """What the bootstrap draws of some systems; ``key`` says which games of which systems they are."""
    return _draws(games, names, official, view, key)


@st.cache_data(show_spinner=False, max_entries=8)
def _draws(
    _games: Sequence[Compared], names: tuple[str, ...], official: bool, view: str, key: tuple[Any, ...]
) -> list[Draws]:
    return paired_draws([one.games for one in _games], names, official=official, view=view)


def drawn_words(games: int) -> str:
    """What intervals are of, for people."""
    of = "minutes of the match" if is_of_minutes(games) else "matches"
    return f"In brackets: 95 % interval over {of} drawn with replacement, the same for every system."


# --- the card -----------------------------------------------------------------------------------------


def systems_card(
    library: Library,
    sets: PredictionSets,
    choice: SystemsChoice,
    systems: dict[str, str],
    classes: ClassTable,
    shown: set[str],
) -> None:
    """The table, and the figure to download; of the classes that are on screen."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html('<div class="tl-card-title">Systems <span>average precision by class</span></div>', width="content")
        keys = systems_select(systems, "evaluate_systems", list(systems)[:AT_FIRST], 560)
        take("table", "evaluate_table_metric", one_of(*_METRICS), "tight")
        metric = st.segmented_control(
            "Table", list(_METRICS), required=True, format_func=lambda m: _METRICS[m], label_visibility="collapsed",
            key="evaluate_table_metric",
        )  # fmt: skip
        put("table", "evaluate_table_metric", metric, "tight")
        st.space("stretch")
        place = st.empty()
    if not keys:
        st.caption("Choose systems to lay side by side.")
        return
    measured = _measured(library, sets, choice, {key: systems[key] for key in keys}, classes)
    if not measured:
        return
    with place.popover("Figure", icon=":material/image:"):
        _downloads(measured, classes)
    st.html(_table(measured, str(metric), classes, shown))
    st.caption(f"{page.plain(drawn_words(len(measured[0].games.games)))} Bold: the best of a row.")


def _measured(
    library: Library, sets: PredictionSets, choice: SystemsChoice, systems: dict[str, str], classes: ClassTable
) -> list[_Measured]:
    """Those systems that spotted any of the matches, over the matches that all of these spotted."""
    state, games = state_of(library, sets), {}
    for key in systems:
        try:
            games[key] = games_of(library, sets, choice.labels, key, classes.names, state)
        except TouchlineError as problem:
            st.caption(page.plain(f"{systems[key]} is left out: {problem}"))
    if not games:
        return []
    common = over_the_same(list(games.values()))
    names = [[game.name for game in one.games] for one in common]
    if any(own != names[0] for own in names):
        st.caption("No match has spots of all these systems. Take one out.")
        return []
    draws = draws_of(common, classes.names, choice.official, choice.view, (choice.labels, tuple(games), state))
    return [_Measured(k, systems[k], one, own) for k, one, own in zip(games, common, draws, strict=True)]


# --- the table ----------------------------------------------------------------------------------------


def _table(measured: Sequence[_Measured], metric: str, classes: ClassTable, shown: set[str]) -> str:
    """Classes by systems; of every system but the first also how far it is from the first."""
    first, *others = measured
    means = [m.draws.mean(metric) for m in measured]
    apart = [mean_difference(m.draws, first.draws, metric) for m in others]
    truths = _truths(first, classes)
    rows = [figure_row("Average-mAP, all classes", str(sum(truths.values())), means, apart, few=False, head=True)]
    if len(shown) < len(classes):
        rows.insert(0, _row_of_chosen(measured, metric, [c for c in classes if c.name in shown], truths))
    for action in classes:
        if action.name not in shown:
            continue
        own = [interval for m in measured if (interval := m.draws.of_class(action.name, metric)) is not None]
        if len(own) < len(measured):
            continue
        differences = [d for m in others if (d := class_difference(m.draws, first.draws, action.name, metric))]
        few = truths[action.name] < FEW_TRUTHS
        rows.append(figure_row(action.short, str(truths[action.name]), own, differences, few=few))
    between = [f"{m.name} − {first.name}" for m in others]
    return figure_table([m.name for m in measured], "Truth", between, rows)


def _row_of_chosen(
    measured: Sequence[_Measured], metric: str, chosen: list[ActionClass], truths: dict[str, int]
) -> str:
    """The averages over the classes that are on screen."""
    own = [m.draws.only([c.name for c in chosen]) for m in measured]
    name, count = f"Average-mAP, {names_of(chosen)}", sum(truths[c.name] for c in chosen)
    if not count and not own[0].all_classes:
        return f'<tr class="tl-mean"><th scope="row">{page.escape(name)}</th><td>0</td></tr>'
    apart = [mean_difference(draws, own[0], metric) for draws in own[1:]]
    return figure_row(name, str(count), [draws.mean(metric) for draws in own], apart, few=False, head=True)


def names_of(chosen: Sequence[ActionClass]) -> str:
    """Classes in a few words."""
    return ", ".join(c.short for c in chosen) if len(chosen) <= _NAMED else f"{len(chosen)} chosen classes"


def _truths(one: _Measured, classes: ClassTable) -> dict[str, int]:
    labels = [label for game in one.games.games for label in game.truth.label.tolist()]
    return {name: labels.count(number) for number, name in enumerate(classes.names)}


# --- the figure ---------------------------------------------------------------------------------------


def _downloads(measured: Sequence[_Measured], classes: ClassTable) -> None:
    """One figure of all, in three formats, drawn when one is asked for."""
    st.html(
        '<div class="tl-cap">Average precision by class and over tolerances, what the first system confuses, and the '
        "table, as one figure.</div>"
    )
    for form, media_type in _FORMS.items():
        st.download_button(
            page.plain(form.upper()), partial(figure_bytes, measured, classes, form), f"evaluation.{form}", media_type,
            on_click="ignore", width="stretch", key=f"evaluate_figure_{form}",
        )  # fmt: skip


def figure_bytes(measured: Sequence[_Measured], classes: ClassTable, form: str) -> bytes:
    """The composite figure of what is in the table."""
    from app.comparing.composite_figure import FigureSystem, composite_figure  # matplotlib takes its time to load

    first = measured[0]
    matrix = confusion_matrix(confusions(first.games.games, classes.names, _THRESHOLD), classes.names)
    systems = [FigureSystem(m.name, m.draws) for m in measured]
    return composite_figure(
        systems, matrix, _truths(first, classes), classes, form, threshold=_THRESHOLD, matches=len(first.games.games)
    )
