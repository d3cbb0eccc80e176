"""The analysis of a match by a calibration network: every picture is fitted by itself, then the cameras of a shot
together.

Work that is stopped goes on with the batch of pictures that it was at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spotting_core.base.archives import is_zip
from spotting_core.base.arrays import INTEGERS, read_packed
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.calibration.confidence import confidence_of, expected_error, fit_numbers
from spotting_core.calibration.fit import LineMaps, Seen, Sighting, fit_picture
from spotting_core.calibration.smoothing import smoothed
from spotting_core.domain.camera import Camera
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.calibration_table import CalibratedSample, write_table
from spotting_core.formats.field_calibration import META, pitch_of
from spotting_core.inference.run import Run
from spotting_core.inference.window_store import HalfArrays, write_arrays
from spotting_core.media.ingest import Media
from spotting_core.media.source import MatchSource
from spotting_core.models.judge import Judge
from spotting_core.models.pitch_lines import UNIT, PitchLinesConfig, PitchOutput
from spotting_core.models.window import Samples
from spotting_core.models.window_plan import PlannedWindow

_WORK, _AGAIN = "file of unfinished work", "Delete its folder, and analyse the match again"
_BATCH = 8  # windows whose sightings are kept in one file
_ALONG = ("ground", "picture", "normal", "weight")


class CalibrationRun(Run):
    """One analysis of where the pictures of a match look.

    Errors:
        BadInputError: the match says of its pitch what no pitch is.
    """

    def _beside(self) -> list[str]:
        """The pitch, by whose size everything is placed."""
        self.pitch = pitch_of_match(self.source)
        return [repr(self.pitch)]

    def _analyse_half(self, half: int, media: Media, frames: np.ndarray) -> tuple[HalfArrays, int]:
        folder = self.work / f"half{half}"
        folder.mkdir(parents=True, exist_ok=True)
        substituted = self._look(folder, media, frames)
        sightings = [one for path in sorted(folder.glob("windows*.npz")) for one in load_sightings(path)]
        times = media.table.times[frames].astype(np.int64)
        self.report_stage("Placing the cameras")
        with self.pace.stage("placing"):
            samples = calibrated_samples(self._config, sightings, times, self.pitch, _aspect(media), self.rate)
        write_table(folder, samples, self.pitch, _aspect(media))
        arrays = write_arrays(folder, {"times": times, "frames": frames.astype(np.int32)})
        unit = "homography from metres to shares of the picture; expected error in metres; confidence"
        arrays["calibrations"] = {"dtype": "table", "shape": ["N"], "unit": unit, "scale": [0, 1]}
        return HalfArrays(arrays, None), substituted

    @property
    def _config(self) -> PitchLinesConfig:
        config = self.judge.config
        if not isinstance(config, PitchLinesConfig):
            raise BadInputError(f"{self.model.card.name} does not say where lines are", where=self.model.folder)
        return config

    def _look(self, folder: Path, media: Media, frames: np.ndarray) -> int:
        """Fit every picture by itself, or those that are left; returns how many show a neighbouring frame."""
        windows = list(self.judge.plan.windows(len(frames)))
        batches = [windows[at : at + _BATCH] for at in range(0, len(windows), _BATCH)]
        first = next((k for k in range(len(batches)) if not is_zip(_file(folder, k))), len(batches))
        done = min(len(frames), batches[first - 1][-1].end) if first else 0
        self.pace.done += done
        substituted = sum(_substituted(_file(folder, k)) for k in range(first))
        if first == len(batches):
            return substituted
        sample = batches[first][0].start
        with self._tap(media, int(frames[sample])) as tap:
            stream = self.reader.stream(
                media,
                frames,
                features=None,
                outside=self.judge.plan.outside,
                pace=self.pace,
                report=lambda: self.report_stage("Looking for the pitch"),
                first=sample,
                already=done,
                before=(),
                tap=tap,
            )
            try:
                for index in range(first, len(batches)):
                    read = [stream.read(window) for window in batches[index]]
                    with self.pace.stage("fitting"):
                        sightings = sightings_of(
                            self.judge, [r.samples for r in read], self.pitch, _aspect(media), kept(batches[index])
                        )
                    own = sum(r.substituted for r in read)
                    save_sightings(_file(folder, index), sightings, own)
                    substituted += own
            finally:
                stream.close()
        return substituted


def pitch_of_match(source: MatchSource) -> Pitch:
    """The pitch that a match's description tells, else one of the usual size.

    Errors:
        BadInputError: see ``field_calibration.pitch_of``.
    """
    described = source.companion(META)
    return pitch_of(described.parent) if described is not None else Pitch()


def _aspect(media: Media) -> float:
    return media.info.width / media.info.height


def kept(windows: Sequence[PlannedWindow]) -> np.ndarray:
    """Which samples of some windows of one length count; the last one of a half begins before the one before ends."""
    samples = np.array([w.start for w in windows])[:, None] + np.arange(windows[0].length)
    first, stop = (np.array([getattr(w, name) for w in windows])[:, None] for name in ("first", "stop"))
    return np.asarray((samples >= first) & (samples < stop))


def sightings_of(
    judge: Judge, windows: Sequence[Samples], pitch: Pitch, aspect: float, counted: np.ndarray | None = None
) -> list[Sighting | None]:
    """What is seen in the samples of some windows of one length, one after the other.

    Arguments:
        counted: bool (B, T), those that count; where not given all that are real.
    """
    with torch.inference_mode(), judge.number_format():
        output = judge.network(judge.window(windows))
    assert isinstance(output, PitchOutput)
    wanted = np.stack([window.valid for window in windows]) if counted is None else counted
    return [fit_picture(seen_in(output, *place), pitch, aspect) for place in np.argwhere(wanted)]


def seen_in(output: PitchOutput, window: int, sample: int) -> Seen:
    """What an output says of one picture."""
    if output.lines is None or output.places is None or output.errors is None:
        raise BadInputError("this network says nothing of lines and places")
    return Seen(
        float(output.logits[window, sample, 0].sigmoid()),
        LineMaps(tuple(output.lines[window, sample].sigmoid().float().cpu().numpy())),
        output.places[window, sample].float().cpu().numpy() * UNIT,
        output.errors[window, sample].float().exp().cpu().numpy() * UNIT,
    )


def calibrated_samples(
    config: PitchLinesConfig,
    sightings: Sequence[Sighting | None],
    times: np.ndarray,
    pitch: Pitch,
    aspect: float,
    rate: float,
) -> list[CalibratedSample]:
    """The cameras of a half, those of each shot fitted together, with their expected errors."""
    placed = smoothed(sightings, pitch, aspect, (config.width, config.height), rate)
    weights = np.array(config.error_weights)
    samples = []
    for k, (sighting, camera) in enumerate(zip(sightings, placed, strict=True)):
        if sighting is None or camera is None:
            continue
        error = float(expected_error(weights, fit_numbers(sighting, camera)))
        own = Camera.of_parameters(camera.parameters, aspect)
        samples.append(CalibratedSample(k, int(times[k]), own, error, confidence_of(error)))
    return samples


# --- unfinished work ----------------------------------------------------------------------------------


def _file(folder: Path, index: int) -> Path:
    return folder / f"windows{index:05d}.npz"


def _substituted(path: Path) -> int:
    return int(read_packed(path, {"substituted": INTEGERS}, what=_WORK, fix=_AGAIN)["substituted"])


def save_sightings(path: Path, sightings: Sequence[Sighting | None], substituted: int) -> None:
    """Write the sightings of consecutive samples, and how many of these show a neighbouring frame."""
    there = [s for s in sightings if s is not None]
    arrays = {f.name: [getattr(s, f.name) for s in there] for f in fields(Sighting)}
    packed = {n: (np.concatenate(v) if v else np.zeros(0)) if n in _ALONG else np.array(v) for n, v in arrays.items()}
    packed["points"] = np.array([len(s.ground) for s in there], np.int64)
    packed["there"] = np.array([s is not None for s in sightings])
    with replacing(path) as part, part.open("wb") as handle:
        np.savez(handle, **{**packed, "substituted": np.array(substituted)})  # type: ignore[arg-type]


def load_sightings(path: Path) -> list[Sighting | None]:
    """What ``save_sightings`` has written."""
    arrays = read_packed(path, what=_WORK, fix=_AGAIN)
    ends = np.cumsum(arrays["points"])
    found: list[Sighting | None] = []
    for there in arrays["there"]:
        if not there:
            found.append(None)
            continue
        k = sum(one is not None for one in found)
        along = slice(int(ends[k] - arrays["points"][k]), int(ends[k]))
        values = {f.name: arrays[f.name][along if f.name in _ALONG else k] for f in fields(Sighting)}
        numbers: dict[str, Any] = {n: float(value) if np.ndim(value) == 0 else value for n, value in values.items()}
        found.append(Sighting(**numbers))
    return found
