"""Decoding: straight through a half at the model's rate, or one exact frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.media.frames import numbered_frames
from spotting_core.media.passes import Findings, FrameLook, looked_frames
from spotting_core.media.shown import shown_image
from spotting_core.media.times import TimeTable


@dataclass(frozen=True)
class SampleBatch:
    """Consecutive samples of a half.

    Arguments:
        samples: int64 (B,), sample numbers.
        images: uint8 (B, H, W, 3), RGB as shown (rotated upright).
        substituted: how many of them show a neighbour because their own frame would not decode.
    """

    samples: np.ndarray
    images: np.ndarray
    substituted: int = 0


class FrameTap(FrameLook, Protocol):
    """A look beside, of a pass that is made for something else."""

    def receive(self, number: int, value: np.ndarray) -> None:
        """What the look made of one frame; called in order."""

    def end(self) -> None:
        """The file has no more frames."""


def resize_image(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """Resize one RGB image: by area when shrinking, bicubic when growing. uint8 (H, W, 3)."""
    if image.shape[:2] == (height, width):
        return image
    shrinking = width * height < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)


def decode_samples(
    path: Path,
    table: TimeTable,
    frames: np.ndarray,
    *,
    batch: int,
    first: int = 0,
    max_height: int | None = None,
    tap: FrameTap | None = None,
    stretches: int = 1,
) -> Iterator[SampleBatch]:
    """Decode the samples of a half in order, in batches of at most ``batch``.

    A batch ends at every multiple of ``batch``, wherever the first begins: work that is resumed sees the
    same batches as work that never stopped, in damaged stretches too. Every sample is there: one whose frame does
    not decode shows the picture before it.

    Arguments:
        frames: int32 (T,), frame number of each sample (``TimeTable.samples``).
        first: sample to begin with (resuming seeks to the key frame before it).
        max_height: pictures larger than this on their short side are scaled down while converting.
        tap: looks beside, behind the last sample too.
        stretches: how many of the file are decoded at once (``stretch_count``), for whoever reads on to the end.

    Errors:
        BadInputError: the file no longer opens, or nothing of it decodes.
    """
    samples: list[int] = []
    images: list[np.ndarray] = []
    substituted = 0
    shape: tuple[int, ...] | None = None
    for sample, image, own in _samples_in_order(path, table, frames, first, max_height, tap, stretches):
        shape = shape or image.shape
        if image.shape != shape:  # the resolution changes inside the file
            image = resize_image(image, shape[1], shape[0])
        samples.append(sample)
        images.append(image)
        substituted += not own
        if (sample + 1) % batch == 0:
            yield SampleBatch(np.array(samples), np.stack(images), substituted)
            samples, images, substituted = [], [], 0
    if samples:
        yield SampleBatch(np.array(samples), np.stack(images), substituted)


def _samples_in_order(
    path: Path,
    table: TimeTable,
    frames: np.ndarray,
    first: int,
    max_height: int | None,
    tap: FrameTap | None,
    stretches: int,
) -> Iterator[tuple[int, np.ndarray, bool]]:
    """Yield (sample, picture, whether it is the sample's own frame) for samples first, first + 1, …"""
    sample, last_image = first, None
    if sample >= len(frames):
        return
    pictures = _Pictures(frames[first:], max_height)
    looks = [pictures] if tap is None else [pictures, tap]
    findings = looked_frames(path, table, looks, start=int(frames[first]), stretches=stretches)
    for number, image in _tapped(findings, tap):
        if image is None or sample == len(frames) or number < frames[sample]:
            continue
        if sample == first and number > frames[first]:
            last_image = _standing_before(path, table, frames, first, max_height)
        while sample < len(frames) and frames[sample] <= number:
            own = frames[sample] == number
            nearer_before = last_image is not None and not own
            yield sample, (last_image if nearer_before and last_image is not None else image), own
            sample += 1
        last_image = image
        if sample == len(frames) and tap is None:
            return
    if sample == first:
        last_image = _standing_before(path, table, frames, first, max_height)
    if last_image is None:
        raise BadInputError("no frame of this video can be decoded", where=path, fix="Copy the video again")
    while sample < len(frames):  # the file ends early: the last picture stands
        yield sample, last_image, False
        sample += 1


class _Pictures:
    """The look that makes pictures of the frames that samples ask for."""

    def __init__(self, wanted: np.ndarray, max_height: int | None) -> None:
        self.wanted, self._max_height = wanted, max_height

    def look(self, frame: av.VideoFrame) -> np.ndarray:
        return shown_image(frame, self._max_height)


def _tapped(findings: Iterator[Findings], tap: FrameTap | None) -> Iterator[tuple[int, np.ndarray | None]]:
    """Pictures with the numbers of their frames; the tap receives what was made for it."""
    for number, (image, *beside) in findings:
        if tap is not None and beside[0] is not None:
            tap.receive(number, beside[0])
        yield number, image
    if tap is not None:
        tap.end()


def _standing_before(
    path: Path, table: TimeTable, frames: np.ndarray, first: int, max_height: int | None
) -> np.ndarray | None:
    """The picture that the samples before ``first`` leave standing, or None if none of them decodes.

    It is that of the last frame at which one of them was shown, as if everything had been decoded from the beginning.
    """
    for back in _SAMPLES_BACK:
        begin = sample = max(0, first - back) if back is not None else 0
        picture = None
        for number, frame in numbered_frames(path, table, start=int(frames[begin])) if first else ():
            if number >= frames[first]:
                break
            if number >= frames[sample]:
                picture = shown_image(frame, max_height)
                sample += int(np.searchsorted(frames[sample:], number, side="right"))
        if picture is not None or begin == 0:
            return picture
    return None


_SAMPLES_BACK = (1, 60, None)  # before the wanted sample; None: from the first


def read_frame(path: Path, table: TimeTable, number: int, max_height: int | None = None) -> np.ndarray:
    """One exact frame by its number: uint8 (H, W, 3), RGB as shown.

    Errors:
        BadInputError: the number is outside the table, or no frame from there on decodes.
    """
    if not 0 <= number < len(table):
        raise BadInputError(f"frame {number} is outside the {len(table)} frames of this video", where=path)
    for _, frame in numbered_frames(path, table, start=number):
        return shown_image(frame, max_height)
    raise BadInputError(f"frame {number} of this video cannot be decoded", where=path)
