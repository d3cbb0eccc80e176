"""Sampled frames of a half, kept for training: one file of JPEG pictures and one of their places.

Raw frames of a SoccerNet season would fill half a terabyte and decoding video at every epoch starves
the model, so each half is decoded once, at the model's rate, into pictures of quality 95 without chroma
subsampling (a card is a few coloured pixels). Reading one costs about 0.3 ms at 224x126. The files are
memory-mapped; nothing of them is held in memory by us.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from spotting_core.base.arrays import INTEGERS, open_array
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.base.files import locked, write_array
from spotting_core.media.decode import decode_samples, resize_image
from spotting_core.media.fingerprint import kept_hash
from spotting_core.media.read_ahead import ahead
from spotting_core.media.stretches import stretch_count
from spotting_core.media.times import read_time_table

_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
_BATCH = 32
_AGAIN = "Delete the files of this size; they are made again"


@dataclass(frozen=True)
class FrameStore:
    """Frames of one half at one size.

    Arguments:
        pictures: memory-mapped bytes of all JPEG pictures, one after the other.
        offsets: int64 (T + 1,), where each begins.
        times: int64 (T,), presentation time of each sample in microseconds.
    """

    pictures: np.ndarray
    offsets: np.ndarray
    times: np.ndarray

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, sample: int) -> np.ndarray:
        """RGB picture of one sample: uint8 (H, W, 3)."""
        data = self.pictures[self.offsets[sample] : self.offsets[sample + 1]]
        image = cv2.imdecode(np.asarray(data), cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise ValueError(f"stored frame {sample} is damaged")
        return image


def store_frames(
    video: Path, data: DataDirectory, *, rate: float, sizes: Sequence[tuple[int, int] | None]
) -> list[FrameStore]:
    """Open the stored frames of a half at each size (width, height; None: its own), making what is missing.

    All missing sizes are made in one pass over the video.
    """
    folder = data.media(kept_hash(video, data))
    names = [_name(size, rate) for size in sizes]
    times_file = folder / f"samples-{rate:g}.npy"
    files = [times_file, *(folder / f"{name}.npy" for name in names)]
    if not all(file.is_file() for file in files):
        with locked(times_file.with_suffix(".lock")):  # another process may be making the same
            missing = [(s, n) for s, n in zip(sizes, names, strict=True) if not (folder / f"{n}.npy").is_file()]
            table = read_time_table(video)
            frames = table.samples(rate)
            write_array(times_file, table.times[frames])
            try:
                _write_pictures(video, table, frames, folder, missing)
            except OSError as error:
                for _, name in missing:
                    (folder / f".{name}.jpgs.part").unlink(missing_ok=True)
                raise cannot_write(error, folder) from error
    times = np.asarray(open_array(times_file, INTEGERS, (None,), what="file of times", fix=_AGAIN))
    return [_opened(folder, name, times) for name in names]


def _opened(folder: Path, name: str, times: np.ndarray) -> FrameStore:
    """The stored frames of a size.

    Errors:
        BadInputError: a file is damaged, or the two are not of each other.
    """
    places, pictures = folder / f"{name}.npy", folder / f"{name}.jpgs"
    offsets = np.asarray(open_array(places, INTEGERS, (len(times) + 1,), what="file of places", fix=_AGAIN))
    try:
        size = pictures.stat().st_size
    except OSError as error:
        raise BadInputError("these pictures are missing", where=pictures, fix=_AGAIN) from error
    if offsets[0] != 0 or np.any(np.diff(offsets) < 0) or offsets[-1] != size or not size:
        raise BadInputError(f"these pictures are not those of {places.name}", where=pictures, fix=_AGAIN)
    return FrameStore(np.memmap(pictures, np.uint8, "r"), offsets, times)


def _name(size: tuple[int, int] | None, rate: float) -> str:
    return f"frames-{rate:g}-" + ("own" if size is None else f"{size[0]}x{size[1]}")


def _write_pictures(video, table, frames, folder, missing):  # type: ignore[no-untyped-def]
    if not missing:
        return
    offsets: list[list[int]] = [[0] for _ in missing]
    parts = [folder / f".{name}.jpgs.part" for _, name in missing]  # of one name: what a kill leaves is overwritten
    with ExitStack() as stack:
        handles = [stack.enter_context(part.open("wb")) for part in parts]
        for batch in ahead(decode_samples(video, table, frames, batch=_BATCH, stretches=stretch_count())):
            for image in batch.images:
                for (size, _), handle, places in zip(missing, handles, offsets, strict=True):
                    sized = image if size is None else resize_image(image, *size)
                    coded = cv2.imencode(".jpg", cv2.cvtColor(sized, cv2.COLOR_RGB2BGR), _JPEG)[1]
                    places.append(places[-1] + handle.write(coded.tobytes()))
    for (_, name), part, places in zip(missing, parts, offsets, strict=True):
        part.replace(folder / f"{name}.jpgs")
        write_array(folder / f"{name}.npy", np.array(places, np.int64))  # last: it marks the store as complete
