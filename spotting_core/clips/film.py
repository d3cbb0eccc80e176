"""An mp4 that is being written: pictures at their own times, and sound beside them.

Pictures are H.264 without B-frames, so that the file begins at 0 for every player and editor; sound is AAC. What
is written is encoded at once; nothing but the present picture is held.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from spotting_core.media.shown import orientation, shown_image, shown_size, stored_aspect
from spotting_core.media.sound import CHANNELS, RATE, samples_at

_CLOCK = 90_000  # ticks per second of the pictures
_X264 = {"preset": "veryfast", "crf": "20", "bf": "0"}
_SOUND_BITS = 160_000
_BLOCK = 1024  # samples of one AAC frame
_LIMITED, _BT601, _BT709, _UNSAID = 1, 5, 1, 2  # ffmpeg's numbers of a range and of colour spaces
_ASPECT = 0.01  # by which two shapes may differ and still count as one

Colours = tuple[int, int, int]
"""Primaries, transfer and space, by ffmpeg's numbers."""


class Film:
    """Written front to back: each picture later than the one before, sound up to any time.

    Arguments:
        size: width and height in pixels, both even.
        rate: frames a second, a hint for the encoder's rate control.
        sound: whether there is a sound track.
        colours: of the pictures that will come.
    """

    def __init__(self, path: Path, size: tuple[int, int], rate: Fraction, sound: bool, colours: Colours) -> None:
        self.size, self.colours = size, colours
        self._out = av.open(str(path), "w", "mp4", options={"movflags": "faststart"})
        self._video = self._out.add_stream("libx264", rate=rate, options=_X264)
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        context = self._video.codec_context
        self._video.time_base = context.time_base = Fraction(1, _CLOCK)
        context.color_range = _LIMITED
        context.color_primaries, context.color_trc, context.colorspace = colours
        self._sound = self._out.add_stream("aac", rate=RATE, layout="stereo", bit_rate=_SOUND_BITS) if sound else None
        self._durations: dict[int, int] = {}
        self._samples = 0
        self._waiting = np.zeros((CHANNELS, 0), np.float32)
        self._shown = 0

    @property
    def position(self) -> int:
        """Microseconds up to which there is a picture or sound: where the next clip can begin."""
        heard = self.heard * 1e6 / RATE
        return self._shown if heard - self._shown < 1e6 / RATE else round(heard)

    @property
    def has_sound(self) -> bool:
        return self._sound is not None

    def picture(self, frame: av.VideoFrame, start: int, end: int) -> None:
        """Show a picture from ``start`` to ``end`` (microseconds of the film)."""
        sized = self._fitted(frame)
        sized.pts, sized.time_base = _ticks(start), Fraction(1, _CLOCK)
        sized.pict_type = 0  # the encoder decides, not the picture's former place
        self._durations[sized.pts] = _ticks(end) - _ticks(start)
        self._mux(self._video.encode(sized))
        self._shown = end

    def as_frame(self, image: np.ndarray) -> av.VideoFrame:
        """An RGB picture in the film's colours."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        return frame.reformat(format="yuv420p", dst_colorspace=_conversion(self.colours), dst_color_range=_LIMITED)

    def hear(self, blocks: Iterable[np.ndarray]) -> None:
        """Add sound, float32 (2, n), after what was added before."""
        if self._sound is None:
            return
        for block in blocks:
            self._waiting = np.concatenate([self._waiting, block], axis=1)
            while self._waiting.shape[1] >= _BLOCK:
                self._encode_sound(_BLOCK)

    def silence_until(self, time: int) -> None:
        """Fill up with silence to a time of the film (microseconds)."""
        missing = samples_at(time) - self.heard
        while missing > 0:
            part = min(missing, RATE)
            self.hear([np.zeros((CHANNELS, part), np.float32)])
            missing -= part

    @property
    def heard(self) -> int:
        """Samples of sound so far."""
        return self._samples + self._waiting.shape[1]

    def close(self) -> None:
        """Write what the encoders hold, and the index."""
        self._mux(self._video.encode(None))
        if self._sound is not None:
            if self._waiting.shape[1]:
                self._encode_sound(self._waiting.shape[1])
            self._out.mux(self._sound.encode(None))
        self._out.close()

    def abandon(self) -> None:
        """Let go of the file; what is in it is of no use."""
        self._out.close()

    def _encode_sound(self, count: int) -> None:
        assert self._sound is not None
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(self._waiting[:, :count]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._samples, Fraction(1, RATE)
        self._out.mux(self._sound.encode(frame))
        self._waiting = self._waiting[:, count:]
        self._samples += count

    def _mux(self, packets: list[av.Packet]) -> None:
        for packet in packets:
            duration = self._durations.pop(packet.pts, None) if packet.pts is not None else None
            if duration is not None:
                packet.duration = duration
            self._out.mux(packet)

    def _fitted(self, frame: av.VideoFrame) -> av.VideoFrame:
        """A frame upright and at the film's size; one of another shape gets black bars."""
        width, height = self.size
        turned = orientation(frame)
        shown = shown_size(frame.width, frame.height, stored_aspect(frame), turned)
        if turned.is_upright and same_shape(shown, self.size) and not frame.interlaced_frame:
            other = int(frame.colorspace) not in (self.colours[2], _UNSAID)
            space = _conversion(self.colours) if other else None
            return frame.reformat(width, height, "yuv420p", dst_colorspace=space, dst_color_range=_LIMITED)
        return self.as_frame(boxed(shown_image(frame), self.size))


def same_shape(one: tuple[float, float], other: tuple[int, int]) -> bool:
    """Whether two sizes have the same aspect, but for the rounding to even numbers."""
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) < _ASPECT


def boxed(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture scaled into a size, with black bars where its shape differs: uint8 (H, W, 3)."""
    width, height = size
    if (image.shape[1], image.shape[0]) == size:
        return image
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = (
        size
        if same_shape((image.shape[1], image.shape[0]), size)
        else (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    )
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    small = cv2.resize(image, inner, interpolation=method)
    if inner == size:
        return small
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - inner[1]) // 2, (width - inner[0]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = small
    return canvas


def colours_of(frame: av.VideoFrame) -> Colours:
    """Colours of a frame, for a film of it: what it does not say stays unsaid, and is converted as BT.601 both ways."""
    return int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace)


def _conversion(colours: Colours) -> int:
    return _BT709 if colours[2] == _BT709 else _BT601


def _ticks(time: int) -> int:
    return round(time * _CLOCK / 1e6)
