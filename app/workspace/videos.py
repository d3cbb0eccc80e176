"""The halves of a match as the workspace plays them: their videos, prepared for the browser, and their arrays."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.library.roots import source_of
from app.state import shared_queue, shared_reading, shared_settings
from app.views.shown import link
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.errors import TouchlineError
from spotting_core.domain.parts import Parts
from spotting_core.jobs.playback import PLAYBACK, PlaybackParameters
from spotting_core.jobs.queue import FAILED
from spotting_core.media.ingest import Media
from spotting_core.media.playback import playback_file


def halves_data(match: Match, analysis: Analysis) -> list[dict[str, Any]]:
    """What the browser needs of each analysed half."""
    videos, problem = _videos(match, analysis)
    halves = []
    for half in analysis.halves:
        record = half.record
        media = videos.get(record.half)
        playable = playback_file(media) if media is not None else None
        halves.append({
            "half": record.half,
            "duration": record.duration / 1e6,
            "width": record.width,
            "height": record.height,
            "frameRate": record.frame_rate,
            "video": link("media", playable) if playable else None,
            "note": problem or video_note(match, analysis.classes.parts, media is not None),
            "poster": link("media", media.poster) if media else None,
            "times": link("times", media.path, "frames") if media else None,
            "picture": link("picture", media.path, "frames") if media else None,
            "array": link("array", half.folder, "half"),
        })  # fmt: skip
    return halves


def _videos(match: Match, analysis: Analysis) -> tuple[dict[int, Media], str]:
    """The videos of an analysis by half; where they cannot be shown, none and the reason."""
    try:
        source = source_of(match.path)
        read = {h.half: shared_reading().media(h.path) for h in source.halves}
    except TouchlineError as problem:
        return {}, str(problem)
    videos = {half: media for half, media in read.items() if media is not None}
    if len(videos) < len(read):
        return {}, f"{next(shared_reading().progress(h.path) for h in source.halves if read[h.half] is None)}."
    if len(videos) == len(analysis.halves) and source.content_hash(shared_settings().data) != analysis.record.source_id:
        return {}, f"The video in {match.path} is another one than was analysed."
    return videos, ""


def prepare_videos(match: Match, analysis: Analysis) -> None:
    """Have what the browser cannot play prepared."""
    videos, _ = _videos(match, analysis)
    if any(playback_file(media) is None for media in videos.values()):
        prepare_once(match)


def prepare_once(match: Match) -> None:
    """Have the video prepared, unless that was tried and failed."""
    job = shared_queue().recent(match.id, PLAYBACK.name)
    if job is None or job.state != FAILED:
        PLAYBACK.ask(shared_queue(), PlaybackParameters(str(match.path), match.title), match.id)


def video_note(match: Match, parts: Parts, there: bool, analysed: bool = True) -> str:
    """Why there is no picture."""
    if not there:
        return f"The video of this {parts.name} is no longer in {match.path}."
    job = shared_queue().recent(match.id, PLAYBACK.name)
    if job is not None and job.state == FAILED:
        return f"The video could not be prepared for the browser. {job.error}"
    share = f" {job.progress:.0%}" if job is not None and job.state == "running" else ""
    ready = " Spots and confidence are ready." if analysed else ""
    return f"The video is being prepared for the browser{share}.{ready}"
