"""The Evaluate view: how well one or two systems spot, where they are wrong, and whether their confidence holds."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from app.comparing.comparison import (
    Compared,
    classes_of,
    label_choices,
    prediction_choices,
    state_of,
)
from app.comparing.prediction_sets import PredictionSets
from app.comparing.task_findings import evaluated_tasks
from app.components.evaluate_lists import class_table
from app.library.library import Library
from app.state import shared_library, shared_settings
from app.views import page
from app.views.addressed import one_of, put, take
from app.views.charts import CONFIG, INKS
from app.views.class_choice import chosen_classes, class_popover
from app.views.evaluate_charts import (
    Curve,
    bounds,
    precision_recall_figure,
    reliability_figure,
    share,
    signed_interval,
)
from app.views.evaluate_confusion import confusion_card
from app.views.evaluate_errors import errors_card
from app.views.evaluate_import import EVALUATE, IMPORT, import_dialog
from app.views.evaluate_reviewers import REVIEWERS, reviewers_button, show_reviewers
from app.views.evaluate_systems import (
    SystemsChoice,
    drawn_words,
    draws_of,
    games_of,
    names_of,
    over_the_same,
    systems_card,
)
from app.views.evaluate_task import NO_SYSTEM, choice_select, show_task, task_select, way_select
from app.views.import_notice import show_notice
from app.views.shown import drawn
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.classes import ActionClass, ClassTable
from spotting_core.evaluation.intervals import FEW_TRUTHS, Draws, class_difference, mean_difference
from spotting_core.evaluation.mistakes import WITHIN
from spotting_core.evaluation.precision import THRESHOLDS, VIEWS
from spotting_core.evaluation.reliability import Reliability, reliability_of
from spotting_core.evaluation.report import Evaluation, spotting_report
from spotting_core.evaluation.spotting import SpottingReport, evaluate_spotting, precision_recall
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import AnyLayerTask

_TOLERANCES = (1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 60.0)
CLASSES = "evaluate_classes_shown"
"""Where the session keeps the classes that are on screen; averages are of these, and of all beside them."""
_GROUPS = ("goals", "cards", "restarts", "fouls", "flow")


@dataclass(frozen=True)
class Choice:
    """What is compared: labels, a system and perhaps a second one, by key; and how."""

    labels: str
    first: str
    second: str | None
    official: bool
    view: str

    @property
    def systems(self) -> list[str]:
        """Keys of what is measured."""
        return [key for key in (self.first, self.second) if key is not None]


@dataclass(frozen=True)
class Measured:
    """A system's games with its figures, and the draws that say how sure they are."""

    name: str
    games: Compared
    tight: SpottingReport
    loose: SpottingReport
    draws: Draws


def show() -> None:
    """The page."""
    library, sets = shared_library(), PredictionSets(shared_settings().data)
    if page.is_open(*IMPORT):
        import_dialog(library, sets)
    show_notice(EVALUATE)
    if st.query_params.get("of") == REVIEWERS:
        show_reviewers(library, sets)
        return
    tasks = {SPOTTING.name: SPOTTING, **evaluated_tasks(library)}
    take("task", "evaluate_task", one_of(*tasks))
    task = tasks.get(st.session_state.get("evaluate_task", ""), SPOTTING)
    if task is not SPOTTING:
        show_task(library, tasks, task)
        return
    labels, systems, choice = _toolbar(library, sets, tasks)
    if choice is None:
        _empty_page(labels)
        return
    try:
        with st.spinner("Evaluating …", show_time=True):
            classes = classes_of(library, choice.labels, choice.systems)
            measured = _measured(library, sets, choice, systems, classes.names)
    except TouchlineError as problem:
        page.error(problem)
        return
    shown = set(chosen_classes(classes.names, CLASSES)) or set(classes.names)
    chosen = _chosen_class(measured, classes, shown)
    left, right = st.container(key="evaluate_columns").columns([584, 796], gap="small")
    with left, st.container(border=True, key="tl_card_classes", gap=None):
        _figures(measured, choice, [c for c in classes if c.name in shown], len(classes))
        _class_table(measured, choice, classes, chosen, shown)
    with right:
        curve, confidence = st.columns(2, gap="small")
        with curve, st.container(border=True, key="tl_card_curve"):
            st.fragment(_curve_card)(measured, choice, classes, chosen)
        with confidence, st.container(border=True, key="tl_card_reliability"):
            _reliability_card(measured, classes, chosen)
        games = dict(zip(choice.systems, (m.games for m in measured), strict=True))
        with st.container(border=True, key="tl_card_errors", gap="small"):
            st.fragment(errors_card)(games, classes, chosen, shown)
    with st.container(border=True, key="tl_card_confusion", gap="small"):
        st.fragment(confusion_card)(games, classes, shown)
    with st.container(border=True, key="tl_card_systems", gap="small"):
        systems_card(library, sets, SystemsChoice(choice.labels, choice.official, choice.view), systems, classes, shown)
    _left_out(measured)


# --- what is compared ---------------------------------------------------------------------------------


def _toolbar(
    library: Library, sets: PredictionSets, tasks: dict[str, AnyLayerTask]
) -> tuple[dict[str, str], dict[str, str], Choice | None]:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="evaluate_bar"):
        st.html(page.headline("Evaluate"), width="content")
        task_select(tasks, SPOTTING.name)
        labels = label_choices(library, sets)
        own = choice_select("Labels", labels, "evaluate_labels", 160)
        systems = prediction_choices(library, sets, own) if own else {}
        first = choice_select("A", systems, "evaluate_a", 140)
        second = choice_select(
            "B", {NO_SYSTEM: "Nothing", **{k: n for k, n in systems.items() if k != first}}, "evaluate_b", 140
        )
        st.space("stretch")
        way = way_select("evaluate_way", "the SoccerNet package")
        if own and first:
            keys = [first] if second in (None, NO_SYSTEM) else [first, str(second)]
            class_popover(classes_of(library, own, keys), CLASSES)
        views = [v.capitalize() for v in VIEWS]
        take("actions", "evaluate_view", one_of(*views), "All")
        view = st.segmented_control(
            "Actions", views, required=True, label_visibility="collapsed", format_func=page.plain, key="evaluate_view",
        )  # fmt: skip
        put("actions", "evaluate_view", view, "All")
        reviewers_button()
        st.button("Import", icon=":material/upload:", on_click=page.open_dialog, args=IMPORT)
        export = st.empty()
    if not own or not first:
        return labels, systems, None
    choice = Choice(own, first, None if second in (None, NO_SYSTEM) else second, way == "Official", str(view).lower())
    with export:
        _export(library, sets, choice, systems)
    return labels, systems, choice


def _empty_page(labels: dict[str, str]) -> None:
    """What stands there before anything can be compared."""
    with st.container(border=True, key="tl_card_nothing"):
        if labels:
            st.markdown(
                "**No predictions yet.** Analyse a labelled match in the library, or import another system's spots."
            )
        else:
            st.markdown("**No labels yet.** Add a match with its Labels-v2.json, or import a zip of labels.")
        if st.button("Open the library", type="primary"):
            page.go("library")


def _measured(
    library: Library, sets: PredictionSets, choice: Choice, systems: dict[str, str], names: tuple[str, ...]
) -> list[Measured]:
    """A, and B if there is one, over the games that both have spots of."""
    keys, state = choice.systems, state_of(library, sets)
    games = over_the_same([games_of(library, sets, choice.labels, key, names, state) for key in keys])
    draws = draws_of(games, names, choice.official, choice.view, (choice.labels, tuple(keys), state))
    measured = []
    for key, one, own in zip(keys, games, draws, strict=True):
        reports = _reports(one, names, (choice.labels, tuple(keys), key, choice.official, state))
        measured.append(Measured(systems[key], one, *reports, own))
    return measured


@st.cache_data(show_spinner=False, max_entries=32)
def _reports(_games: Compared, names: tuple[str, ...], key: tuple[Any, ...]) -> tuple[SpottingReport, SpottingReport]:
    official = bool(key[3])
    tight, loose = (evaluate_spotting(_games.games, names, metric=m, official=official) for m in ("tight", "loose"))
    return tight, loose


def _export(library: Library, sets: PredictionSets, choice: Choice, systems: dict[str, str]) -> None:
    def content() -> str:
        names = classes_of(library, choice.labels, choice.systems).names
        measured = _measured(library, sets, choice, systems, names)
        return json.dumps(
            [{"system": m.name, **_as_json(m, r)} for m in measured for r in (m.tight, m.loose)], indent=1
        )

    st.download_button(
        "Export", content, "evaluation.json", "application/json", icon=":material/download:", on_click="ignore"
    )


def _as_json(measured: Measured, report: SpottingReport) -> dict[str, Any]:
    evaluation: Evaluation = spotting_report(report)
    return evaluation.as_json(measured.games.record)


# --- the table ----------------------------------------------------------------------------------------


def _figures(measured: list[Measured], choice: Choice, chosen: list[ActionClass], classes: int) -> None:
    """The averages over the classes on screen, and, where these are not all, over all of them.

    Arguments:
        classes: how many there are in all.
    """
    names, every = [c.name for c in chosen], len(chosen) == classes
    over = "" if every else f", {names_of(chosen)}"
    first, second = measured[0], measured[1] if len(measured) > 1 else None

    def figure(caption: str, value: str, more: str) -> str:
        return (
            f'<div><div class="tl-cap">{page.escape(caption)}</div><span class="tl-figure">{value}</span>'
            f'<span class="tl-more">{page.escape(more)}</span></div>'
        )

    def means(metric: str) -> tuple[str, str]:
        draws = [m.draws.only(names) for m in (first, second) if m is not None]
        own, *others = (d.mean(metric) for d in draws)
        said = [f"all classes {share(getattr(first, metric).average_map[choice.view])}"] if not every else []
        if math.isnan(own.value):
            return "no truth", ", ".join(said)
        between = [f"A − B {signed_interval(mean_difference(draws[0], draws[1], metric))}"] if others else []
        return share(own.value), ", ".join([bounds(own), *(f"{share(o.value)} B" for o in others), *between, *said])

    games, counted = len(first.games.games), first.tight.truths_by_view
    true = sum(counted[name][choice.view] for name in names)
    of = "" if every else f" of {sum(row[choice.view] for row in counted.values())}"
    st.html(
        '<div class="tl-figures">'
        + figure(f"Average-mAP, tight{over}", *means("tight"))
        + figure(f"Average-mAP, loose{over}", *means("loose"))
        + figure(
            f"Counted in {games} match{'' if games == 1 else 'es'}",
            str(true),
            f"{of} true actions".strip(),
        )
        + f'</div><div class="tl-cap tl-drawn">{drawn_words(games)}</div>'
    )


def class_rows(measured: list[Measured], choice: Choice, classes: ClassTable) -> list[dict[str, Any]]:
    """Rows of the class table, group by group."""
    order = sorted(classes, key=lambda c: (_GROUPS.index(c.group) if c.group in _GROUPS else len(_GROUPS), c.index))
    return [
        {
            **drawn(action),
            "name": action.name,
            "truths": (truths := measured[0].tight.truths_by_view[action.name][choice.view]),
            "few": truths < FEW_TRUTHS,
            **{metric: _pair(measured, metric, action.name, choice.view) for metric in ("tight", "loose")},
        }
        for action in order
    ]


def _pair(measured: list[Measured], metric: str, label: str, view: str) -> dict[str, Any] | None:
    reports = [getattr(m, metric) for m in measured]
    own = measured[0].draws.of_class(label, metric)
    if own is None:
        return None
    pair: dict[str, Any] = dict(zip("ab", (round(r.per_class[label][view], 4) for r in reports), strict=False))
    pair["interval"] = [round(own.low, 4), round(own.high, 4)]
    if len(measured) > 1:
        difference = class_difference(measured[0].draws, measured[1].draws, label, metric)
        assert difference is not None  # both are measured against the same truths
        pair["difference"] = {name: round(value, 4) for name, value in asdict(difference).items()}
    return pair


def _class_table(
    measured: list[Measured], choice: Choice, classes: ClassTable, chosen: ActionClass, shown: set[str]
) -> None:
    every = class_rows(measured, choice, classes)
    rows = [row for row in every if row["name"] in shown]

    def picked() -> None:
        event = st.session_state["evaluate_classes"].get("picked")
        if event:
            st.session_state["evaluate_class"] = event["label"]

    data = {"rows": rows, "chosen": chosen.name, "two": len(measured) > 1, "note": _note(every, choice)}
    class_table(data, key="evaluate_classes", on_picked=picked)


def _note(rows: list[dict[str, Any]], choice: Choice) -> str:
    without = [r["short"] for r in rows if not r["truths"]]
    if not without:
        return "Every class has truth here."
    names = ", ".join(without[:4]) + (f" and {len(without) - 4} more" if len(without) > 4 else "")
    verb = "has" if len(without) == 1 else "have"
    if choice.official:
        return f"{names} {verb} no truth here and {'counts' if len(without) == 1 else 'count'} as 0 in the averages."
    return f"{names} {verb} no truth here and {'is' if len(without) == 1 else 'are'} left out of the averages."


def _chosen_class(measured: list[Measured], classes: ClassTable, shown: set[str]) -> ActionClass:
    """The class that was picked; at first the one with the most truths."""
    take("class", "evaluate_class", one_of(*classes.names))
    wanted = st.session_state.get("evaluate_class")
    truths = measured[0].tight.truths
    usual = max((c for c in classes if c.name in shown), key=lambda c: truths[c.name])
    chosen = classes.get(str(wanted)) if wanted in shown else usual
    put("class", "evaluate_class", chosen.name, usual.name)
    return chosen


# --- the charts ---------------------------------------------------------------------------------------


def _curve_card(measured: list[Measured], choice: Choice, classes: ClassTable, chosen: ActionClass) -> None:
    title, tolerance = st.columns([3, 1.2], vertical_alignment="center")
    title.html(f'<div class="tl-card-title">Precision and recall <span>{page.escape(chosen.short)}</span></div>')
    take("tolerance", "evaluate_tolerance", one_of(*_TOLERANCES), _TOLERANCES[1])
    seconds = tolerance.selectbox(
        "Tolerance", _TOLERANCES, format_func=lambda t: f"{t:.0f} s", label_visibility="collapsed",
        help="The full width of the window around a truth.", key="evaluate_tolerance",
    )  # fmt: skip
    put("tolerance", "evaluate_tolerance", seconds, _TOLERANCES[1])
    curves = [_curve(m, chosen, float(seconds), choice, classes) for m in measured]
    spot_for_figure = st.empty()
    threshold = st.slider("Threshold", 0.0, 1.0, 0.5, 0.01, key="evaluate_curve_threshold")
    with spot_for_figure:
        dark = _dark()
        figure = precision_recall_figure(
            curves[0],
            curves[1] if len(curves) > 1 else None,
            threshold,
            chosen.colour_dark if dark else chosen.colour_light,
            INKS["dark" if dark else "light"],
        )
        st.plotly_chart(figure, theme=None, config=CONFIG, key="evaluate_curve", alt="Precision against recall")


def _curve(measured: Measured, action: ActionClass, tolerance: float, choice: Choice, classes: ClassTable) -> Curve:
    curves = precision_recall(measured.games.games, classes.names, tolerance, official=choice.official)
    view = VIEWS.index(choice.view)
    precision, recall = curves.precision[action.index, view], curves.recall[action.index, view]
    there = (precision > 0) | (recall > 0)
    return Curve(THRESHOLDS[there], precision[there], recall[there])


def _reliability_card(measured: list[Measured], classes: ClassTable, chosen: ActionClass) -> None:
    first, *rest = (_reliability(m, classes) for m in measured)
    note = f"A: expected error {share(first.expected_error)}"
    if rest:
        note += f", B: {share(rest[0].expected_error)}"
    st.html(f'<div class="tl-card-title">Reliability <span>{note}</span></div>')
    figure = reliability_figure(first, rest[0] if rest else None, INKS["dark" if _dark() else "light"], 250)
    st.plotly_chart(figure, theme=None, config=CONFIG, key="evaluate_reliability", alt="Share right against confidence")
    st.caption(f"All classes. Squares: share of spots within {WITHIN:.0f} s of a truth, per bin; bars: how many.")


def _reliability(measured: Measured, classes: ClassTable) -> Reliability:
    return reliability_of(measured.games.games, classes.names, 2 * WITHIN)


def _dark() -> bool:
    return st.context.theme.type != "light"


# --- what was left out --------------------------------------------------------------------------------


def _left_out(measured: list[Measured]) -> None:
    """What was not counted, and why, and what speaks against what was."""
    lines = {
        f"{name}: {left.game}: {left.why}"
        for name, one in zip("AB", measured, strict=False)
        for left in one.games.record.skipped
    }
    if lines:
        with st.expander(f"Notes and what was not counted: {len(lines)}"):
            st.html("".join(f'<div class="tl-facts">{page.escape(line)}.</div>' for line in sorted(lines)))
