"""Videos whose camera changes are known to the frame, to train and measure boundary systems on.

python -m benchmarks.boundary_videos SIMMATCH OUT [--scale SHARE]

SIMMATCH holds the splits of simmatch, whose truth of camera changes at 25 frames a second is thin. OUT gets the splits
train, val and test in SoccerNet's layout, each match a video of 160 x 90 at 25 frames a second and its
Labels-cameras.json. Between shots that are made of simmatch's pictures (``made_shots``) lie hard cuts, cross fades and
wipes, seeded, and in them what is mistaken for such changes. The label of a cut is its first new frame, that of a fade
or wipe its exact middle (``transitions``). Shots beside each other look unlike: a change that nobody sees is none.

Shots of train are stills of simmatch's train and looks, those of val stills of its val; test has stills of its test and
footage of clip25, whose motion is the engine's own. --scale makes so much of everything (0.1 for a try).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from rich.console import Console

from benchmarks.made_shots import HEIGHT, WIDTH, disturbed, footage, moving_still, recoloured
from benchmarks.transitions import Change, fade, wipe
from spotting_core.base.files import write_json
from spotting_core.domain.cameras import Shot
from spotting_core.formats import labels_cameras

RATE = 25
_LEAGUE = Path("made_league") / "2026-2027"
_STILLS = 40  # of a match
_KINDS, _SHARES = ("abrupt", "smooth", "logo"), (0.4, 0.25, 0.35)
_AROUND = 30  # frames beside a true change that are no footage of one shot
_USUAL = (25.0, 120.0)  # frames of a shot beside the least, of short shots and of long ones, on average
_AT_THE_END = 8  # frames after the last change
_UNLIKE, _TRIES = 18.0, 5  # mean difference of two shots' pictures in levels, and how often one is drawn for it


@dataclass(frozen=True)
class Split:
    """One split that is made.

    Arguments:
        stills, clips: splits of simmatch that its shots are of; matches, seconds: how many videos, and how long.
        least: frames of a shot between two changes.
    """

    name: str
    stills: tuple[str, ...]
    clips: tuple[str, ...]
    matches: int
    seconds: int
    least: int = 8


SPLITS = (
    Split("train", ("train", "looks"), (), 96, 100),
    Split("val", ("val",), (), 8, 60),
    Split("test", ("test",), ("clip25",), 12, 60, 13),  # of two changes within half a second the metric counts one
)


@dataclass(frozen=True)
class Planned:
    """One change of a video: its kind, the first frame that is not of the old shot alone, and how many are of both."""

    kind: str
    first: int
    length: int

    @property
    def middle(self) -> float:
        """In frames; of a cut the first new frame."""
        return self.first + max(0.0, (self.length - 1) / 2)


def planned_changes(frames: int, least: int, rng: np.random.Generator) -> list[Planned]:
    """Changes of a video, in order."""
    changes, at = [], int(rng.integers(20, 60))
    while True:
        kind = str(rng.choice(_KINDS, p=_SHARES))
        length = {"abrupt": 0, "smooth": int(rng.integers(4, 33)), "logo": int(rng.integers(8, 37))}[kind]
        if at + length + _AT_THE_END > frames:
            return changes
        changes.append(Planned(kind, at, length))
        at += length + least + int(rng.exponential(_USUAL[int(rng.random() < 0.35)]))


@dataclass(frozen=True)
class Material:
    """What the shots of a video are made of: stills (H, W, 3) and clips (F, 90, 160, 3) of one match each."""

    stills: Sequence[np.ndarray]
    clips: Sequence[np.ndarray]

    def shot(self, count: int, before: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
        """A shot of so many frames, unlike the picture before it."""
        for _ in range(_TRIES):
            frames = self._drawn(count, rng)
            if before is None or np.abs(frames[0].astype(np.int16) - before).mean() > _UNLIKE:
                break
        return disturbed(frames, rng)

    def _drawn(self, count: int, rng: np.random.Generator) -> np.ndarray:
        long_enough = [clip for clip in self.clips if len(clip) >= count]
        if long_enough and rng.random() < 0.7:
            return footage(long_enough[int(rng.integers(len(long_enough)))], count, rng)
        return moving_still(self.stills[int(rng.integers(len(self.stills)))], count, rng)


def edited(material: Material, changes: Sequence[Planned], frames: int, rng: np.random.Generator) -> np.ndarray:
    """The video: uint8 (frames, 90, 160, 3)."""
    video = np.empty((frames, HEIGHT, WIDTH, 3), np.uint8)
    starts = [0, *(c.first for c in changes)]
    ends = [*(c.first + c.length for c in changes), frames]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        shot = material.shot(end - start, video[start - 1] if number else None, rng)
        if number:
            change = changes[number - 1]
            mix = _change(change.kind, rng)
            for k in range(change.length):
                shot[k] = mix(video[start + k], shot[k], (k + 1) / (change.length + 1))
        video[start:end] = shot
    return video


def _change(kind: str, rng: np.random.Generator) -> Change:
    return wipe(rng) if kind == "logo" else fade(rng)


def write_match(folder: Path, material: Material, seconds: int, least: int, rng: np.random.Generator) -> None:
    """One match: its video, its labels, and that it is rendered."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = seconds * RATE
    changes = planned_changes(frames, least, rng)
    look = rng.uniform((0.75, -15, 0.5), (1.2, 15, 1.4))
    video = recoloured(edited(material, changes, frames, rng), look)
    _write_video(folder / "1_90p.mp4", video, str(int(rng.integers(18, 34))))
    ends = [*(round(c.middle * 1e6 / RATE) for c in changes), round(frames * 1e6 / RATE)]
    kinds = [*(c.kind for c in changes), None]
    shots = [Shot(1, 0, end, "Other", replay=False, change_type=kind) for end, kind in zip(ends, kinds, strict=True)]
    labels_cameras.write_shots(folder / labels_cameras.FILE_NAME, shots)
    write_json(folder / "meta.json", {"engine": "made of simmatch by benchmarks.boundary_videos"})


def _write_video(path: Path, frames: np.ndarray, quality: str) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": quality})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


# --- what it is made of ---------------------------------------------------------------------------------


def _pictures(video: Path) -> Iterator[np.ndarray]:
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def stills_of(video: Path, rng: np.random.Generator) -> list[np.ndarray]:
    """Some pictures of a match, drawn from all of them."""
    pictures = list(_pictures(video))
    return [pictures[k] for k in rng.choice(len(pictures), min(_STILLS, len(pictures)), replace=False)]


def clips_of(match: Path) -> list[np.ndarray]:
    """Footage of single shots of a match of 25 frames a second."""
    frames = np.stack([cv2.resize(p, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA) for p in _pictures(_video(match))])
    ends = [s.end * RATE // 1_000_000 for s in labels_cameras.read_shots(match / labels_cameras.FILE_NAME)]
    starts = [0, *(end + _AROUND for end in ends)]
    clips = [frames[start : end - _AROUND] for start, end in zip(starts, [*ends, len(frames)], strict=True)]
    return [clip for clip in clips if len(clip) > 2 * _AROUND]


def _video(match: Path) -> Path:
    return next(match.glob("1_*.mp4"))


def _matches(root: Path, splits: Sequence[str]) -> list[Path]:
    return sorted(path.parent for split in splits for path in (root / split).rglob(labels_cameras.FILE_NAME))


def make_split(split: Split, root: Path, out: Path, scale: float) -> None:
    """All matches of a split; each has shots of one match of simmatch, for a broadcast does not change its colours."""
    stills, clips = _matches(root, split.stills), [clips_of(match) for match in _matches(root, split.clips)]
    for number in range(max(1, round(split.matches * scale))):
        rng = np.random.default_rng([SPLITS.index(split), number])
        material = Material(
            stills_of(_video(stills[number % len(stills)]), rng), clips[number % len(clips)] if clips else ()
        )
        write_match(out / split.name / _LEAGUE / f"match {number:02d}", material, split.seconds, split.least, rng)


def make_all(simmatch: Path, out: Path, scale: float = 1.0) -> None:
    """All splits."""
    for split in SPLITS:
        Console(stderr=True).print(f"Making {split.name}")
        make_split(split, simmatch, out, scale)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("simmatch", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    arguments = parser.parse_args()
    if not all(_matches(arguments.simmatch, (*s.stills, *s.clips)) for s in SPLITS):
        parser.error(f"{arguments.simmatch} does not hold simmatch")
    make_all(arguments.simmatch, arguments.out, arguments.scale)


if __name__ == "__main__":
    main()
