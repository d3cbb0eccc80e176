"""The Library: the matches, how far their analyses are, adding one, and the jobs."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from app.library.broadcast_clock import clock_of_source
from app.library.library import Library, Match, gone_choice
from app.library.roots import names_of_roots, source_of
from app.state import shared_library, shared_queue, shared_reading, shared_settings
from app.views import page
from app.views.data import data_line
from app.views.import_notice import keep_notice, reasons_of_document, show_notice
from app.views.library_add import add_buttons, open_dialog
from app.views.library_list import Listed, counts_text, fits, list_choice, listed, review_of
from app.views.replayed import counted
from app.views.shown import link
from app.work.analysing import ask_for_analysis, resumable, resume
from app.work.kinds import KINDS
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.layers import DamagedLayer
from spotting_core.analyses.replayed_spots import LIVE_ALONE
from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError, TouchlineError
from spotting_core.domain.classes import ClassTable, classes_in, load_classes
from spotting_core.domain.parts import Parts
from spotting_core.domain.spots import Spot
from spotting_core.formats import registry
from spotting_core.formats.document import Document
from spotting_core.formats.labels_cameras import FILE_NAME as CAMERA_LABELS
from spotting_core.jobs.analysis import ANALYSIS
from spotting_core.jobs.kind import LONG
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, Job
from spotting_core.media.ingest import Media
from spotting_core.media.source import MatchSource
from spotting_core.models.card import BUNDLED, read_card
from spotting_core.models.known import known_models
from spotting_core.preflight.cameras import check_camera_file
from spotting_core.preflight.finding import ERROR, NOTE, WARNING, Finding
from spotting_core.preflight.machine import check_machine
from spotting_core.preflight.match import check_videos
from spotting_core.score_bug.match_time import placed_by_clock
from spotting_core.tasks.spotting import SPOTTING

_PAGE = "library"  # where it is said what labels left out
_IDLE = 5.0  # seconds between two looks whether anything has begun
_COLUMNS = [1.1, 2.0, 1.7, 0.9, 1.3, 1.2]


def show() -> None:
    """The page."""
    library = shared_library()
    if opened := st.session_state.pop("open_match", None):
        st.session_state.pop("analysis", None)  # the one that is used of it
        page.go("match", match=opened)
    matches = library.matches()
    jobs = shared_queue().newest(ANALYSIS.name)
    _begin_reading(matches)
    choice = list_choice(page.headline("Library", f"{len(matches)} match{'' if len(matches) == 1 else 'es'}"))
    show_notice(_PAGE)
    left, right = st.container(key="library_columns").columns([3.1, 1], gap="small")
    with right:
        _add(library)
        live = _under_way()
        st.fragment(run_every=1.0 if live else _IDLE)(_jobs)(live)
        data_line()
    with left, st.container(border=True, key="tl_card_matches"):
        fitting = [_listed(m, library.analyses(m), jobs.get(m.id)) for m in matches if fits(m, choice.words)]
        rows = [_Row.of(one) for one in listed(fitting, choice)]
        st.fragment(run_every=1.0 if live else None)(_rows)(rows, live, len(matches) if choice.narrows else None)


def _begin_reading(matches: list[Match]) -> None:
    """Have the videos read that nobody has seen since they came to be or were changed."""
    for match in matches:
        with suppress(TouchlineError):  # the row says it
            shared_reading().media(source_of(match.path).halves[0].path)


def _under_way() -> bool:
    """Whether anything is, of which the page shows how far it is."""
    return bool(shared_queue().all_live()) or shared_reading().under_way


def _listed(match: Match, analyses: list[Analysis], job: Job | None) -> Listed:
    analysis = analyses[0] if analyses else None
    spots = counted(match, analysis.spots(), LIVE_ALONE, held=False) if analysis else []
    return Listed(match, analyses, job, spots, review_of(match, analysis, spots))


# --- the list -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    """A match of the list with what only a run of the whole page changes: the list is drawn anew every second.

    Arguments:
        thumbnail: markup; None while the video is being read.
        names: markup.
    """

    listed: Listed
    damaged: Sequence[DamagedLayer]
    thumbnail: str | None
    names: str

    @classmethod
    def of(cls, one: Listed) -> _Row:
        match = one.match
        return cls(one, shared_library().damaged(match), _thumbnail(match), _names(match, one.analyses))

    @property
    def live(self) -> str | None:
        """The job that was under way when the page was made."""
        job = self.listed.job
        return job.id if job is not None and job.live else None


def _rows(rows: list[_Row], live: bool, narrowed: int | None) -> None:
    """The list.

    Arguments:
        narrowed: from how many matches they are chosen; None where all are listed.
    """
    jobs = shared_queue().newest(ANALYSIS.name)
    news = [job for row in rows if (job := jobs.get(row.listed.match.id)) is not None and row.live != _live(job)]
    if (live and not _under_way()) or any(job.state == DONE for job in news):
        st.rerun(scope="app")
    if not rows:
        st.write(
            "No match fits the search." if narrowed is not None else "The library is empty. Add a match on the right."
        )
        return
    title = "Match" if narrowed is None else f"{len(rows)} of {count_of(narrowed, 'match')}"
    head = st.columns(_COLUMNS, vertical_alignment="center")
    for column, text in zip(head, ("", title, "Spots over the match", "Spots", "Analysis", ""), strict=True):
        column.html(f'<div class="tl-head{" tl-count" if text == "Spots" else ""}">{text}</div>')
    for row in rows:
        _row(row, jobs.get(row.listed.match.id))
    if news:  # what was clicked is answered before the whole page is made
        st.rerun(scope="app")


def _live(job: Job) -> str | None:
    return job.id if job.live else None


def _row(row: _Row, job: Job | None) -> None:
    match, analyses = row.listed.match, row.listed.analyses
    analysis = analyses[0] if analyses else None
    cells = st.columns(_COLUMNS, vertical_alignment="center")
    cells[0].html(row.thumbnail or _thumbnail(match) or _being_read(match))
    cells[1].html(row.names)
    cells[2].html(_strip(match, analysis, row.listed.spots, job))
    cells[3].html(counts_text(row.listed))
    with cells[4]:
        st.html(_state_text(analysis, job, match, row.damaged))
    with cells[5]:
        _actions(match, analysis, job, row.damaged)


def _thumbnail(match: Match) -> str | None:
    try:
        path = source_of(match.path).halves[0].path
        media = shared_reading().media(path)
    except TouchlineError:
        return '<div class="tl-thumb tl-none" title="The video cannot be read">⚠</div>'
    return f'<img class="tl-thumb" src="{link("media", media.poster)}" alt="">' if media is not None else None


def _being_read(match: Match) -> str:
    progress = shared_reading().progress(source_of(match.path).halves[0].path)
    short = progress.rpartition(" ")[2] if "%" in progress else "…"
    return f'<div class="tl-thumb tl-none" title="{progress}">{short}</div>'


def _names(match: Match, analyses: Sequence[Analysis]) -> str:
    facts = [match.date, match.league, page.length(match.duration) if match.duration else None]
    if match.home and match.away:
        score = page.escape((match.score or "v").replace("-", "–"))
        home, away = page.escape(match.home), page.escape(match.away)
        name = (
            f'<div class="tl-name">{home} <span class="tl-whole">{score}</span></div><div class="tl-name">{away}</div>'
        )
    else:
        name = f'<div class="tl-name">{page.escape(match.title)}</div>'
    remarks = [*(analyses[0].remarks if analyses else ()), gone_choice(analyses, shared_library().chosen(match))]
    notice = "".join(f'<div class="tl-cap">{page.escape(remark)}</div>' for remark in remarks if remark)
    return f'{name}<div class="tl-cap">{page.escape(", ".join(filter(None, facts)))}</div>{notice}'


def _strip(match: Match, analysis: Analysis | None, spots: Iterable[Spot], job: Job | None) -> str:
    """The spots of a match on one line, halves side by side."""
    width, gap = 250, 6
    halves = [(h.record.half, h.record.duration) for h in analysis.halves] if analysis else [(1, match.duration or 1)]
    room = width - gap * (len(halves) - 1)
    total = sum(d for _, d in halves)
    parts, left = [], {}
    x = 0.0
    for half, duration in halves:
        wide = room * duration / total
        left[half] = (x, wide / duration)
        parts.append(f'<rect x="{x:.1f}" y="24" width="{wide:.1f}" height="4" rx="2" fill="#808C9B" opacity=".3"/>')
        x += wide + gap
    if job is not None and job.live:
        done = width * job.progress
        parts.append(f'<rect x="0" y="24" width="{done:.1f}" height="4" rx="2" fill="#4FB7EC"/>')
    if analysis is not None:
        dark = st.context.theme.type != "light"
        for spot in spots:
            start, scale = left[spot.half]
            action = analysis.classes.get(spot.label)
            colour = action.colour_dark if dark else action.colour_light
            tall = 5 + 14 * (spot.confidence or 0)
            at = start + spot.time * scale
            parts.append(
                f'<rect x="{at:.1f}" y="{22 - tall:.1f}" width="2" height="{tall:.1f}" rx="1" fill="{colour}"/>'
            )
    box = f'viewBox="0 0 {width} 30" preserveAspectRatio="none"'
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>'
    # Inline SVG is stripped from markup; as a picture it stays.
    return f'<img class="tl-strip" alt="" src="data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}">'


def _state_text(analysis: Analysis | None, job: Job | None, match: Match, damaged: Sequence[DamagedLayer]) -> str:
    def text(sign: str, colour: str, word: str, more: str, bar: str = "") -> str:
        return (
            f'<div class="tl-state"><span style="color:{colour}">{sign}</span>{page.escape(word)}</div>{bar}'
            f'<div class="tl-cap tl-why" title="{page.escape(more)}">{page.escape(more)}</div>'
        )

    if job is not None and job.live:
        if job.cancelling:
            return text("◔", "var(--tl-accent)", "Cancelling", "What was done is kept")
        running = job.state == "running"
        bar = f'<div class="tl-bar"><i style="width:{100 * job.progress:.0f}%"></i></div>' if running else ""
        word = f"{job.progress:.0%}" if running else "Queued"
        more = page.progress_text(job) if running else page.place_in_line(job)
        return text("◔", "var(--tl-accent)", word, more, bar)
    if job is not None and job.state == FAILED:
        why = (job.error or "").removeprefix(f"{match.path}: ")  # the row says of which match
        return text("⚠", "var(--tl-bad)", "Failed", why)
    if damaged:
        word = "Damaged" if analysis is None else "Analysed, another is damaged"
        return text("⚠", "var(--tl-bad)", word, str(damaged[0].problem))
    if analysis is not None:
        return text("✓", "var(--tl-good)", "Analysed", analysis.record.model["name"])
    if job is not None and job.state == CANCELLED:
        return text("···", "var(--tl-muted)", "Cancelled", "What was done is kept")
    labels = "Labels present" if _has_labels(match) else ""
    return text("···", "var(--tl-muted)", "Not analysed", labels)


def _has_labels(match: Match) -> bool:
    try:
        return bool(shared_library().truth(match))
    except TouchlineError:
        return False


def _actions(match: Match, analysis: Analysis | None, job: Job | None, damaged: Sequence[DamagedLayer]) -> None:
    alone = analysis is not None and not (job and (job.live or resumable(job))) and not damaged
    open_it, other = (st.container(), st.container()) if alone else st.columns(2, gap="small")
    if open_it.button("Open", key=f"open-{match.id}", width="stretch"):
        st.session_state["open_match"] = match.id
        st.rerun(scope="app")
    if job is not None and job.live:
        label = "Cancelling" if job.cancelling else "Cancel"
        cancel, key = shared_queue().cancel, f"cancel-{match.id}"
        other.button(label, key=key, width="stretch", disabled=job.cancelling, on_click=cancel, args=(job.id,))
    elif damaged:
        if other.button("Analyse anew", key=f"anew-{match.id}", width="stretch"):
            _analyse_anew(match, damaged)
    elif job is not None and (share := resumable(job)):
        again, key = (resume, shared_queue(), job), f"resume-{match.id}"
        other.button(f"Resume from {page.plain(share)}", key=key, width="stretch", on_click=page.attempt, args=again)
    elif analysis is None:
        label = "Retry" if job is not None and job.state == FAILED else "Analyse"
        first, key = (_analyse, match), f"analyse-{match.id}"
        other.button(label, key=key, width="stretch", on_click=page.attempt, args=first)


def _analyse(match: Match) -> None:
    ask_for_analysis(shared_queue(), shared_library(), match, [_preferred_model()])


def _analyse_anew(match: Match, damaged: Sequence[DamagedLayer]) -> None:
    """Have a match analysed by the model of its newest damaged analysis, if that is here; the damaged are put aside."""
    try:
        shared_library().put_aside(match, [layer.folder for layer in damaged])
    except TouchlineError as problem:
        page.error(problem)
        return
    names = known_models(shared_settings().data, SPOTTING.name)
    own = next((n for n, folder in names.items() if damaged[0].model in (n, _card_name(folder))), None)
    ask_for_analysis(shared_queue(), shared_library(), match, [own or _preferred_model()])
    st.rerun(scope="app")


def _card_name(folder: Path) -> str | None:
    try:
        return read_card(folder).name
    except TouchlineError:
        return None


def _preferred_model() -> str:
    names = list(known_models(shared_settings().data, SPOTTING.name))
    return BUNDLED if BUNDLED in names else names[0]


# --- adding -------------------------------------------------------------------------------------------


def _add(library: Library) -> None:
    with st.container(border=True, key="tl_card_add"):
        st.markdown("**Add a match**")
        path = st.text_input(
            "Folder or video under a library folder",
            placeholder="my_match.mp4, or a game folder",
            help=page.plain(names_of_roots(shared_settings().roots)),
        )
        names = list(known_models(shared_settings().data, SPOTTING.name))
        model = st.selectbox("Model", names, index=names.index(BUNDLED) if BUNDLED in names else 0)
        add_buttons()
        open_dialog(library, model)
        upload = st.file_uploader("Labels (optional)", type=registry.label_endings(), help=_LABEL_HELP)
        if not path:
            st.caption("Give a path to see whether it can be analysed.")
            return
        try:
            classes = _classes_of(model)
            source = library.open(path, classes)
            media = [one for half in source.halves if (one := shared_reading().media(half.path)) is not None]
            if len(media) < len(source.halves):
                st.fragment(run_every=1.0)(_reading_line)(source)
                return
            facts = preflight(source, media, classes.parts)
            findings = video_findings(source, media, model)
        except TouchlineError as problem:
            page.error(problem)
            return
        labels = _read_upload(library, source, upload) if upload is not None else None
        if labels is not None:
            labels = _without_extra_time(_placed_labels(labels, source, classes), source, classes)
        if any(f.failed for f in findings) or _refused(upload, labels):
            st.warning("Look at this first", icon=None)
        else:
            st.success("Ready to analyse", icon=None)
        st.html("".join(f'<div class="tl-facts">{page.escape(line)}</div>' for line in facts))
        _findings(findings)
        if labels is not None:
            labels = _checked_labels(library, source, labels, upload)
        analyse, only = st.columns(2)
        start = analyse.button("Analyse", type="primary", width="stretch", disabled=_refused(upload, labels))
        if start or only.button("Only add", width="stretch", disabled=_refused(upload, labels)):
            match = _added(library, path, classes, upload.name if upload else "", labels)
            if match is not None:
                if start:
                    ask_for_analysis(shared_queue(), library, match, [model])
                st.rerun()


def _reading_line(source: MatchSource) -> None:
    """How far the videos are; the page is made again when they have been read."""
    readings = [(shared_reading().progress(h.path), _read_or_failed(h.path)) for h in source.halves]
    if all(ended for _, ended in readings):
        st.rerun(scope="app")
    st.caption(
        f"{page.plain(next(text for text, ended in readings if not ended))}. It can be analysed when it has been read."
    )


def _read_or_failed(path: Path) -> bool:
    try:
        return shared_reading().media(path) is not None
    except TouchlineError:
        return True


_MATCH_TIME_HELP = (
    "The clock of the broadcast has been read: labels that count from the kick-off of each half are put where it shows "
    "their time."
)
_LABEL_HELP = "True spots to compare with: " + ", ".join(f.title for f in registry.label_formats()) + "."


def _refused(upload: Any, labels: Document | None) -> bool:
    """Whether labels were given that cannot be read."""
    return upload is not None and labels is None


def _classes_of(model: str | None) -> ClassTable:
    """The class table of a known model, or the default one."""
    if model is None:
        return load_classes()
    folder = known_models(shared_settings().data, SPOTTING.name)[model]
    return classes_in(folder, read_card(folder).class_table)


def preflight(source: MatchSource, media: list[Media], parts: Parts) -> list[str]:
    """What is known of a match before it is analysed, line by line; media: of its halves."""
    lengths = ", ".join(page.length(m.table.duration) for m in media)
    info = media[0].info
    rate = f"{info.rate:.5g} frames a second" if info.rate else "frame rate unknown"
    lines = [
        f"{parts.counted(len(media))}, {lengths}",
        f"{info.width} × {info.height}, {rate}, {info.codec.upper()}",
    ]
    return [*lines, *source.remarks(parts)]


def video_findings(source: MatchSource, media: list[Media], model: str | None) -> list[Finding]:
    """What the checks find in a match's videos and camera labels, for the chosen model; media: of its halves."""
    data = shared_settings().data
    card = read_card(known_models(data, SPOTTING.name)[model]) if model else None
    size = sum(half.path.stat().st_size for half in source.halves)
    lengths = {h.half: m.table.duration for h, m in zip(source.halves, media, strict=True)}
    cameras = source.companion(CAMERA_LABELS)
    return [
        *check_videos(source, media, _classes_of(model).parts, card),
        *(check_camera_file(cameras, lengths) if cameras else ()),
        *check_machine(data, size),
    ]


def _read_upload(library: Library, source: MatchSource, upload: Any) -> Document | None:
    try:
        return library.read_labels(source, upload.name, upload.getvalue())
    except TouchlineError as problem:
        page.error(problem)
        return None


def _placed_labels(labels: Document, source: MatchSource, classes: ClassTable) -> Document:
    """The labels where the clock of the broadcast shows their times, if the user says that they are in match time.

    Whoever has labels of halves that the files are not, as of a whole match in one file, finds it chosen.
    """
    clock = clock_of_source(source, shared_settings().data, classes.parts)
    if clock is None or not clock.halves:
        return labels
    halves = {half.half for half in source.halves}
    beyond = any(spot.half not in halves for spot in labels.spots)
    if not st.checkbox("Times are those of the match, not of the file", beyond, help=_MATCH_TIME_HELP):
        return labels
    placed = placed_by_clock(labels, clock)
    left = len(labels.entries) - len(placed.entries)
    out = f"; {count_of(left, 'label')} lie where no file shows a clock, and are left out" if left else ""
    st.caption(f"{count_of(len(placed.entries), 'label')} put where the broadcast's clock shows their time{out}.")
    return placed


def _without_extra_time(labels: Document, source: MatchSource, classes: ClassTable) -> Document | None:
    """The labels, or None, which is said, where some are of extra time that no file was shown to hold."""
    there = {half.half for half in source.halves}
    extra = sum(classes.parts.is_extra(spot.half) and spot.half not in there for spot in labels.spots)
    if not extra:
        return labels
    lie = "lies" if extra == 1 else "lie"
    what = f"{count_of(extra, 'label')} of extra time {lie} nowhere in the videos of this match"
    fix = "Read the broadcast's clock of this match, and say that the times are those of the match"
    page.error(BadInputError(what, fix=fix))
    return None


def _checked_labels(library: Library, source: MatchSource, labels: Document, upload: Any) -> Document:
    """The labels, with the fixes applied that the user has asked for; shows what is found."""
    applied: list[str] = st.session_state.setdefault("label_fixes", {}).setdefault(upload.file_id, [])
    for fix in applied:
        repair = next((f for f in library.check_labels(source, labels) if f.fix == fix and f.repair_spots), None)
        if repair is not None and repair.repair_spots is not None:
            labels = labels.with_spots(repair.repair_spots(labels.spots))
            st.caption(f"Labels put right: {page.plain(repair.what)}.")
    findings = library.check_labels(source, labels)
    _findings(findings)
    for number, finding in enumerate(f for f in findings if f.repair_spots is not None):
        if st.button(page.plain(finding.fix), key=f"fix-{upload.file_id}-{len(applied)}-{number}", width="stretch"):
            applied.append(finding.fix)
            st.rerun()
    return labels


def _findings(findings: list[Finding]) -> None:
    """Findings as lines: what, why, and what to do."""
    signs = {ERROR: ("✗", "var(--tl-bad)"), WARNING: ("!", "var(--tl-warning)"), NOTE: ("·", "var(--tl-muted)")}
    for finding in findings:
        sign, colour = signs[finding.severity]
        more = ". ".join(filter(None, [finding.evidence, finding.fix]))
        st.html(
            f'<div class="tl-facts"><span style="color:{colour}">{sign}</span> {page.escape(finding.what)}</div>'
            f'<div class="tl-cap">{page.escape(more)}</div>'
        )


def _added(library: Library, path: str, classes: ClassTable, name: str, labels: Document | None) -> Match | None:
    """The match, added with its labels; None where that failed, which is shown."""
    try:
        match = library.add(path, classes)
        if labels is not None:
            count = library.take_labels(match, name, labels)
            taken = f"{count:d} true spot{'' if count == 1 else 's'} taken from {name}"
            keep_notice(_PAGE, taken, reasons_of_document(labels))
    except TouchlineError as problem:
        page.error(problem)
        return None
    return match


# --- jobs ---------------------------------------------------------------------------------------------


def _jobs(live: bool) -> None:
    if not live and _under_way():  # begun elsewhere: by another page, or on the command line
        st.rerun(scope="app")
    jobs = shared_queue().all_live(KINDS.that_need(LONG))
    with st.container(border=True, key="tl_card_jobs"):
        running = sum(j.state == "running" for j in jobs)
        counts = f"{running:d} running, {len(jobs) - running:d} queued" if jobs else "none"
        st.markdown(f"**Jobs** :gray[{counts}]")
        for job in jobs:
            st.caption(page.plain(job.title))
            if job.state == "running":
                st.progress(job.progress, text=page.progress_text(job))
            else:
                st.caption(page.progress_text(job))
            cancel, key = shared_queue().cancel, f"job-{job.id}"
            st.button("Cancel", key=key, disabled=job.cancelling, on_click=cancel, args=(job.id,))
