"""OSL JSON 2.0, the annotation file of the OpenSportsLab tools: localization events of many videos.

    {"version": "2.0", "date", "dataset_name", "description", "modalities": ["video"], "metadata": {},
     "labels": {"action": {"type": "single_label", "labels": [...]}},
     "data": [{"id", "inputs": [{"type": "video", "path", "fps"}], "metadata": {},
               "events": [{"head": "action", "label", "position_ms", "confidence_score"}]}]}

A sample is one video, so a half. Its match and half are read from its metadata (``game`` or ``game_id``, ``half``),
else from an input called ``<game>/1_720p.mkv``, else the sample is a match of one half: that of its ``game_id`` or
``id``, else of the folder of its video. Team and visibility are event fields of their own, which the tools keep.
Samples are read one by one.

The first version has ``videos`` with SoccerNet's annotations, and is only read:

    {"version": 1, "date", "labels": [...], "videos": [{"path_video", "path_features", "annotations": [
        {"gameTime": "1 - 00:10", "label", "position", "team", "visibility"}]}]}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import ijson

from spotting_core.base.archives import unpacked
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.base.json_places import no_json
from spotting_core.base.nesting import LARGEST_PIECE, JsonStream
from spotting_core.base.repeated_keys import KeyedObject, repeated_keys_clause, repeats_of
from spotting_core.domain.spots import TRUTH, Spot
from spotting_core.formats import labels_v2
from spotting_core.formats.document import MOST_RATE, Document, Entry, HalfInfo, Options, check_fields, possible
from spotting_core.formats.written_numbers import named_half

FORM, FIRST = "osl", "osl-v1"
VERSION = "2.0"
HEAD = "action"
IMPORTED = "imported"
_VISIBLE = {"visible": True, "not shown": False}
_LEVEL = 2  # objects and lists in which a sample or video lies
_OWN = {"label", "position_ms", "confidence_score", "team", "visibility"}
_SAMPLE_OWN, _INPUT_OWN = {"id", "game_id", "half", "inputs", "metadata"}, {"type", "path", "fps"}
_METADATA_OWN = {"id", "game", "game_id", "half"}
_HALF_FILE = re.compile(r"^(?:(.*)/)?([12])(?:_[^/]*|\.[^/.]*)?$")
_SIZE_FILE = re.compile(r"^(.+)/(?:\d{3,4}p|HQ|LQ|video|match)\.\w+$", re.IGNORECASE)  # a video named by its size alone


def read_documents(path: Path, options: Options) -> Iterator[Document]:
    """Matches of a file, one by one; samples of a match that follow each other are joined.

    Errors:
        BadInputError: not of this form; names the sample and event.
    """
    try:
        header = _header(path)
        with unpacked(path) as file:
            stream = JsonStream(file, path, LARGEST_PIECE, _LEVEL)
            samples = ijson.items(stream, "data.item", use_float=True, map_type=KeyedObject)
            for game, halves in groupby(_placed(samples, path), key=lambda s: s[0]):
                yield _document(game, ((half, sample) for _, half, sample in halves), header, path)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise no_json(error, path) from error


def _header(path: Path) -> dict[str, Any]:
    """The root's fields without ``data``, which is passed over."""
    header: dict[str, Any] = {}
    in_header = False
    with unpacked(path) as file:
        stream, builder, key = JsonStream(file, path, LARGEST_PIECE, _LEVEL), None, ""
        for prefix, event, value in ijson.parse(stream, use_float=True):
            if prefix == "" and event == "map_key":
                key, builder = value, ijson.ObjectBuilder()
                in_header = in_header or key == "data"
            elif prefix == "" and event not in ("start_map", "end_map"):
                break
            elif builder is not None and key != "data" and prefix:
                builder.event(event, value)
                header[key] = builder.value
    if not in_header:
        raise BadInputError("this file has no data of samples", where=path, fix="Expected the OSL form, version 2")
    return header


def _placed(samples: Iterable[Any], path: Path) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    for number, sample in enumerate(samples, start=1):
        if not isinstance(sample, dict) or not isinstance(sample.get("events", []), list):
            raise BadInputError("expected a sample with events", where=f"{path}, sample {number}")
        metadata = sample.get("metadata")
        fields: dict[str, Any] = metadata if isinstance(metadata, dict) else {}
        path_text = str(_input(sample).get("path") or "").replace("\\", "/")
        file, name = _HALF_FILE.match(path_text), _name(sample, fields, path_text) or str(number)
        half = named_half(str(fields.get("half", sample.get("half"))))
        if half is not None:
            yield str(fields.get("game", name)), half, sample
        elif file:
            yield file[1] or name, int(file[2]), sample
        else:
            yield name, 1, sample


def _name(sample: Mapping[str, Any], fields: Mapping[str, Any], path: str) -> str:
    """The match of a sample: what it is called, else where its video lies; empty where nothing says it."""
    named = [source.get(key) for key in ("game_id", "id") for source in (sample, fields)]
    said = next((str(value) for value in named if isinstance(value, str | int) and str(value).strip()), "")
    if said or not path:
        return said
    sized = _SIZE_FILE.match(path)
    return sized[1] if sized else path.rsplit(".", 1)[0]


def _input(sample: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = sample.get("inputs")
    return inputs[0] if isinstance(inputs, list) and inputs and isinstance(inputs[0], dict) else {}


def _document(
    game: str, halves: Iterable[tuple[int, Mapping[str, Any]]], header: Mapping[str, Any], path: Path
) -> Document:
    entries: list[Entry] = []
    infos: dict[int, HalfInfo] = {}
    repeats: list[str] = []
    for half, sample in halves:
        where = f"{path}, sample {sample.get('id', game)}"
        if half in infos:
            raise BadInputError(f"half {half} of this match occurs twice", where=where)
        video = _input(sample)
        fps = video.get("fps")
        extras = {k: v for k, v in sample.items() if k != "events"}
        rate = float(fps) if isinstance(fps, int | float) and 0 < fps <= MOST_RATE else None
        file = video.get("path")
        infos[half] = HalfInfo(rate, file=file if isinstance(file, str) else None, extras=extras)
        rows = sample.get("events", [])
        entries += [_entry(f"{where}, event {n}", half, row) for n, row in enumerate(rows, start=1)]
        repeats += repeats_of(sample, str(sample.get("id", game)), "events")
    notes = (repeated_keys_clause(path, repeats),) if repeats else ()
    return Document(tuple(entries), game, FORM, header, infos, notes)


def _entry(where: str, half: int, row: Any) -> Entry:
    check_fields(row, ("label", "position_ms"), "event", where)
    try:
        time = round(float(row["position_ms"]) * 1000)
        label = labels_v2.text_label(row["label"], where)
        confidence_text = row.get("confidence_score")
        confidence = None if confidence_text is None else float(confidence_text)
    except (TypeError, ValueError, ArithmeticError) as error:
        what = f"the position_ms or confidence_score of this event cannot be read ({error})"
        raise BadInputError(what, where=where, fix="Give them as numbers") from error
    extras = {k: v for k, v in row.items() if k not in _OWN}
    for key, known in (("team", ("home", "away")), ("visibility", _VISIBLE)):
        if key in row and (not isinstance(row[key], str) or row[key] not in known):
            extras[key] = row[key]
    team = row.get("team") if row.get("team") in ("home", "away") else "unknown"
    visible = _VISIBLE.get(str(row.get("visibility")))
    source = TRUTH if confidence is None else IMPORTED
    return Entry(possible(Spot(half, time, label, confidence, str(team), visible, source), where), extras)


def video_fields_of(sample: Mapping[str, Any]) -> Iterator[str]:
    """What of a sample only this format can say: fields of its own, of its video and of its metadata."""
    metadata = sample.get("metadata")
    inner = [(_input(sample), _INPUT_OWN), (metadata if isinstance(metadata, dict) else {}, _METADATA_OWN)]
    for fields, own in ((sample, _SAMPLE_OWN), *inner):
        yield from (name for name, value in fields.items() if name not in own and value not in (None, "", [], {}))


# --- the first version --------------------------------------------------------------------------------


def read_first_version(path: Path, options: Options) -> Iterator[Document]:
    """Matches of a file of the first version, one by one; videos of a match that follow each other are joined.

    Errors:
        BadInputError: not of this form; names the video and annotation.
    """
    try:
        with unpacked(path) as file:
            stream = JsonStream(file, path, LARGEST_PIECE, _LEVEL)
            videos = ijson.items(stream, "videos.item", use_float=True, map_type=KeyedObject)
            for game, halves in groupby(_placed_videos(videos, path), key=lambda v: v[0]):
                yield _first_document(game, [(half, video) for _, half, video in halves], path)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise no_json(error, path) from error


def _placed_videos(videos: Iterable[Any], path: Path) -> Iterator[tuple[str, int | None, Mapping[str, Any]]]:
    """Match, half (None where the annotations say it), and video."""
    for number, video in enumerate(videos, start=1):
        if not isinstance(video, dict) or not isinstance(video.get("annotations", []), list):
            raise BadInputError("expected a video with annotations", where=f"{path}, video {number}")
        name = str(video.get("path_video") or video.get("path_features") or number).replace("\\", "/")
        file = _HALF_FILE.match(name)
        yield (file[1] or str(number), int(file[2]), video) if file else (name.rsplit(".", 1)[0], None, video)


def _first_document(game: str, halves: list[tuple[int | None, Mapping[str, Any]]], path: Path) -> Document:
    entries: list[Entry] = []
    infos: dict[int, HalfInfo] = {}
    repeats: list[str] = []
    for half, video in halves:
        where = f"{path}, {video.get('path_video', game)}"
        rows = video.get("annotations", [])
        own = [labels_v2.entry(f"{where}, annotation {n}", row) for n, row in enumerate(rows, start=1)]
        other = next((e.spot.half for e in own if half is not None and e.spot.half != half), None)
        if other is not None:
            raise BadInputError(
                f"the video is half {half}, and an annotation says half {other}", where=where, fix="Correct one of them"
            )
        file = video.get("path_video")
        infos[half or 1] = HalfInfo(file=file if isinstance(file, str) else None)
        entries += own
        repeats += repeats_of(video, str(video.get("path_video", game)), "annotations")
    entries, notes = labels_v2.of_halves(entries)
    if repeats:
        notes = (*notes, repeated_keys_clause(path, repeats))
    return Document(tuple(entries), game, FIRST, halves=infos, notes=notes)


# --- writing ------------------------------------------------------------------------------------------


def write_documents(path: Path, documents: Iterable[Document], options: Options) -> int:
    """Write matches as one file, sample by sample; returns how many matches.

    The label schema comes last, when all classes that occur are known.
    """
    count = 0
    header: dict[str, Any] | None = None
    labels: dict[str, None] = dict.fromkeys(options.classes.names if options.classes else ())
    with replacing(path) as part, part.open("w", encoding="utf-8") as stream:
        for document in documents:
            count += 1
            if header is None:
                header = _root(document)
                fields = (f"{json.dumps(k)}: {_text(v)},\n" for k, v in header.items() if k != "labels")
                stream.write("{\n" + "".join(fields) + '"data": [')
                first = True
            for half in document.half_numbers():
                stream.write(("\n" if first else ",\n") + _text(_sample(document, half)))
                first = False
            labels |= dict.fromkeys(s.label for s in document.spots)
        header = header or _root(Document(()))
        if not count:
            stream.write("{\n" + "".join(f"{json.dumps(k)}: {_text(v)},\n" for k, v in header.items()) + '"data": [')
        stream.write("\n],\n" + f'"labels": {_text(_schema(header, list(labels)))}\n}}\n')
    return count


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _root(document: Document) -> dict[str, Any]:
    made = {"version": VERSION, "date": date.today().isoformat(), "dataset_name": document.game, "description": ""}
    return {**made, "modalities": ["video"], "metadata": {}, **document.kept(FORM)}


def _schema(header: Mapping[str, Any], labels: list[str]) -> dict[str, Any]:
    """The root's label schema, with the classes that occur added to the head of actions if none has them."""
    kept = header.get("labels")
    heads = {k: dict(v) for k, v in kept.items() if isinstance(v, dict)} if isinstance(kept, dict) else {}
    heads = {k: v for k, v in heads.items() if isinstance(v.get("labels", []), list)}
    known = {name for head in heads.values() for name in head.get("labels", ()) if isinstance(name, str)}
    missing = [name for name in labels if name not in known]
    if missing or not heads:
        head = heads.setdefault(HEAD, {"type": "single_label", "labels": []})
        head["labels"] = [*head.get("labels", ()), *missing]
    return heads


def _sample(document: Document, half: int) -> dict[str, Any]:
    info = document.halves.get(half, HalfInfo())
    name = document.game or "match"
    video = {"type": "video", "path": info.file or f"{name}/{half}_720p.mkv"}
    if info.rate:
        video["fps"] = info.rate  # type: ignore[assignment]
    made = {"id": f"{name}/{half}", "inputs": [video], "metadata": {"game": document.game, "half": half}}
    events = [_event(document, e) for e in document.entries if e.spot.half == half]
    return {**(document.half_extras(half, FORM) or made), "events": events}


def _event(document: Document, entry: Entry) -> dict[str, Any]:
    spot, extras = entry.spot, document.extras(entry, FORM)
    row: dict[str, Any] = {"head": extras.pop("head", HEAD), "label": spot.label}
    milliseconds = spot.time / 1000
    row["position_ms"] = int(milliseconds) if milliseconds.is_integer() else milliseconds
    if spot.confidence is not None:
        row["confidence_score"] = spot.confidence
    if spot.team != "unknown":
        extras["team"] = spot.team
    if spot.visible is not None:
        extras["visibility"] = "visible" if spot.visible else "not shown"
    return {**row, **extras}
