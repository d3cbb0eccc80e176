"""E2E-Spot's JSON (also UGLF, T-DEED): labels and predictions by frame number, for many videos in one file.

    labels          [{"video", "num_frames", "num_events", "fps", "width", "height",
                      "events": [{"frame", "label", "comment"}]}, …]
    predictions     [{"video", "fps", "events": [{"frame", "label", "score"}]}, …]; ``.recall.json.gz`` is
                    the same with everything above a low score
    .score.json.gz  {"<video>": [[background, class 1, …], …]}, one row a frame

For football ``video`` is ``<game>/<half>`` or ``<game>/<half>_224p``, and ``comment`` is ``home; visible``. Some
files have ``fps`` -1:
their frames are read as at 25 a second and written back as the same frames. Files are read one video at a
time.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Any, cast

import ijson
import numpy as np

from spotting_core.base.archives import unpacked
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.base.json_places import no_json
from spotting_core.base.nesting import LARGEST_PIECE, LARGEST_SCORES, JsonStream
from spotting_core.base.repeated_keys import KeyedObject, repeated_keys_clause, repeats_of
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.domain.suppression import Spotting, spots_of_half
from spotting_core.formats.document import MOST_RATE, Document, Entry, HalfInfo, Options, check_fields, possible
from spotting_core.formats.labels_v2 import text_label

FORM = "e2e-spot"
SCORES = "e2e-spot-scores"
IMPORTED = "imported"
NOMINAL_RATE = 25.0
"""Frames a second where a file does not say."""

_VIDEO_OWN = {"video", "num_frames", "num_events", "fps", "width", "height", "events"}
_EVENT_OWN = {"frame", "label", "comment", "score"}
_COMMENT = re.compile(r"^(home|away|not applicable); (visible|not shown)$")
_HALF = re.compile(r"^(.+)/([12])(?:_(?:\d{3,4}p|HQ|LQ))?(?:\.\w+)?$")


@dataclass(frozen=True)
class ScoreTrack:
    """Scores of one video.

    Arguments:
        video: its name.
        scores: float32 (T, columns), as in the file: column 0 is the background.
    """

    video: str
    scores: np.ndarray


@contextmanager
def _opened(path: Path, largest: int = LARGEST_PIECE) -> Iterator[JsonStream]:
    """The file's JSON as a stream, whether zipped or not; largest: bytes of a video's.

    Errors:
        BadInputError: missing, damaged, or no JSON as far as it is read.
    """
    try:
        with unpacked(path) as stream:
            yield JsonStream(stream, path, largest)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise no_json(error, path) from error


# --- labels and predictions ---------------------------------------------------------------------------


def read_documents(path: Path, options: Options) -> Iterator[Document]:
    """Matches of a label or prediction file, one by one; halves of a match that follow each other are joined.

    Errors:
        BadInputError: not of this form; names the video and event.
    """
    with _opened(path) as stream:
        videos = ijson.items(stream, "item", use_float=True, map_type=KeyedObject)
        for game, halves in groupby(_named(videos, path), key=lambda v: v[0]):
            yield _document(game, ((half, video) for _, half, video in halves), path)


def _named(videos: Iterable[Any], path: Path) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    for number, video in enumerate(videos, start=1):
        if not isinstance(video, dict) or "video" not in video or not isinstance(video.get("events"), list):
            raise BadInputError(
                "expected a video with its events", where=f"{path}, video {number}", fix="Expected E2E-Spot's form"
            )
        named = _HALF.match(str(video["video"]))
        yield (named[1], int(named[2]), video) if named else (str(video["video"]), 1, video)


def _document(game: str, halves: Iterable[tuple[int, Mapping[str, Any]]], path: Path) -> Document:
    entries: list[Entry] = []
    infos: dict[int, HalfInfo] = {}
    notes: tuple[str, ...] = ()
    repeats: list[str] = []
    for half, video in halves:
        where = f"{path}, {video['video']}"
        if half in infos:
            raise BadInputError("this video occurs twice", where=where)
        infos[half] = info = _info(video, where)
        if info.rate is None:
            notes = (f"the file does not say the frame rate; times are as at {NOMINAL_RATE:g} frames a second",)
        entries += [
            _entry(f"{where}, event {n}", half, event, info.rate) for n, event in enumerate(video["events"], start=1)
        ]
        repeats += repeats_of(video, str(video["video"]), "events")
    if repeats:
        notes = (*notes, repeated_keys_clause(path, repeats))
    return Document(tuple(entries), game, FORM, halves=infos, notes=notes)


def _info(video: Mapping[str, Any], where: str) -> HalfInfo:
    try:
        rate = float(-1 if video.get("fps") is None else video["fps"])
        numbers = {k: None if video.get(k) is None else int(video[k]) for k in ("num_frames", "width", "height")}
    except (TypeError, ValueError, ArithmeticError) as error:
        raise BadInputError(f"a number of this video cannot be read ({error})", where=where) from error
    if not rate <= MOST_RATE or any(n is not None and not 0 <= n < 1 << 31 for n in numbers.values()):
        what = "the rate, the length or the size of this video cannot be"
        raise BadInputError(what, where=where, fix=f"No video has more than {MOST_RATE:g} frames a second")
    extras = {k: v for k, v in video.items() if k not in _VIDEO_OWN}
    if rate <= 0 and "fps" in video:
        extras["fps"] = video["fps"]
    return HalfInfo(
        rate if rate > 0 else None,
        numbers["num_frames"],
        numbers["width"],
        numbers["height"],
        file=str(video["video"]),
        extras=extras,
    )


def _entry(where: str, half: int, event: Any, rate: float | None) -> Entry:
    check_fields(event, ("frame", "label"), "event", where)
    try:
        time = round(_frame(event["frame"]) * 1e6 / (rate or NOMINAL_RATE))
        label = text_label(event["label"], where)
        confidence = float(event["score"]) if "score" in event else None
    except (TypeError, ValueError, ArithmeticError) as error:
        what = f"the frame or score of this event cannot be read ({error})"
        raise BadInputError(what, where=where, fix="Give them as numbers") from error
    extras = {k: v for k, v in event.items() if k not in _EVENT_OWN}
    comment = _COMMENT.match(str(event.get("comment", "")))
    if "comment" in event and comment is None:
        extras["comment"] = event["comment"]
    team = comment[1] if comment and comment[1] != "not applicable" else "unknown"
    visible = comment[2] == "visible" if comment else None
    source = TRUTH if confidence is None else IMPORTED
    return Entry(possible(Spot(half, time, label, confidence, team, visible, source), where), extras)


def _frame(value: Any) -> int:
    """A frame number, also as text or as a whole float."""
    number = math.nan if value is None or isinstance(value, bool) else float(value)
    if not number.is_integer():
        raise ValueError(f"{value!r} is no frame number")
    return int(number)


def write_documents(path: Path, documents: Iterable[Document], options: Options) -> int:
    """Write matches as one file (zipped if its name ends in ``.gz``), one by one; returns how many.

    Halves without spots are written too where their video is known. Without a known length a video ends
    after its last event.
    """
    count = 0
    with replacing(path) as part, _written(part, path.suffix.lower() == ".gz") as stream:
        stream.write("[")
        first = True
        for document in documents:
            count += 1
            for half in document.half_numbers():
                row = json.dumps(_video(document, half, options), ensure_ascii=False, indent=1)
                stream.write(("\n" if first else ",\n") + row)
                first = False
        stream.write("\n]\n")
    return count


@contextmanager
def _written(path: Path, packed: bool) -> Iterator[IO[str]]:
    # Without a name and time in the archive the same content gives the same file.
    with path.open("wb") as raw:
        if packed:
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as inner:
                yield cast(IO[str], _Text(cast(IO[bytes], inner)))
        else:
            yield cast(IO[str], _Text(raw))


class _Text:
    """Text written to a binary stream that stays open."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(text.encode())


def _video(document: Document, half: int, options: Options) -> dict[str, Any]:
    info = document.halves.get(half, HalfInfo())
    rate = info.rate or options.rate or NOMINAL_RATE
    own = [e for e in document.entries if e.spot.half == half]
    events = [_event(document, e, rate) for e in own]
    known = document.form == FORM and info.file is not None
    row: dict[str, Any] = {"video": info.file if known else f"{document.game}/{half}".lstrip("/")}
    predicted = any(e.spot.confidence is not None for e in own)
    frames = info.frames if info.frames is not None else _frames(info, events, rate)
    if not predicted or info.frames is not None:
        row |= {"num_frames": frames, "num_events": len(events)}
    row |= {"fps": rate}
    row |= {k: v for k, v in (("width", info.width), ("height", info.height)) if v is not None}
    return {**row, **document.half_extras(half, FORM), "events": events}


def _frames(info: HalfInfo, events: list[dict[str, Any]], rate: float) -> int:
    last = max((e["frame"] + 1 for e in events if e["frame"] >= 0), default=0)
    return last if info.duration is None else max(last, round(info.duration * rate / 1e6))


def _event(document: Document, entry: Entry, rate: float) -> dict[str, Any]:
    spot = entry.spot
    event: dict[str, Any] = {"frame": round(spot.time * rate / 1e6), "label": spot.label}
    if spot.confidence is not None:
        event["score"] = spot.confidence
    elif spot.team != "unknown" or spot.visible is not None:
        team = "not applicable" if spot.team == "unknown" else spot.team
        event["comment"] = f"{team}; {'not shown' if spot.visible is False else 'visible'}"
    return {**event, **document.extras(entry, FORM)}


# --- scores -------------------------------------------------------------------------------------------


def read_scores(path: Path) -> Iterator[ScoreTrack]:
    """Score tables of a ``.score.json.gz``, one video at a time.

    Errors:
        BadInputError: not of this form; names the video.
    """
    with _opened(path, LARGEST_SCORES) as stream:
        for video, rows in ijson.kvitems(stream, "", use_float=True):
            try:
                scores = np.asarray(rows, np.float32)
            except (TypeError, ValueError, ArithmeticError) as error:
                raise BadInputError(f"these scores are no table ({error})", where=f"{path}, {video}") from error
            if scores.ndim != 2:
                raise BadInputError("these scores are no table of frames by classes", where=f"{path}, {video}")
            if not np.isfinite(scores).all():
                raise BadInputError("a score is not a number", where=f"{path}, {video}", fix="Scores are from 0 to 1")
            yield ScoreTrack(video, scores)


def write_scores(path: Path, tracks: Iterable[ScoreTrack]) -> int:
    """Write score tables (zipped if the name ends in ``.gz``), one video at a time; returns how many."""
    count = 0
    with replacing(path) as part, _written(part, path.suffix.lower() == ".gz") as stream:
        stream.write("{")
        for track in tracks:
            stream.write((",\n" if count else "\n") + json.dumps(track.video, ensure_ascii=False) + ": [")
            for number, row in enumerate(track.scores):
                # A float32 as the shortest text that reads as the same float32.
                cells = ", ".join(str(value) for value in np.asarray(row, np.float32))
                stream.write((", [" if number else "[") + cells + "]")
            stream.write("]")
            count += 1
        stream.write("\n}\n")
    return count


def spot_scores(path: Path, options: Options) -> Iterator[Document]:
    """Spots made of a score file: column 0 is background, the others are the classes in their order.

    Errors:
        BadInputError: no class list or rate is given, or another number of columns.
    """
    classes, rate = options.classes, options.rate
    if classes is None or rate is None:
        raise BadInputError(
            "a score file says neither its classes nor its frame rate",
            where=path,
            fix="Give --classes (its class.txt) and --rate (frames a second of the scores)",
        )
    spotting = Spotting(threshold=options.threshold)
    named = _named(({"video": t.video, "events": [], "scores": t.scores} for t in read_scores(path)), path)
    for game, halves in groupby(named, key=lambda v: v[0]):
        spots: list[Spot] = []
        infos: dict[int, HalfInfo] = {}
        for _, half, video in halves:
            scores = video["scores"]
            if scores.shape[1] != len(classes) + 1:
                raise BadInputError(
                    f"the scores have {scores.shape[1]} columns; {len(classes)} classes and background make "
                    f"{len(classes) + 1}",
                    where=f"{path}, {video['video']}",
                    fix="Give the class list that the scores were made with",
                )
            times = np.round(np.arange(len(scores)) * (1e6 / rate)).astype(np.int64)
            half_spots = spots_of_half(half, times, scores[:, 1:], None, classes, spotting, source=IMPORTED)
            spots += half_spots
            infos[half] = HalfInfo(rate, len(scores), file=video["video"])
        yield Document.of(spots, game, infos)
