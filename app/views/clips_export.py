"""The rail of the Clips view that asks for an export, and the list of exports with their progress and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.library.library import Match
from app.library.roots import source_of
from app.library.video_reading import VIDEOS
from app.state import shared_queue, shared_settings
from app.views import page
from app.views.shown import link
from app.work.clip_export import CLIPS, Outcome, clips_parameters
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.clips.copying import copy_start
from spotting_core.clips.cutting import film_size
from spotting_core.clips.drawing import BOXES, CAPTION, MAP, can_draw
from spotting_core.clips.estimate import estimated
from spotting_core.clips.names import FIELDS, REEL, REEL_FIELDS
from spotting_core.clips.order import COMPANIONS, SIZES, Order
from spotting_core.clips.selection import Clip
from spotting_core.formats.registry import FORMATS
from spotting_core.jobs.queue import CANCELLED, FAILED, Job
from spotting_core.media.ingest import Media
from spotting_core.store.space import size_text

_REEL, _EACH = "One reel", "One file each"
_EXACT, _FAST = "Exact", "Fast"
_MOST_SHOWN = 6
_OWN_SIZE = 0
_NAMES = {"sportscode": "Sportscode XML", "otio": "OpenTimelineIO"}


def export_card(match: Match, analysis: Analysis | None, media: Mapping[int, Media], clips: Sequence[Clip]) -> None:
    """What to export and how; the button queues it."""
    with st.container(border=True, key="tl_card_export", gap="small"):
        st.html('<div class="tl-card-title">Export</div>')
        form = st.segmented_control(
            "Files", [_REEL, _EACH], default=_REEL, required=True, label_visibility="collapsed", width="stretch",
            key="clips_form",
        )  # fmt: skip
        fast = form == _EACH and _way(media, clips)
        lines = film_lines(next(iter(media.values())), "clips_size", fast=fast)
        cards = form == _REEL and st.toggle("Title cards", value=True, key="clips_cards")
        drawable = analysis is not None and can_draw(analysis)
        drawing = not fast and drawable and st.toggle("Draw map and boxes", key="clips_drawing")
        caption = not fast and st.toggle("Caption on the picture", key="clips_caption")
        sound = _sound(media, fast, clips)
        companions = tuple(
            form
            for form in COMPANIONS
            if st.checkbox(
                f"Also write {page.plain(_NAMES.get(form, FORMATS[form].title))}", value=True, key=f"clips_also_{form}"
            )
        )
        names = file_names(form == _REEL, "clips_names")
        layers = frozenset([*((MAP, BOXES) if drawing else ()), *((CAPTION,) if caption else ())])
        order = order_of(
            clips, reel=form == _REEL, fast=fast, lines=lines, cards=cards, layers=layers, sound=sound,
            companions=companions, zipped=form == _EACH, names=names,
        )  # fmt: skip
        if order is not None:
            say_before(order, {("", half): video for half, video in media.items()})
        if (
            st.button(f"Export {page.clips(len(clips))}", type="primary", width="stretch", disabled=order is None)
            and order is not None
        ):
            _ask(match, analysis, order)


def _way(media: Mapping[int, Media], clips: Sequence[Clip]) -> bool:
    """Whether to copy instead of encoding; each way says what it costs."""
    way = st.radio(
        "Cutting", [_EXACT, _FAST], label_visibility="collapsed", key="clips_way",
        captions=["Cut to the frame, re-encoded", page.plain(_how_early(media, clips))],
    )  # fmt: skip
    return way == _FAST


def _how_early(media: Mapping[int, Media], clips: Sequence[Clip]) -> str:
    try:
        for part in {clip.half for clip in clips} & set(media):
            VIDEOS.key_times(media[part])
        early = max((c.start - copy_start(media[c.half], c) for c in clips if c.half in media), default=0)
    except TouchlineError:
        return "Copied; some clips have no key frame before them"
    return f"Copied, starts up to {early / 1e6:.1f} s before the in point"


def film_lines(first: Media, key: str, *, fast: bool = False) -> int | None:
    """Choose the size of the film by its lines; None for that of its first video."""
    if fast:
        st.html('<div class="tl-cap">Size as it is</div>')
        return None
    own, *scaled = (film_size(first, lines) for lines in (None, *SIZES))
    names = {_OWN_SIZE: f"{own[0]} × {own[1]}, source"}
    names |= {lines: f"{w} × {h}" for lines, (w, h) in zip(SIZES, scaled, strict=True) if (w, h) != own}
    choice = st.selectbox("Size", list(names), format_func=lambda n: names[n], key=key)
    return None if choice == _OWN_SIZE else int(choice)


def _sound(media: Mapping[int, Media], fast: bool, clips: Sequence[Clip]) -> bool:
    heard = {half for half, video in media.items() if video.info.audio}
    if not heard:
        st.html('<div class="tl-cap">Sound: the source has none</div>')
        return False
    sound = st.toggle("Sound", value=True, key="clips_sound")
    if sound and not fast and any(c.slow < 1.0 and c.half in heard for c in clips):
        st.html('<div class="tl-cap">None where the picture is slow</div>')
    return sound


def file_names(reel: bool, key: str) -> str:
    """Give the pattern of the files' names."""
    usual = REEL if reel else "{number}_{class}_{time}"
    fields = ", ".join(f"{{{name}}}" for name in (REEL_FIELDS if reel else FIELDS))
    return st.text_input(
        "Name of the file" if reel else "Names of the files", placeholder=usual, key=f"{key}_{reel}",
        help=page.plain(f"May hold {fields}."), max_chars=120,
    ).strip()  # fmt: skip


def order_of(clips: Sequence[Clip], **settings: Any) -> Order | None:
    """What is to be exported, or None where that cannot be; it says why."""
    if not clips:
        return None
    try:
        return Order(tuple(clips), **settings)
    except TouchlineError as problem:
        page.error(problem)
        return None


def say_before(order: Order, media: Mapping[tuple[str, int], Media]) -> None:
    """How long the film will be, how large, how long it takes.

    Arguments:
        media: see ``estimated``.
    """
    try:
        before = estimated(order, media, CLIPS.costs(shared_settings().data))
    except TouchlineError:
        return  # the clip that fails says so when it is cut
    took = page.length(round(before.seconds * 1e6))
    words = [page.length(before.film), f"about {size_text(before.size)}", f"about {took} to make"]
    st.html(f'<div class="tl-cap" data-estimate>{", ".join(words)}</div>')


def videos_of(matches: Mapping[str, Match]) -> dict[tuple[str, int], Media]:
    """The videos of some matches, by match and half; what cannot be read is left out, which its clips tell when they
    fail."""
    videos: dict[tuple[str, int], Media] = {}
    for name, match in matches.items():
        with suppress(TouchlineError):
            videos |= {
                (name, h.half): VIDEOS.ingest(h.path, shared_settings().data) for h in source_of(match.path).halves
            }
    return videos


def _ask(match: Match, analysis: Analysis | None, order: Order) -> None:
    kind = "reel" if order.reel else "files"
    parameters = clips_parameters({"": (match, analysis)}, order, f"{page.clips(len(order.clips))}, {kind}")
    CLIPS.ask(shared_queue(), parameters, match.id)
    st.rerun()


# --- the exports --------------------------------------------------------------------------------------


def exports_card(match_id: str | None, most: int = _MOST_SHOWN) -> None:
    """Exports of a match, or those of the Search view (None), the newest first."""
    jobs = shared_queue().of_match(match_id, CLIPS.name, most)
    live = any(job.live for job in jobs)
    st.fragment(run_every=1.0 if live else None)(_exports)(match_id, most, live)


def _exports(match_id: str | None, most: int, was_live: bool) -> None:
    jobs = shared_queue().of_match(match_id, CLIPS.name, most)
    if was_live and not any(job.live for job in jobs):
        st.rerun(scope="app")
    shown = [(job, None if job.live else CLIPS.outcome(job, shared_settings().data)) for job in jobs]
    shown = [(job, left) for job, left in shown if job.live or left is not None or job.state in (FAILED, CANCELLED)]
    if not shown:
        return
    with st.container(border=True, key="tl_card_exports", gap="small"):
        st.html('<div class="tl-card-title">Exports</div>')
        for job, left in shown:
            _under_way(job) if job.live else _ended(job, left)


def _export_line(name: str) -> DeltaGenerator:
    """A line that begins with the name of an export; a button after it is as wide as its word."""
    line = st.container(horizontal=True, vertical_alignment="center", gap="small")
    line.html(f'<div class="tl-name">{page.escape(name)}</div>', width="stretch")
    return line


def _under_way(job: Job) -> None:
    with _export_line(job.title):
        label = "Cancelling" if job.cancelling else "Cancel"
        if st.button(label, key=f"cancel-{job.id}", disabled=job.cancelling):
            shared_queue().cancel(job.id)
            st.rerun(scope="fragment")
    left = f", {page.length(int(job.remaining * 1e6))} left" if job.remaining is not None else ""
    waiting = f"Queued, {job.ahead:d} ahead" if job.ahead else "Starting"
    st.progress(job.progress, text=f"{page.plain(job.stage)}{left}" if job.stage else waiting)


def _ended(job: Job, left: Outcome | None) -> None:
    word = {FAILED: "failed", CANCELLED: "cancelled"}.get(job.state, "")
    with _export_line(", ".join(filter(None, [job.title, word]))):
        if left is not None and st.button("Delete", key=f"delete-{job.id}"):
            CLIPS.delete(job, shared_settings().data)
            st.rerun(scope="fragment")
    if job.error:
        st.html(f'<div class="tl-facts">{page.escape(job.error)}</div>')
    if left is None:
        return
    if job.state == CANCELLED:
        st.html('<div class="tl-facts">The clips that were finished are kept.</div>')
    links = [
        f'<a class="tl-save" download href="{link("download", path)}">'
        f"{page.escape(path.name)}</a> <span>{size_text(path.stat().st_size)}</span>"
        for path in left.files
    ]
    st.html("".join(f'<div class="tl-facts">{text}</div>' for text in links))
    for clip in left.clips:
        of = f", {clip['match']}," if job.match_id is None and clip.get("match") else ""
        for warning in clip.get("warnings", ()):  # exports before there were any have none
            _warn(f"Clip {clip['number']}{of}: {warning}")
        if not clip["error"]:
            continue
        _warn(f"Clip {clip['number']}{of} {clip['state']}: {clip['error']}")
    if left.failed and st.button("Retry what failed", key=f"retry-{job.id}"):
        _retry(job, left)


def _warn(sentence: str) -> None:
    st.html(f'<div class="tl-facts">{page.escape(f"⚠ {sentence}")}</div>')


def _retry(job: Job, left: Outcome) -> None:
    parameters = CLIPS.read(job)
    order = Order.from_json(parameters.order)
    numbers = {int(clip["number"]) for clip in left.failed}
    again = tuple(clip for number, clip in enumerate(order.clips, start=1) if number in numbers)
    CLIPS.ask(
        shared_queue(), parameters.again(replace(order, clips=again), f"{page.clips(len(again))} again"), job.match_id
    )
    st.rerun(scope="app")
