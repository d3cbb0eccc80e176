"""Exporting clips: one file each or one reel, a manifest, and the same selection for other programs.

The clips may be of several matches. One that fails is told in the manifest and loses none of the others. A cancelled
export keeps the clips that were finished; a reel is whole or not there.
"""

from __future__ import annotations

import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

import av.error
import numpy as np

from spotting_core.base.errors import BadInputError, CancelledError, TouchlineError, cannot_write
from spotting_core.base.files import replacing
from spotting_core.clips.copying import copy_clip, suffix_of_copy
from spotting_core.clips.cutting import Tick, add_clip, open_film
from spotting_core.clips.drawing import BOXES, MAP, Overlay, can_draw, title_card
from spotting_core.clips.estimate import Cost
from spotting_core.clips.film import Film
from spotting_core.clips.manifest import DONE, FAILED, MANIFEST, SHORTENED, Result, write_companions, write_manifest
from spotting_core.clips.names import clip_name, reel_name
from spotting_core.clips.order import Order
from spotting_core.clips.selection import Clip, frame_time, frames_of
from spotting_core.clips.sources import Footage, Sources
from spotting_core.media.empty_edits import empty_stretches
from spotting_core.media.ingest import Media
from spotting_core.samples.progress import Pace, ReportProgress

ZIP = "clips.zip"
_REPORT_EVERY = 10  # frames
_PLAIN_COLOUR = "#808C9B"


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Arguments:
        folder: where; files: names in it.
        results: of the clips, in their order.
        film: microseconds of all films that were encoded; pixels: of their pictures.
    """

    folder: Path
    files: tuple[str, ...]
    results: tuple[Result, ...]
    film: int = 0
    pixels: int = 0

    @property
    def failed(self) -> list[Result]:
        """Clips that are not there as they were asked for."""
        return [r for r in self.results if r.state != DONE]

    def cost(self, seconds: float, drawn: bool) -> Cost:
        """What it cost, having taken some seconds; ``drawn`` on or not."""
        size = sum((self.folder / name).stat().st_size for name in self.files)
        return Cost(self.film / 1e6, self.pixels, size, seconds, drawn)

    def as_json(self) -> dict[str, Any]:
        """The files, and what became of each clip; times in seconds of the half."""
        return {"folder": str(self.folder), "files": list(self.files), "clips": [r.as_json() for r in self.results]}


def export_clips(order: Order, sources: Sources, out: Path, report: ReportProgress | None = None) -> Exported:
    """Export clips into a folder (made if need be).

    Errors:
        BadInputError: not one clip could be exported, or what is to be drawn was not analysed.
        CancelledError: ``report`` returned False; clips that were finished are kept, with their manifest.
    """
    if order.layers & {MAP, BOXES}:
        for match in dict.fromkeys(clip.match for clip in order.clips):
            _check_drawable(sources.footage.get(match))
    with _folder(out):
        return _exported(order, sources, out, report)


def _check_drawable(footage: Footage | None) -> None:
    if footage is None or footage.problem:
        return  # its clips fail by themselves
    if footage.analysis is None:
        raise BadInputError(
            "the map and the boxes are those of an analysis, and there is none",
            where=footage.title or None,
            fix="Analyse the match",
        )
    if not can_draw(footage.analysis):
        raise BadInputError(
            f"the model {footage.analysis.record.model['name']} has neither a map nor boxes",
            fix="Export without them, or analyse the match with another model",
        )


@contextmanager
def _folder(out: Path) -> Iterator[None]:
    """Make a folder; it is taken away again if nothing was written to it.

    Errors:
        BadInputError: it cannot be made.
    """
    new: list[Path] = []
    try:
        try:
            new = [place for place in (out, *out.parents) if not place.exists()]
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(error, out) from error
        yield
    finally:
        for place in new:
            with suppress(OSError):  # there is something in it, or it was not made
                place.rmdir()


def _exported(order: Order, sources: Sources, out: Path, report: ReportProgress | None) -> Exported:
    work = out / f".{uuid.uuid4().hex[:8]}.part" if order.zipped else out
    run = _Run(order, sources, work, report)
    try:
        cancelled = run.cut()
        kept = [r for r in run.results if r.file is not None]
        if cancelled and not kept:
            raise CancelledError("the export was cancelled", fix="Nothing was kept")
        if not kept:
            raise BadInputError(f"not one clip could be exported: {run.results[0].error.rstrip('.')}")
        files = list(dict.fromkeys(r.file for r in kept if r.file is not None))
        files += write_companions(work, order, [r.clip for r in kept], sources)
        write_manifest(work / MANIFEST, order, run.results)
        files.append(MANIFEST)
        if order.zipped:
            _zip(work, files, out / ZIP)
            files = [ZIP]
    finally:
        if order.zipped:
            shutil.rmtree(work, ignore_errors=True)
    if cancelled:
        raise CancelledError(
            f"the export was cancelled after {len(kept)} of {len(order.clips)} clips", where=out, fix="Those are kept"
        )
    return Exported(out, tuple(files), tuple(run.results), run.film, run.pixels)


def _zip(folder: Path, files: list[str], target: Path) -> None:
    """Videos do not get smaller: they are only put together."""
    with replacing(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
        for name in files:
            packed.write(folder / name, name)


class _Run:
    """One export under way."""

    def __init__(self, order: Order, sources: Sources, folder: Path, report: ReportProgress | None) -> None:
        self._order, self._sources, self._folder, self._report = order, sources, folder, report
        self.results: list[Result] = []
        self.film = self.pixels = 0  # that were encoded
        self._empty: dict[Path, list[tuple[int, int]]] = {}
        self._frames = [self._count(clip) for clip in order.clips]
        first = self._first()
        self._pace = Pace(sum(self._frames), 1e6 / first.table.frame_step if first else 1.0)

    def _first(self) -> Media | None:
        """The video of the first clip that has one."""
        for clip in self._order.clips:
            footage = self._sources.footage.get(clip.match)
            if footage is not None and clip.half in footage.media:
                return footage.media[clip.half]
        return None

    def cut(self) -> bool:
        """Write the clips; True if that was cancelled."""
        try:
            if self._order.reel:
                self._reel()
            else:
                for number, clip in enumerate(self._order.clips, start=1):
                    self.results.append(self._tried(number, clip, self._one))
        except CancelledError:
            if self._order.reel:
                self.results.clear()
            return True
        return False

    def _count(self, clip: Clip) -> int:
        try:
            first, stop = frames_of(clip, self._media(clip).table)
        except BadInputError:
            return 0
        return stop - first

    def _tried(self, number: int, clip: Clip, cut: Callable[[int, Clip], Result]) -> Result:
        """A clip's result, or how it failed."""
        done = self._pace.done
        try:
            return self._named(cut(number, clip))
        except CancelledError:
            raise
        except TouchlineError as error:
            return self._named(Result(number, clip, FAILED, error=str(error)))
        except (av.error.FFmpegError, OSError) as error:
            what = error.strerror or type(error).__name__
            return self._named(Result(number, clip, FAILED, error=f"The clip could not be written: {what}."))
        finally:
            self._pace.advance(done + self._frames[number - 1] - self._pace.done)

    def _named(self, result: Result) -> Result:
        """A result that says of which match it is."""
        footage = self._sources.footage.get(result.clip.match)
        if footage is None:
            return result
        media = footage.media.get(result.clip.half)
        named = replace(result, match=footage.title, clock=footage.clock(result.clip))
        if media is None:
            return named
        return replace(named, video=f"{media.path.parent.name}/{media.path.name}", unshown=self._unshown(media, result))

    def _unshown(self, media: Media, result: Result) -> tuple[tuple[int, int], ...]:
        """What a clip has, or was to have, of the stretches in which its file shows nothing."""
        if media.path not in self._empty:
            self._empty[media.path] = empty_stretches(media)
        start = result.clip.start if result.starts is None else result.starts
        end = result.clip.end if result.ends is None else result.ends
        return tuple((a, b) for a, b in self._empty[media.path] if a < end and start < b)

    def _tick(self, number: int) -> Tick:
        """Counts a clip's frames and tells how far the export is."""
        before, stage = self._pace.done, f"Clip {number} of {len(self._order.clips)}"

        def tick(done: int) -> bool:
            if done % _REPORT_EVERY and done > 1:
                return True
            self._pace.advance(before + done - self._pace.done)
            return self._report is None or self._report(self._pace.progress(stage))

        return tick

    def _media(self, clip: Clip) -> Media:
        return self._sources.of(clip).half(clip.half)

    # --- one file each ----------------------------------------------------------------------------------

    def _one(self, number: int, clip: Clip) -> Result:
        media, tick = self._media(clip), self._tick(number)
        if not tick(0):
            raise CancelledError("the export was cancelled")
        if self._order.fast:
            name = f"{self._name(number, clip)}{suffix_of_copy(media, sound=self._order.sound)}"
            with replacing(self._folder / name) as part:
                copied = copy_clip(media, clip, part, sound=self._order.sound)
            sound = self._heard(media, clip)
            return Result(number, clip, DONE, name, copied.start, copied.end, sound=sound)
        name = f"{self._name(number, clip)}.mp4"
        with replacing(self._folder / name) as part, self._film(part, media) as film:
            cut = add_clip(film, media, clip, 0, overlay=self._overlay(media, clip), tick=tick)
        return Result(
            number, clip, DONE, name, *self._shown(media, clip), sound=self._heard(media, clip), lost=cut.lost
        )

    def _name(self, number: int, clip: Clip) -> str:
        """Of a file that no clip before has."""
        name = clip_name(self._order.names, number, len(self._order.clips), clip, self._sources)
        taken = {Path(result.file).stem for result in self.results if result.file is not None}
        return next(free for free in chain([name], (f"{name}-{n}" for n in count(2))) if free not in taken)

    @property
    def _reel_file(self) -> str:
        return f"{reel_name(self._order.names, len(self._order.clips), self._sources)}.mp4"

    # --- one reel ---------------------------------------------------------------------------------------

    def _reel(self) -> None:
        first = self._first()
        if first is None:
            raise BadInputError(self._first_problem())
        with replacing(self._folder / self._reel_file) as part, self._film(part, first) as film:
            for number, clip in enumerate(self._order.clips, start=1):
                self.results.append(self._joined(film, number, clip))
            if not film.position:
                raise BadInputError(f"not one clip could be exported: {self.results[0].error.rstrip('.')}")

    def _first_problem(self) -> str:
        """What is wrong with the first clip, where no clip has a video."""
        try:
            self._media(self._order.clips[0])
        except BadInputError as error:
            return f"not one clip could be exported: {error.what}"
        return "not one clip could be exported"

    def _joined(self, film: Film, number: int, clip: Clip) -> Result:
        """Write a clip at the end of the reel; one that fails half way stays as far as it came."""
        before = film.position

        def cut(number: int, clip: Clip) -> Result:
            media = self._media(clip)
            card = self._card(film, media, clip) if self._order.cards else None
            tick, overlay = self._tick(number), self._overlay(media, clip)
            done = add_clip(film, media, clip, before, card=card, overlay=overlay, tick=tick)
            return Result(
                number, clip, DONE, self._reel_file, *self._shown(media, clip), reel=done.start,
                sound=self._heard(media, clip), lost=done.lost,
            )  # fmt: skip

        result = self._tried(number, clip, cut)
        if result.state == FAILED and film.position > before:
            return replace(result, state=SHORTENED, file=self._reel_file, reel=before)
        return result

    def _card(self, film: Film, media: Media, clip: Clip) -> np.ndarray:
        footage = self._sources.of(clip)
        team = footage.teams.get(clip.team, "")
        silence = ", no sound there" if self._has_sound(media) else ""
        slow = f"{clip.slow:.0%} speed around the spot{silence}" if clip.slow < 1.0 else ""
        title = clip.caption or footage.short(clip.label)
        lines = [title, ", ".join(filter(None, [footage.clock(clip), team])), footage.title, slow]
        known = clip.label in footage.classes
        colour = footage.classes.get(clip.label).colour_dark if known else _PLAIN_COLOUR
        return title_card(film.size, self._sources.look, colour, [line for line in lines if line])

    # --- what both need ---------------------------------------------------------------------------------

    @contextmanager
    def _film(self, path: Path, media: Media) -> Iterator[Film]:
        videos = [m for f in self._sources.footage.values() for m in f.media.values()]
        heard = self._order.sound and any(m.info.audio for m in videos)
        film = open_film(
            path, media, self._order.lines, heard if self._order.reel else heard and bool(media.info.audio)
        )
        try:
            yield film
        except BaseException:
            film.abandon()
            raise
        film.close()
        self.film += film.position
        self.pixels = film.size[0] * film.size[1]

    def _overlay(self, media: Media, clip: Clip) -> Overlay | None:
        if not self._order.layers and clip.slow >= 1.0 and not clip.freezes:
            return None
        footage = self._sources.of(clip)
        caption, clock = footage.caption(clip), footage.clock(clip)
        return Overlay(
            self._sources.look, clip, self._order.layers, caption, clock, footage.analysis, self._has_sound(media)
        )

    def _has_sound(self, media: Media) -> bool:
        """Whether what is cut of a video is heard where it runs at full speed."""
        return self._order.sound and bool(media.info.audio)

    def _shown(self, media: Media, clip: Clip) -> tuple[int, int]:
        first, stop = frames_of(clip, media.table)
        return frame_time(media.table, first), frame_time(media.table, stop)

    def _heard(self, media: Media, clip: Clip) -> str:
        """Whether a clip has sound, in words."""
        if not media.info.audio:
            return "none in the video"
        if not self._order.sound:
            return "left out"
        silent = [*(["in slow motion"] if clip.slow < 1.0 else []), *(["where it stands"] if clip.freezes else [])]
        return f"kept, none {' and '.join(silent)}" if silent else "kept"
