"""Mean average precision within a few frames, as for FineDiving, FineGym, tennis and figure skating.

Hong et al., ECCV 2022 (E2E-Spot, ``util/score.py``): per class over all videos, predictions in falling order of
score each recall the closest truth that is not yet recalled, if it is at most the tolerance away. Precision at each
hit is raised to the best that follows, and its sum is divided by the number of truths. Classes that occur are
averaged, then tolerances. Officially two truths in one frame can be recalled once; without ``official`` each can.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np

from spotting_core.base.archives import inflate, is_zip, open_zip
from spotting_core.base.errors import BadInputError
from spotting_core.domain.class_names import check_some_known, plain_name
from spotting_core.evaluation.checks import check_same_rate, record_repeated_keys, record_unknown
from spotting_core.evaluation.collect import LARGEST_SPLIT, Record, read_whole
from spotting_core.evaluation.report import Evaluation
from spotting_core.evaluation.spot_files import decoded
from spotting_core.formats.document import check_confidence

TOLERANCES = (0, 1, 2, 4)
_ENDINGS = (".json", ".json.gz")


class _Event(msgspec.Struct, gc=False):
    frame: int
    label: str
    score: float | None = None


class Video(msgspec.Struct):
    """Events of one video, true (without score) or predicted; ``fps``: of its frame numbers, None or -1 where
    unsaid; ``num_frames``: its length, None where unsaid."""

    video: str
    events: list[_Event]
    fps: float | None = None
    num_frames: int | None = None


_DECODER = msgspec.json.Decoder(list[Video])
_SHAPE = '[{"video": "game/1", "fps": 25, "num_frames": 67500, "events": [{"frame": 312, "label": "Goal"}]}]'


def read_frame_file(path: Path, split: str | None = None, record: Record | None = None) -> list[Video]:
    """Videos of a JSON file (also gzipped), or of the only one in a folder or zip.

    Arguments:
        split: name of the file, without its ending, where a folder or zip holds several (val, test).
        record: is told what is doubtful about the file.

    Errors:
        BadInputError: missing, damaged, of another form, or several files and no split.
    """
    where, content = _content(path, split)
    videos: list[Video] = decoded(_DECODER, content, where, "frame label file", _SHAPE)
    names = [v.video for v in videos]
    if len(set(names)) != len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise BadInputError(f"the video {twice!r} occurs twice", where=where)
    if record is not None:
        record_repeated_keys(content, where, "all videos", record)
    return videos


def _content(path: Path, split: str | None) -> tuple[str, bytes]:
    try:
        if path.is_dir():
            name = _only(path, [p.name for p in sorted(path.iterdir())], split)
            content = read_whole(path / name, LARGEST_SPLIT)
        elif is_zip(path):
            with open_zip(path) as archive:
                name = _only(path, archive.names, split)
                content = archive.read(name, LARGEST_SPLIT)
        else:
            name, content = path.name, read_whole(path, LARGEST_SPLIT)
        if name.lower().endswith(".gz"):
            content = inflate(content, LARGEST_SPLIT, path if path.name == name else path / name)
    except FileNotFoundError as error:
        raise BadInputError("there is no such file or folder", where=path, fix="Check the path") from error
    except OSError as error:
        raise BadInputError(f"this file cannot be read ({error})", where=path) from error
    return str(path if path.name == name else path / name), content


def _only(path: Path, names: Sequence[str], split: str | None) -> str:
    files = [n for n in names if n.lower().endswith(_ENDINGS)]
    if split is not None:
        files = [n for n in files if n.rsplit("/", 1)[-1].split(".")[0] == split]
    if len(files) != 1:
        listed = ", ".join(files[:5]) or "none"
        raise BadInputError(
            f"here must be one JSON file, not {len(files)} ({listed})", where=path, fix="Name the file itself"
        )
    return files[0]


def evaluate_frames(
    truth: Sequence[Video],
    predicted: Sequence[Video],
    record: Record,
    *,
    classes: Sequence[str] | None = None,
    official: bool = False,
    tolerances: Sequence[int] = TOLERANCES,
) -> Evaluation:
    """Mean average precision over classes and tolerances (frames).

    Arguments:
        classes: those that count; all that occur in the truth if not given.

    Errors:
        BadInputError: the videos or their frame rates differ, no truth, no prediction of a true class, or a score
        that is none.
    """
    _check_videos(truth, predicted)
    true, events = _by_class(truth), _scored(predicted)
    counts = {name: sum(map(len, frames.values())) for name, frames in true.items()}
    check_some_known(counts, true if classes is None else classes, "label", "labels")
    names = sorted(true) if classes is None else [c for c in classes if c in true]
    if not names:
        raise BadInputError("there is no true event to evaluate", fix="Check the labels and the class list")
    check_some_known({name: len(found) for name, found in events.items()}, true, "prediction", "predictions")
    record.counted += [v.video for v in truth]
    _record_frames(truth, predicted, record)
    for label in sorted(set(events) - set(true)):
        record.skip("all videos", f"{len(events[label])} predictions of {label!r}, which has no truth")
    if classes is not None:
        left = {name: count for name, count in counts.items() if name not in classes}
        record_unknown(left, classes, "label", "all videos", record)
    values = np.array(
        [[_average_precision(true[n], events.get(n, []), t, official) for n in names] for t in tolerances]
    )
    by_tolerance = values.mean(1)
    return Evaluation(
        "frames",
        "frames",
        official,
        "mAP over tolerances",
        {"all": float(values.mean())},
        {n: {"all": float(v)} for n, v in zip(names, values.mean(0), strict=True)},
        {n: sum(len(f) for f in true[n].values()) for n in names},
        {f"mAP within {t} frames": float(v) for t, v in zip(tolerances, by_tolerance, strict=True)},
    )


def _check_videos(truth: Sequence[Video], predicted: Sequence[Video]) -> None:
    own, other = {v.video for v in truth}, {v.video for v in predicted}
    for lacking, side in ((own - other, "predictions"), (other - own, "labels")):
        if lacking:
            raise BadInputError(
                f"{len(lacking)} videos are missing in the {side}, the first {min(lacking)!r}",
                fix="Both files must be of the same videos; one without events has an empty list",
            )
    rates = {v.video: v.fps for v in predicted}
    for video in truth:
        check_same_rate(video.fps, rates[video.video], video.video)


def _record_frames(truth: Sequence[Video], predicted: Sequence[Video], record: Record) -> None:
    """Record the videos without predictions, and the events that lie in no frame of their video."""
    found, lengths = {v.video: v for v in predicted}, {v.video: v.num_frames for v in truth}
    for video in truth:
        if video.events and not found[video.video].events:
            missed = len(video.events)
            record.skip(video.video, f"it has no predictions; its {missed} event{'s' * (missed != 1)} count as missed")
    for what, videos in (("label", truth), ("prediction", predicted)):
        for video in videos:
            frames = lengths[video.video] or math.inf
            outside = sum(not 0 <= event.frame < frames for event in video.events)
            if outside:
                record.skip(video.video, f"{outside} {what}{'s' * (outside != 1)} in no frame of the video")


def _by_class(videos: Sequence[Video]) -> dict[str, dict[str, list[int]]]:
    """Class to video to frames."""
    frames: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for video in videos:
        for event in video.events:
            frames[plain_name(event.label)][video.video].append(event.frame)
    return frames


def _scored(videos: Sequence[Video]) -> dict[str, list[tuple[str, int, float]]]:
    """Class to (video, frame, score) in falling order of score."""
    scored: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
    for video in videos:
        for event in video.events:
            if event.score is None:
                raise BadInputError(
                    f"the score of {event.label} in frame {event.frame} is missing",
                    where=video.video,
                    fix="Every prediction needs a score from 0 to 1",
                )
            check_confidence(event.score, f"{video.video}, {event.label} in frame {event.frame}")
            scored[plain_name(event.label)].append((video.video, event.frame, event.score))
    for events in scored.values():
        events.sort(key=lambda e: -e[2])
    return scored


def _average_precision(
    truth: Mapping[str, Sequence[int]], predicted: Sequence[tuple[str, int, float]], tolerance: int, official: bool
) -> float:
    left = {video: (list(dict.fromkeys(f)) if official else list(f)) for video, f in truth.items()}
    precision: list[float] = []
    for number, (video, frame, _) in enumerate(predicted, start=1):
        free = left.get(video)
        if not free:
            continue
        closest = min(free, key=lambda f: abs(f - frame))
        if abs(closest - frame) <= tolerance:
            free.remove(closest)
            precision.append((len(precision) + 1) / number)
    best = np.maximum.accumulate(np.array(precision)[::-1])
    return float(best.sum() / sum(len(f) for f in truth.values()))
