"""The Evaluate view for tasks other than spotting: the figure of each class, of one or two models."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.comparing.comparison import LIBRARY
from app.comparing.task_findings import judged_by_all, labelled_matches, report_of, system_names
from app.library.library import Library
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.evaluate_charts import share
from spotting_core.base.errors import TouchlineError
from spotting_core.evaluation.report import Evaluation
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import AnyLayerTask

NO_SYSTEM = "none"
_WAYS = ["Corrected", "Official"]


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
    """Choose labels or a system by its key, which is kept in the address; what is no longer there is forgotten."""
    name = label.lower()
    take(name, key, one_of(*options))
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
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
    with st.container(border=True, key="tl_card_task", gap="small"):
        st.html(_figures(reports, len(judged)))
        st.dataframe(class_rows(reports), hide_index=True, key=f"evaluate_table_{task.name}")


def _figures(reports: list[Evaluation], matches: int) -> str:
    """The task's figure and the further ones, of A and, smaller, of B."""
    values: list[dict[str, float | None]] = [{r.headline: r.average_map.get("all"), **r.others} for r in reports]
    cells = []
    for name, value in values[0].items():
        more = f"{_number(values[1].get(name))} B" if len(values) > 1 else ""
        cells.append(
            f'<div><div class="tl-cap">{page.escape(name)}</div><span class="tl-figure">{_number(value)}</span>'
            f'<span class="tl-more">{page.escape(more)}</span></div>'
        )
    counted = f"Counted in {matches} match{'' if matches == 1 else 'es'}"
    return f'<div class="tl-figures">{"".join(cells)}</div><div class="tl-cap">{counted}</div>'


def _number(value: float | None) -> str:
    return "no truth" if value is None else share(value)


def class_rows(reports: list[Evaluation]) -> list[dict[str, Any]]:
    """A row for each class that has truth: how much, and the figure of each model."""
    first = reports[0]
    names = [n for n, row in first.per_class.items() if row.get("all") is not None]
    columns = ["A", "B"] if len(reports) > 1 else [first.headline]
    truth = f"Truth, {first.truth_unit}" if first.truth_unit else "Truth"
    return [
        {
            "Class": name,
            truth: round(first.truths.get(name, 0.0), 1),
            **{
                column: None if (value := report.per_class[name].get("all")) is None else round(value, 4)
                for column, report in zip(columns, reports, strict=True)
            },
        }
        for name in names
    ]
