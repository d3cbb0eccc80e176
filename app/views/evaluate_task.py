"""The Evaluate view for tasks other than spotting: the figure of each class, of one or two models."""

from __future__ import annotations

from collections import OrderedDict

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.comparing.comparison import LIBRARY
from app.comparing.task_findings import (
    drawn_reports_of,
    judged_by_all,
    labelled_matches,
    report_of,
    state_of_task,
    system_names,
)
from app.library.library import Library, Match
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.evaluate_charts import bounds, share, signed, signed_interval
from app.views.evaluate_table import Figure, figure_row, figure_table
from spotting_core.base.errors import TouchlineError
from spotting_core.evaluation.intervals import FEW_GAMES, FEW_TRUTHS
from spotting_core.evaluation.report import Evaluation
from spotting_core.evaluation.report_draws import DrawnReport, figure_difference, figures_of, report_class_difference
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import AnyLayerTask

NO_SYSTEM = "none"
_WAYS = ["Corrected", "Official"]
_KEPT = 16  # answers
_LETTER, _AROUND, _WIDEST = 6.6, 52, 420  # pixels of a letter, of what stands around a name, and of a box


def task_select(tasks: dict[str, AnyLayerTask], chosen: str) -> None:
    """Choose a task, where there are several; it is kept as ``evaluate_task``, and in the address."""
    put("task", "evaluate_task", chosen, SPOTTING.name)
    if len(tasks) > 1:
        names = list(tasks)
        st.selectbox(
            "Task", names, index=names.index(chosen), format_func=lambda n: tasks[n].title, key="evaluate_task",
            label_visibility="collapsed", width=160,
        )  # fmt: skip


def choice_select(label: str, options: dict[str, str], key: str, width: int) -> str | None:
    """Choose labels or a system by its key, which is kept in the address; what is no longer there is forgotten.

    Arguments:
        width: pixels; more where the name that is chosen needs them.
    """
    name = label.lower()
    take(name, key, one_of(*options))
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    shown = options.get(st.session_state.get(key, next(iter(options), "")), "")
    width = max(width, min(_WIDEST, round(_LETTER * len(f"{label}: {shown}")) + _AROUND))
    chosen = st.selectbox(
        page.plain(label), list(options), format_func=lambda k: f"{label}: {options[k]}", key=key, width=width,
        label_visibility="collapsed", placeholder=f"{label}: none", disabled=not options,
    )  # fmt: skip
    put(name, key, chosen, None if name != "b" or chosen is None else NO_SYSTEM)
    return chosen


def way_select(key: str, whose: str) -> str:
    """Choose how is measured; the address keeps it."""
    take("metric", key, one_of(*_WAYS), _WAYS[0])
    way = st.segmented_control(
        "Metric", _WAYS, required=True,
        label_visibility="collapsed", help=f"Official: what {page.plain(whose)} prints, flaws included.", key=key,
    )  # fmt: skip
    put("metric", key, way, _WAYS[0])
    return str(way)


def show_task(library: Library, tasks: dict[str, AnyLayerTask], task: AnyLayerTask) -> None:
    """The page for a task of which the library has layers and truth."""
    labelled = labelled_matches(library, task)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="evaluate_bar"):
        st.html(page.headline("Evaluate"), width="content")
        task_select(tasks, task.name)
        titles = {LIBRARY: f"Library, {len(labelled)} labelled matches"} if len(labelled) > 1 else {}
        titles |= {m.id: m.title for m in labelled.values()}
        labels = choice_select("Labels", titles, f"evaluate_labels_{task.name}", 250)
        matches = {name: match for name, match in labelled.items() if labels in (LIBRARY, name)}
        systems = system_names(library, task, matches)
        first = choice_select("A", systems, f"evaluate_a_{task.name}", 190)
        others = {NO_SYSTEM: "Nothing", **{k: n for k, n in systems.items() if k != first}}
        second = choice_select("B", others, f"evaluate_b_{task.name}", 190)
        st.space("stretch")
        way = way_select(f"evaluate_way_{task.name}", "the official evaluator")
    try:
        keys = [key for key in (first, second) if key not in (None, NO_SYSTEM)]
        judged = judged_by_all(library, task, matches, keys)
        reports = [report_of(library, task, judged, key, official=way == "Official") for key in keys]
    except TouchlineError as problem:
        page.error(problem)
        return
    with st.container(border=True, key="tl_card_task", gap=None):
        figures, table = st.empty(), st.empty()
        _show(figures, table, reports, [], len(judged))
        if len(judged) > 1 and reports:
            state = state_of_task(library, task, judged, keys)
            drawn = _drawn(library, task, judged, keys, way == "Official", state)
            _show(figures, table, reports, drawn, len(judged))


@st.cache_resource(show_spinner=False)
def _kept_draws() -> OrderedDict[tuple[object, ...], list[DrawnReport]]:
    """What was drawn last, by what it was drawn of."""
    return OrderedDict()


def _drawn(
    library: Library,
    task: AnyLayerTask,
    matches: dict[str, Match],
    systems: list[str],
    official: bool,
    state: str,  # tells one kept answer from another
) -> list[DrawnReport]:
    """The figures with their intervals. How far they are is told, and whoever chooses something else need not wait for
    them: Streamlit ends a run where it tells something."""
    kept, key = _kept_draws(), (task.name, tuple(matches), tuple(systems), official, state)
    if key not in kept:
        place = st.empty()
        place.progress(0.0, text=page.plain(_progress(0.0)))
        shown = 0

        def show_done(done: float) -> None:
            nonlocal shown
            if (percent := int(done * 100)) > shown:
                shown = percent
                place.progress(done, text=page.plain(_progress(done)))

        kept[key] = drawn_reports_of(library, task, matches, systems, official=official, report=show_done)
        place.empty()
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    return kept[key]


def _progress(done: float) -> str:
    return f"The intervals are being drawn, {done:.0%}. The figures themselves are ready."


def _show(
    figures: DeltaGenerator,
    table: DeltaGenerator,
    reports: list[Evaluation],
    drawn: list[DrawnReport],
    matches: int,
) -> None:
    """The figures at once, and again when their intervals are known."""
    figures.html(_figures(reports, drawn, matches))
    table.html(_class_table(reports, drawn))


def _figures(reports: list[Evaluation], drawn: list[DrawnReport], matches: int) -> str:
    """The task's figure and the further ones, of A and, smaller, of B, with what lies between them.

    Arguments:
        drawn: the same with intervals, empty where these are not known.
    """
    values = [figures_of(report) for report in reports]
    cells = []
    for name, value in values[0].items():
        interval = drawn[0].figure(name) if drawn else None
        more = bounds(interval) if interval else ""
        if len(values) > 1:
            between = figure_difference(drawn[0], drawn[1], name) if drawn else None
            other = values[1].get(name)
            alone = f"A − B {signed(value - other)}" if value is not None and other is not None else ""
            apart = f"A − B {signed_interval(between)}" if between else alone
            more = ", ".join(filter(None, [more, f"{_number(other)} B", apart]))
        cells.append(
            f'<div><div class="tl-cap">{page.escape(name)}</div><span class="tl-figure">{_number(value)}</span>'
            f'<span class="tl-more">{page.escape(more)}</span></div>'
        )
    counted = f"Counted in {matches} match{'' if matches == 1 else 'es'}, over all classes that have truth."
    below = f'<div class="tl-cap tl-drawn">{counted} {_drawn_words(matches)}</div>'
    return f'<div class="tl-figures">{"".join(cells)}</div>{below}'


def _drawn_words(matches: int) -> str:
    """What the intervals are of, and what they are worth."""
    if matches == 1:
        return "Intervals need several matches."
    few = " Of so few they say little." if matches < FEW_GAMES else ""
    return f"In brackets: 95 % interval over matches drawn with replacement, the same for both systems.{few}"


def _number(value: float | None) -> str:
    return "no truth" if value is None else share(value)


def _class_table(reports: list[Evaluation], drawn: list[DrawnReport]) -> str:
    """A row for each class that has truth: how much, and the figure of each model, with what lies between them.

    Arguments:
        drawn: the same with intervals, empty where these are not known.
    """
    first, several = reports[0], len(reports) > 1
    rows = []
    for name, views in first.per_class.items():
        if views.get("all") is None:
            continue
        values: list[Figure | None] = [d.of_class(name) for d in drawn]
        values = values or [report.per_class[name].get("all") for report in reports]
        own = [value for value in values if value is not None]
        truths = first.truths.get(name, 0.0)
        few = not first.truth_unit and truths < FEW_TRUTHS
        counted = f"{truths:.1f} {first.truth_unit}" if first.truth_unit else f"{truths:.0f}"
        rows.append(figure_row(name[:1].upper() + name[1:], counted, own, _apart(name, reports, drawn), few=few))
    return figure_table(
        ["A", "B"] if several else [first.headline], "Truth", ["A − B"] if several else [], rows
    )  # fmt: skip


def _apart(name: str, reports: list[Evaluation], drawn: list[DrawnReport]) -> list[Figure]:
    """What lies between two models by a class; nothing where there is one, or one says nothing of it."""
    if len(reports) < 2:
        return []
    if drawn:
        between = report_class_difference(drawn[0], drawn[1], name)
        return [between] if between else []
    first, second = (report.per_class[name].get("all") for report in reports)
    return [] if first is None or second is None else [first - second]
