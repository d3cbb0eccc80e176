"""Exact cutting: every frame of a clip at its own time, re-encoded; slow motion; cards between clips.

The frames come from the table of presentation times, so a variable frame rate, an edit list and a late start cut
as they are seen. A stretch in slow motion has no sound, and says so on the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.clips.drawing import Overlay
from spotting_core.clips.film import Film, boxed, colours_of
from spotting_core.clips.freeze import Freeze, Stroke
from spotting_core.clips.selection import Clip, frame_time, frames_of
from spotting_core.domain.clock import half_clock
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import Media
from spotting_core.media.shown import shown_image
from spotting_core.media.sound import samples_at, sound_between
from spotting_core.media.times import TimeTable

SLOW_BEFORE, SLOW_AFTER = 1_500_000, 1_500_000
"""Microseconds around the spot that are slowed."""

CARD = 2_000_000
"""Microseconds that a title card stands."""

_STANDS = 500_000  # microseconds that a picture stands on the film before it is written again

Tick = Callable[[int], bool]
"""Called with the frames done of a clip; returning False cancels."""


@dataclass(frozen=True)
class Stretch:
    """Frames ``first`` to ``stop`` (exclusive) of a half, shown at a speed, after its first one has stood for a while.

    Arguments:
        freezes: as which its first frame stands before, one after the other.
    """

    first: int
    stop: int
    speed: float = 1.0
    freezes: tuple[Freeze, ...] = ()

    @property
    def still(self) -> int:
        """Microseconds that its first frame stands before."""
        return sum(freeze.length for freeze in self.freezes)

    def length(self, table: TimeTable) -> int:
        """Microseconds on the film."""
        return self.still + round((frame_time(table, self.stop) - frame_time(table, self.first)) / self.speed)


@dataclass(frozen=True)
class Cut:
    """What was written of a clip.

    Arguments:
        start, end: microseconds of the film.
        frames: written; lost: those that would not decode, and whose neighbour stands longer.
    """

    start: int
    end: int
    frames: int
    lost: int


def stretches_of(clip: Clip, table: TimeTable) -> list[Stretch]:
    """A clip's frames: at full speed or slowed around its spot, and parted where a picture is frozen."""
    parts = _speeds(clip, table)
    first, stop = parts[0].first, parts[-1].stop
    frozen: dict[int, list[Freeze]] = {}
    for freeze in clip.freezes:
        frozen.setdefault(min(max(table.shown_at(freeze.time), first), stop - 1), []).append(freeze)
    whole = []
    for part in parts:
        begins = sorted({part.first, *(number for number in frozen if part.first <= number < part.stop)})
        for begin, end in zip(begins, [*begins[1:], part.stop], strict=True):
            whole.append(Stretch(begin, end, part.speed, tuple(frozen.get(begin, ()))))
    return whole


def film_length(clip: Clip, table: TimeTable) -> int:
    """Microseconds that a clip takes on the film, without a card.

    Errors:
        BadInputError: it begins after the end of the video.
    """
    return sum(stretch.length(table) for stretch in stretches_of(clip, table))


def _speeds(clip: Clip, table: TimeTable) -> list[Stretch]:
    """A clip's frames by their speed.

    Errors:
        BadInputError: it begins after the end of the video.
    """
    first, stop = frames_of(clip, table)
    if clip.slow >= 1.0:
        return [Stretch(first, stop)]
    if clip.time is None:
        return [Stretch(first, stop, clip.slow)]
    begin = min(max(table.shown_at(max(0, clip.time - SLOW_BEFORE)), first), stop)
    end = min(max(table.shown_at(clip.time + SLOW_AFTER), begin), stop)
    parts = [Stretch(first, begin), Stretch(begin, end, clip.slow), Stretch(end, stop)]
    return [p for p in parts if p.stop > p.first]


def film_size(media: Media, lines: int | None) -> tuple[int, int]:
    """Size of a film of a video: its own, or with so many lines (the shorter side); both even.

    Pictures that are stored narrower than they are shown are written as they are shown.
    """
    width, height = media.info.shown_size
    scale = 1.0 if lines is None else lines / min(width, height)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def open_film(path: Path, media: Media, lines: int | None, sound: bool) -> Film:
    """A film for clips of a video, and of others like it.

    Errors:
        BadInputError: the video shows nothing.
    """
    rate = Fraction(round(1e9 / media.table.frame_step), 1000)
    for _, frame in numbered_frames(media.path, media.table):
        return Film(path, film_size(media, lines), rate, sound, colours_of(frame))
    raise BadInputError("no frame of this video can be decoded", where=media.path)


def add_clip(
    film: Film,
    media: Media,
    clip: Clip,
    at: int,
    *,
    card: np.ndarray | None = None,
    overlay: Overlay | None = None,
    tick: Tick | None = None,
) -> Cut:
    """Write a clip from ``at`` (microseconds of the film) on.

    Arguments:
        card: shown before it, once it is sure that there is something to show after it.

    Errors:
        BadInputError: it lies past the end of the video, or none of its frames decodes.
        CancelledError: ``tick`` returned False.
    """
    stretches = stretches_of(clip, media.table)
    frames = _between(media, stretches[0].first, stretches[-1].stop)
    last = next(frames, None)
    if last is None:
        raise BadInputError(f"no frame of the clip at {half_clock(clip.moment, 0)} can be decoded", where=media.path)
    begin = at if card is None else _add_card(film, card, at)
    placed = _Places(media.table, stretches, begin)
    sound = _Sound(film, media, stretches, begin)
    start, done = begin, 1  # if its first frame is lost, the next one stands from the beginning
    for number, frame in frames:
        until = placed.start(number)
        _show(film, media, overlay, placed, last, (start, until))
        sound.up_to(until)
        start, done, last = until, done + 1, (number, frame)
        if tick is not None and not tick(done):
            raise CancelledError("the export was cancelled")
    _show(film, media, overlay, placed, last, (start, placed.end))
    sound.up_to(placed.end)
    film.silence_until(placed.end)
    return Cut(begin, placed.end, done, stretches[-1].stop - stretches[0].first - done)


def _add_card(film: Film, card: np.ndarray, at: int) -> int:
    """Show a card, in silence; returns where the film stands then."""
    _stand(film, film.as_frame(card), at, at + CARD)
    film.silence_until(at + CARD)
    return at + CARD


def _stand(film: Film, frame: av.VideoFrame, start: int, end: int) -> None:
    """Show one picture for long, as several: one that stands for long is hard to seek to."""
    count = max(1, round((end - start) / _STANDS))
    for part in range(count):
        film.picture(frame, start + part * (end - start) // count, start + (part + 1) * (end - start) // count)


def _show(
    film: Film,
    media: Media,
    overlay: Overlay | None,
    placed: _Places,
    numbered: tuple[int, av.VideoFrame],
    span: tuple[int, int],
) -> None:
    """Show a frame for a while, and frozen where that begins meanwhile.

    A frame that is to be frozen and would not decode is drawn on its neighbour, which stands in its place.
    """
    start, until = span
    number, frame = numbered
    for begin, freeze in placed.frozen_from(start, until):
        if begin > start:
            film.picture(_drawn(film, media, overlay, placed, number, frame), start, begin)
        start = begin + freeze.length
        _stand(film, _drawn(film, media, overlay, placed, number, frame, freeze.strokes), begin, start)
    film.picture(_drawn(film, media, overlay, placed, number, frame), start, until)


def _between(media: Media, first: int, stop: int) -> Iterator[tuple[int, av.VideoFrame]]:
    for number, frame in numbered_frames(media.path, media.table, start=first):
        if number >= stop:
            return
        yield number, frame


def _drawn(
    film: Film,
    media: Media,
    overlay: Overlay | None,
    placed: _Places,
    number: int,
    frame: av.VideoFrame,
    strokes: Sequence[Stroke] = (),
) -> av.VideoFrame:
    """The frame as the film shows it, with what is drawn on it."""
    speed = placed.speed(number)
    if overlay is None or not (overlay.layers or speed < 1.0 or strokes):
        return frame
    image = boxed(shown_image(frame), film.size)
    return film.as_frame(overlay.draw(image, int(media.table.times[number]), speed, strokes))


class _Places:
    """Where the frames of a clip come on the film."""

    def __init__(self, table: TimeTable, stretches: list[Stretch], at: int) -> None:
        self._table, self._stretches = table, stretches
        self._begins = [at]
        for stretch in stretches:
            self._begins.append(self._begins[-1] + stretch.length(table))

    @property
    def end(self) -> int:
        return self._begins[-1]

    def speed(self, number: int) -> float:
        return self._of(number)[0].speed

    def frozen_from(self, start: int, until: int) -> Iterator[tuple[int, Freeze]]:
        """Frozen pictures that begin in a part of the film, and where."""
        for stretch, begin in zip(self._stretches, self._begins, strict=False):
            for freeze in stretch.freezes:
                if start <= begin < until:
                    yield begin, freeze
                begin += freeze.length

    def start(self, number: int) -> int:
        """Where a frame comes; one that is frozen first stands from there on."""
        stretch, begin = self._of(number)
        if number > stretch.first:
            begin += stretch.still
        inside = frame_time(self._table, number) - frame_time(self._table, stretch.first)
        return begin + round(inside / stretch.speed)

    def _of(self, number: int) -> tuple[Stretch, int]:
        return next((s, b) for s, b in zip(self._stretches, self._begins, strict=False) if number < s.stop)


class _Sound:
    """The sound of a clip's stretches, written as far as the pictures are."""

    def __init__(self, film: Film, media: Media, stretches: list[Stretch], at: int) -> None:
        self._film, self._blocks = film, self._made(film, media, stretches, at)
        film.silence_until(at)

    @staticmethod
    def _made(film: Film, media: Media, stretches: list[Stretch], at: int) -> Iterator[tuple[int, np.ndarray | None]]:
        """Blocks of sound, or None for silence, with the film's time up to which each goes."""
        table = media.table
        for stretch in stretches:
            end = at + stretch.length(table)
            if stretch.still:
                yield at + stretch.still, None
            if stretch.speed < 1.0 or media.info.audio is None:
                yield end, None
            else:
                start, stop = (table.start + frame_time(table, n) for n in (stretch.first, stretch.stop))
                for block in sound_between(media.path, start, stop, table.breaks):
                    yield end, block
                yield end, None
            at = end

    def up_to(self, time: int) -> None:
        if not self._film.has_sound:
            return
        while self._film.heard < samples_at(time):
            next_block = next(self._blocks, None)
            if next_block is None:
                return
            end, block = next_block
            if block is None:
                self._film.silence_until(end)
            else:
                self._film.hear([block])
