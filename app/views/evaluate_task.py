"""The Evaluate view for tasks other than spotting: the figures of any number of systems in one table."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    widest_systems,
)
from app.library.library import Library, Match
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.evaluate_charts import bounds, share
from app.views.evaluate_table import Figure, figure_row, figure_table
from spotting_core.base.errors import TouchlineError
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.intervals import FEW_GAMES, FEW_TRUTHS
from spotting_core.evaluation.report import Evaluation
from spotting_core.evaluation.report_draws import DrawnReport, figure_difference, figures_of, report_class_difference
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import AnyLayerTask

NO_SYSTEM = "none"
AT_FIRST = 6  # systems in a table before anyone chose
_WAYS = ["Corrected", "Official"]
_KEPT = 32  # answers
_LETTER, _AROUND, _WIDEST = 6.6, 52, 420  # pixels of a letter, of what stands around a name, and of a box


@dataclass(frozen=True)
class _Measured:
    """A system over the matches that all have judged. ``drawn``: the same with intervals, None where not known."""

    name: str
    report: Evaluation
    drawn: DrawnReport | None = None


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


def systems_select(systems: dict[str, str], key: str, usual: Sequence[str], width: int) -> list[str]:
    """Choose any number of systems by their keys, in an order; the address keeps them.

    Arguments:
        usual: those that are chosen at first.
    """
    take("systems", key, lambda word: [k for k in word.split(",") if k in systems] or None, list(usual))
    st.session_state[key] = [k for k in st.session_state[key] if k in systems]
    keys = st.multiselect(
        "Systems", list(systems), format_func=lambda k: systems[k], key=key, width=width,
        label_visibility="collapsed", placeholder="Systems",
    )  # fmt: skip
    put("systems", key, ",".join(keys) or None, ",".join(usual))
    return keys


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
        usual = widest_systems(library, task, matches, list(systems))[:AT_FIRST]
        keys = systems_select(systems, f"evaluate_systems_{task.name}", usual, 480)
        st.space("stretch")
        way = way_select(f"evaluate_way_{task.name}", "the official evaluator")
        export = st.empty()
    if not keys:
        st.caption("Choose systems to lay side by side.")
        return
    judged = judged_by_all(library, task, matches, keys)
    if not judged:
        st.caption("No match was judged by all these systems. Take one out.")
        return
    official = way == "Official"
    try:
        reports = [report_of(library, task, judged, key, official=official) for key in keys]
    except TouchlineError as problem:
        page.error(problem)
        return
    measured = [_Measured(systems[key], report) for key, report in zip(keys, reports, strict=True)]
    with export:
        _download(measured, list(judged.values()))
    with st.container(border=True, key="tl_card_task", gap=None):
        figures, table = st.empty(), st.empty()
        _show(figures, table, measured, len(judged))
        if len(judged) > 1:
            page.appear()  # the figures can be read while their intervals are drawn
            drawn = _drawn(library, task, judged, keys, official)
            _show(figures, table, [replace(m, drawn=own) for m, own in zip(measured, drawn, strict=True)], len(judged))


def _download(measured: Sequence[_Measured], matches: Sequence[Match]) -> None:
    """What each system reaches, in the form that the command line writes."""
    record = Record([match.title for match in matches])
    content = json.dumps([{"system": m.name, **m.report.as_json(record)} for m in measured], indent=1)
    st.download_button(
        "Export", content, "evaluation.json", "application/json", icon=":material/download:", on_click="ignore"
    )


@st.cache_resource(show_spinner=False)
def _kept_draws() -> OrderedDict[tuple[object, ...], DrawnReport]:
    """What was drawn last of single systems, by what it was drawn of."""
    return OrderedDict()


def _drawn(
    library: Library, task: AnyLayerTask, matches: dict[str, Match], systems: Sequence[str], official: bool
) -> list[DrawnReport]:
    """The figures with their intervals. How far they are is told, and whoever chooses something else need not wait for
    them: Streamlit ends a run where it tells something."""
    kept = _kept_draws()
    keys = {s: (task.name, s, official, state_of_task(library, task, matches, [s])) for s in systems}
    missing = [system for system in systems if keys[system] not in kept]
    if missing:
        place = st.empty()
        place.progress(0.0, text=page.plain(_progress(0.0)))
        shown = 0

        def show_done(done: float) -> None:
            nonlocal shown
            if (percent := int(done * 100)) > shown:
                shown = percent
                place.progress(done, text=page.plain(_progress(done)))

        drawn = drawn_reports_of(library, task, matches, missing, official=official, report=show_done)
        kept.update({keys[system]: own for system, own in zip(missing, drawn, strict=True)})
        place.empty()
    answer = [kept[keys[system]] for system in systems]
    while len(kept) > _KEPT:
        kept.popitem(last=False)
    return answer


def _progress(done: float) -> str:
    return f"The intervals are being drawn, {done:.0%}. The figures themselves are ready."


def _show(figures: DeltaGenerator, table: DeltaGenerator, measured: Sequence[_Measured], matches: int) -> None:
    """The figures at once, and again when their intervals are known."""
    figures.html(_figures(measured, matches))
    table.html(_table(measured))


def _figures(measured: Sequence[_Measured], matches: int) -> str:
    """The task's figure and the further ones, of the first system."""
    first, several = measured[0], len(measured) > 1
    cells = []
    for name, value in figures_of(first.report).items():
        interval = first.drawn.figure(name) if first.drawn else None
        cells.append(
            f'<div><div class="tl-cap">{page.escape(name)}</div><span class="tl-figure">{_number(value)}</span>'
            f'<span class="tl-more">{bounds(interval) if interval else ""}</span></div>'
        )
    whose = f"Above: {first.name}. " if several else ""
    counted = f"Counted in {matches} match{'' if matches == 1 else 'es'}, over all classes that have truth."
    said = f"{whose}{counted} {_drawn_words(matches, several)}"
    return f'<div class="tl-figures">{"".join(cells)}</div><div class="tl-cap tl-drawn">{page.escape(said)}</div>'


def _drawn_words(matches: int, several: bool) -> str:
    """What the intervals are of, and what they are worth."""
    if matches == 1:
        return "Intervals need several matches."
    same = ", the same for every system" if several else ""
    few = " Of so few they say little." if matches < FEW_GAMES else ""
    return f"In brackets: 95 % interval over matches drawn with replacement{same}.{few}"


def _number(value: float | None) -> str:
    return "no truth" if value is None else share(value)


def _table(measured: Sequence[_Measured]) -> str:
    """Classes by systems, below the figures over all classes where there are several systems; of every system but the
    first also how far it is from the first."""
    first, *others = measured
    between = [f"{m.name} − {first.name}" for m in others]
    columns = [m.name for m in measured] if others else [first.report.headline]
    rows = [*(_figure_rows(measured) if others else []), *_class_rows(measured)]
    return figure_table(columns, "Truth", between, rows)


def _figure_rows(measured: Sequence[_Measured]) -> list[str]:
    first = measured[0].report
    truths = _counted(first, first.all_truths)
    rows = []
    for name in figures_of(first):
        values = [m.drawn.figure(name) if m.drawn else figures_of(m.report).get(name) for m in measured]
        apart = [_figure_apart(m, measured[0], name) for m in measured[1:]]
        counted, least = truths if name == first.headline else "", name in first.errors
        rows.append(figure_row(name, counted, values, apart, few=False, head=True, least=least))
    return rows


def _class_rows(measured: Sequence[_Measured]) -> list[str]:
    """A row for each class that has truth."""
    first = measured[0].report
    rows, least = [], first.headline in first.errors
    for name, views in first.per_class.items():
        if views.get("all") is None:
            continue
        values = [m.drawn.of_class(name) if m.drawn else m.report.per_class[name].get("all") for m in measured]
        apart = [_class_apart(m, measured[0], name) for m in measured[1:]]
        truths = first.truths.get(name, 0.0)
        few = not first.truth_unit and truths < FEW_TRUTHS
        title = name[:1].upper() + name[1:]
        rows.append(figure_row(title, _counted(first, truths), values, apart, few=few, least=least))
    return rows


def _counted(report: Evaluation, truths: float) -> str:
    return f"{truths:.1f} {report.truth_unit}" if report.truth_unit else f"{truths:.0f}"


def _figure_apart(one: _Measured, other: _Measured, name: str) -> Figure | None:
    """One system less another by a figure; None where one says nothing of it."""
    if one.drawn and other.drawn:
        return figure_difference(one.drawn, other.drawn, name)
    return _less(figures_of(one.report).get(name), figures_of(other.report).get(name))


def _class_apart(one: _Measured, other: _Measured, name: str) -> Figure | None:
    """One system less another by a class; None where one says nothing of it."""
    if one.drawn and other.drawn:
        return report_class_difference(one.drawn, other.drawn, name)
    return _less(one.report.per_class[name].get("all"), other.report.per_class[name].get("all"))


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
