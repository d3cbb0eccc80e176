"""Files of every format as programs may write them, and what they say.

A maker takes a case, the value of each feature by its name, and gives the file and its spots. Features are those that
specifications leave open, and those in which files of the trade differ.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from spotting_core.domain.timecode import (
    frame_rate,
    frames_to_microseconds,
    microseconds_to_frames,
    parse_timecode,
    timecode,
)
from spotting_core.formats.document import Options

Said = tuple[int, int, str, float | None]
"""Half, microseconds, label, confidence."""
_SECOND = 1_000_000


@dataclass(frozen=True)
class Made:
    """A file that was made.

    Arguments:
        says: its spots in order of half and time, or None where it may not be read.
    """

    name: str
    content: bytes
    says: Sequence[Said] | None
    options: Options = field(default_factory=Options)


@dataclass(frozen=True)
class Variations:
    """What is varied of a format: values by feature, the maker, and how far read times may lie off (microseconds)."""

    form: str
    features: Mapping[str, Sequence[str]]
    make: Callable[[Mapping[str, str]], Made]
    slack: int = 0


_ENCODINGS = ("utf-8", "utf-8 with mark", "utf-16 little", "utf-16 big")
_CODECS = {"utf-8": "utf-8", "utf-8 with mark": "utf-8-sig", "windows-1252": "cp1252", "Shift-JIS": "cp932"}
_PACKS = ("plain", "zip", "gzip")
_ACTIONS: tuple[Said, ...] = (
    (1, 12 * _SECOND, "Goal", None),
    (1, 763 * _SECOND, "Corner", None),
    (2, 70 * _SECOND, "Goal", None),
)


def _encoded(text: str, encoding: str) -> bytes:
    if encoding == "utf-16 little":
        return b"\xff\xfe" + text.encode("utf-16-le")
    if encoding == "utf-16 big":
        return b"\xfe\xff" + text.encode("utf-16-be")
    return text.encode(_CODECS[encoding])


def _packed(name: str, content: bytes, pack: str) -> tuple[str, bytes]:
    if pack == "gzip":
        return f"{name}.gz", gzip.compress(content)
    if pack == "zip":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
            archive.writestr(f"__MACOSX/._{name}", b"x")
        return f"{name.rsplit('.', 1)[0]}.zip", stream.getvalue()
    return name, content


def _number(value: int, how: str) -> Any:
    return {"text": str(value), "number": value, "fraction": value + 0.0, "text with fraction": f"{value}.0"}[how]


def _clock(time: int, how: str = "mm:ss") -> str:
    seconds = time // _SECOND
    return f"{seconds // 60:02d}:{seconds % 60:02d}" if how == "mm:ss" else f"{seconds // 60}:{seconds % 60}"


def _label(label: str, how: str) -> str:
    return {"plain": label, "space behind": f"{label} ", "spaces around": f"  {label}\t"}[how]


# --- SoccerNet ----------------------------------------------------------------------------------------


def _moment(case: Mapping[str, str], half: int, time: int) -> dict[str, Any]:
    """When a row of Labels-v2 or Labels-cameras lies, as a case writes it; it says so in one way at least."""
    row: dict[str, Any] = {}
    if case["gameTime"] != "missing":
        between = "-" if case["gameTime"] == "1-12:43" else " - "
        row["gameTime"] = f"{half}{between}{_clock(time)}"
        row["gameTime"] = f" {row['gameTime']} " if case["gameTime"] == "spaces around" else row["gameTime"]
    if case["half"] != "missing" or case["gameTime"] == "missing":
        row["half"] = _number(half, "text" if case["half"] == "missing" else case["half"])
    if case["position"] == "empty" and case["gameTime"] != "missing":
        row["position"] = ""
    elif case["position"] != "missing" or case["gameTime"] == "missing":
        how = case["position"] if case["position"] not in ("empty", "missing") else "text"
        row["position"] = _number(time // 1000, how)
    return row


def _soccernet(case: Mapping[str, str], confidence: bool) -> Made:
    rows = []
    for half, time, label, _ in _ACTIONS:
        row: dict[str, Any] = {"label": _label(label, case["label"])}
        row |= _moment(case, half, time)
        if confidence:
            row["confidence"] = {"text": "0.5", "number": 0.5, "exponent": "5e-1"}[case["confidence"]]
        elif case["team"] != "missing":
            row |= {"team": case["team"], "visibility": "visible"}
        rows.append(row)
    content = {"UrlLocal": "a/b/", "predictions" if confidence else "annotations": rows, "more": {"a": [1]}}
    name = "mine.json"
    name, packed = _packed(name, _encoded(json.dumps(content, ensure_ascii=False), case["encoding"]), case["packed"])
    return Made(name, packed, [(h, t, n, 0.5 if confidence else None) for h, t, n, _ in _ACTIONS])


_SOCCERNET = {
    "gameTime": ("1 - 12:43", "1-12:43", "spaces around", "missing"),
    "position": ("text", "number", "fraction", "text with fraction", "empty", "missing"),
    "half": ("missing", "number", "text"),
    "label": ("plain", "space behind", "spaces around"),
    "encoding": _ENCODINGS,
    "packed": ("plain", "zip"),
}


def _labels_v2(case: Mapping[str, str]) -> Made:
    return _soccernet(case, confidence=False)


def _results(case: Mapping[str, str]) -> Made:
    return _soccernet(case, confidence=True)


def _labels_v1(case: Mapping[str, str]) -> Made:
    read_as = {"soccer-ball": "Goal", "soccer-ball-own": "Goal", "y-card": "Yellow card", "yr-card": "Yellow->red card"}
    rows, says = [], []
    for number, (half, time, _, _) in enumerate(_ACTIONS):
        label = (case["first"], "y-card", "yr-card")[number]
        text = f"{half}{' - ' if case['gameTime'] != '1-12:43' else '-'}{_clock(time)}"
        row: dict[str, Any] = {"gameTime": f" {text} " if case["gameTime"] == "spaces around" else text}
        row["label"] = _label(label, case["label"])
        if case["half"] != "missing":
            row["half"] = _number(half, case["half"])
        if case["team"] != "missing":
            row["team"] = case["team"]
        rows.append(row)
        says.append((half, time, read_as[label], None))
    content = {"annotations": rows, "UrlLocal": "a/b/"} if case["annotations"] == "first" else {
        "UrlLocal": "a/b/", "UrlYoutube": "", "annotations": rows
    }  # fmt: skip
    text = json.dumps(content, ensure_ascii=False)
    name, packed = _packed("mine.json", _encoded(text, case["encoding"]), case["packed"])
    return Made(name, packed, says)


def _cameras(case: Mapping[str, str]) -> Made:
    rows, says = [], []
    link: dict[str, Any] = {"label": "Goal", "half": "1", "time": "00:12", "visibility": "visible"}
    for half, time, _, _ in _ACTIONS:
        row: dict[str, Any] = {"label": _label("Main camera center", case["label"])}
        row |= _moment(case, half, time)
        if case["change_type"] != "missing":
            row["change_type"] = "smooth " if case["change_type"] == "space behind" else case["change_type"]
        if case["replay"] != "missing" or case["change_type"] == "missing":
            row["replay"] = {"missing": "replay", "space behind": "replay "}.get(case["replay"], case["replay"])
        if case["link"] != "none":
            row["link"] = {
                "text": link, "numbers": {**link, "half": 1}, "position": {**link, "position": "12000"},
                "spaces": {**link, "label": "Goal ", "half": " 1 ", "time": " 00:12 "},
            }[case["link"]]  # fmt: skip
        if case["confidence"] != "missing":
            row["confidence"] = {"text": "0.5", "number": 0.5}[case["confidence"]]
        rows.append(row)
        more = (
            row.get("change_type", "").strip(),
            "replay" if row.get("replay", "").strip().lower() == "replay" else "",
        )
        shown = "Goal 1 12000000" if case["link"] != "none" else ""
        sure = None if case["confidence"] == "missing" else 0.5
        says.append((half, time, "|".join(("Main camera center", *more, shown)), sure))
    text = json.dumps({"UrlLocal": "a/b/", "annotations": rows, "more": {"a": [1]}}, ensure_ascii=False)
    name, packed = _packed("mine.json", _encoded(text, case["encoding"]), case["packed"])
    return Made(name, packed, says)


def _game_state(case: Mapping[str, str]) -> Made:
    half, time, label, _ = _ACTIONS[1]
    between = "-" if case["game_time_start"] == "1-12:43" else " - "
    info: dict[str, Any] = {
        "version": "1.3", "name": "SNGS-021", "action_class": _label(label, case["action_class"]),
        "action_position": _number(time // 1000, case["action_position"]),
        "game_time_start": f"{half}{between}{_clock(time - 15 * _SECOND)}", "visibility": "visible", "frame_rate": 25,
    }  # fmt: skip
    if case["clip"] == "there":
        info |= {"clip_start": str(time // 1000 - 15_000), "clip_stop": str(time // 1000 + 15_000)}
    people = {
        "images": [{"image_id": "1021000001", "file_name": "000001.jpg"}],
        "annotations": [{"image_id": "1021000001", "track_id": 1, "bbox_image": {"x": 1}, "bbox_pitch": None}],
        "categories": [{"id": 1, "name": "player"}],
    }
    content = {"info": info, **people} if case["info"] == "first" else {**people, "info": info}
    name, packed = _packed("set.json", _encoded(json.dumps(content), case["encoding"]), case["packed"])
    return Made(name, packed, [(half, time, label, None)])


# --- E2E-Spot, OSL ------------------------------------------------------------------------------------


def _e2e(case: Mapping[str, str]) -> Made:
    rate = {"25": 25.0, "2.0833": 25 / 12, "29.97": 30000 / 1001, "-1": -1.0, "missing": None}[case["fps"]]
    counted = frame_rate(rate) if rate and rate > 0 else Fraction(25)
    videos, says = [], []
    for half in (1, 2):
        events = []
        for own, time, label, _ in _ACTIONS:
            if own == half:
                frame = microseconds_to_frames(time, Fraction(rate) if rate and rate > 0 else counted)
                event: dict[str, Any] = {"frame": _number(frame, case["frame"]), "label": _label(label, case["label"])}
                if case["of"] == "predictions":
                    event["score"] = 0.5
                else:
                    event["comment"] = "home; visible"
                events.append(event)
                seconds = frame * _SECOND / (rate if rate and rate > 0 else 25.0)
                says.append((half, round(seconds), label, 0.5 if case["of"] == "predictions" else None))
        names = {
            "game/1": f"game/{half}",
            "game/1_224p": f"game/{half}_224p",
            "game/1_720p.mkv": f"game/{half}_720p.mkv",
        }
        video: dict[str, Any] = {"video": names[case["video"]], "events": events, "num_events": len(events)}
        videos.append(video if rate is None else {**video, "fps": rate})
    name, content = _packed("val.json", _encoded(json.dumps(videos), case["encoding"]), case["packed"])
    return Made(name, content, says)


def _osl(case: Mapping[str, str]) -> Made:
    samples = []
    for half in (1, 2):
        path = {
            "1_720p.mkv": f"made/game/{half}_720p.mkv",
            "half in metadata": "made/game/whole.mp4",
            "1.mp4": f"made/game/{half}.mp4",
        }
        sample: dict[str, Any] = {"inputs": [{"type": "video", "path": path[case["video"]], "fps": 25.0}]}
        if case["video"] == "half in metadata":
            sample["metadata"] = {"half": half, "game": "made/game"}
        sample |= {"id": {"id": f"x{half}"}, "game_id": {"game_id": "made/game"}}.get(case["named by"], {})
        sample["events"] = [
            {"head": "action", "label": _label(label, case["label"]),
             "position_ms": _number(time // 1000, case["position_ms"])}
            for own, time, label, _ in _ACTIONS if own == half
        ]  # fmt: skip
        samples.append(sample)
    root: dict[str, Any] = {
        "version": "2.0",
        "labels": {"action": {"type": "single_label", "labels": ["Goal", "Corner"]}},
    }
    root |= {"there": {"modalities": ["video"]}, "missing": {}}[case["modalities"]]
    root = {"data": samples, **root} if case["data"] == "first" else {**root, "data": samples}
    name, content = _packed("set.json", _encoded(json.dumps(root), case["encoding"]), case["packed"])
    return Made(name, content, list(_ACTIONS))


def _osl_first(case: Mapping[str, str]) -> Made:
    videos = []
    for half in (1, 2):
        rows = [
            {"gameTime": f"{half} - {_clock(time)}", "label": _label(label, case["label"]), "team": "home",
             **({"position": _number(time // 1000, case["position"])} if case["position"] != "missing" else {})}
            for own, time, label, _ in _ACTIONS if own == half
        ]  # fmt: skip
        videos.append({case["video by"]: f"game/{half}_224p.mkv", "annotations": rows})
    root = {
        "version": _number(1, case["version"]),
        "date": "2023.08.31",
        "videos": videos,
        "labels": ["Goal", "Corner"],
    }
    name, content = _packed("train.json", _encoded(json.dumps(root), case["encoding"]), case["packed"])
    return Made(name, content, list(_ACTIONS))


# --- tables, Sportscode, WebVTT -----------------------------------------------------------------------


def _csv(case: Mapping[str, str]) -> Made:
    between = {"comma": ",", "semicolon": ";", "tab": "\t"}[case["between"]]
    comma = case["decimals"] == "comma" and between != ","
    lines, says = [f"sep={between}"] if case["first line"] == "sep=" else [], []

    def written(value: float, places: int = 2) -> str:
        text = f"{value:.{places}f}"
        return text.replace(".", ",") if comma else text

    def quoted(cell: str) -> str:
        return f'"{cell}"' if case["quotes"] == "all" else cell

    names = {"lower": str.lower, "Capital": str.capitalize, "UPPER": str.upper}[case["header"]]
    column = {"seconds": "seconds", "milliseconds": "position"}.get(case["time"], "time")
    head = [names(n) for n in ("half", column, "label", "confidence", "Spieler")]
    player = "クリスタル・パレスのミュラー" if case["encoding"] == "Shift-JIS" else "Müller"
    lines.append(between.join(map(quoted, head)))
    for half, time, label, _ in _ACTIONS:
        seconds = time // _SECOND
        clock = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        cell = {
            "seconds": written(seconds + 0.25), "milliseconds": str(seconds * 1000 + 250),
            "mm:ss": f"{seconds // 60}:{seconds % 60:02d}", "h:mm:ss": clock, "day zero": f"1899-12-30 {clock}",
            "AM": f"12:{seconds // 60 % 60:02d}:{seconds % 60:02d} AM",
        }[case["time"]]  # fmt: skip
        sure = {"fraction": written(0.93), "percent sign": "93%" if not comma else "93 %", "missing": ""}[
            case["confidence"]
        ]
        named = {"number": str(half), "1st half": ("1st half", "2nd half")[half - 1], "H1": f"H{half}"}[case["half"]]
        lines.append(between.join(map(quoted, (named, cell, label, sure, player))))
        at = time + 250_000 if column != "time" else time
        says.append((half, at, label, None if case["confidence"] == "missing" else 0.93))
    end = {"unix": "\n", "windows": "\r\n"}[case["line ends"]]
    return Made("spots.csv", _encoded(end.join(lines) + end, case["encoding"]), says)


def _sportscode(case: Mapping[str, str]) -> Made:
    written = {"seconds": "{:.1f}", "decimal comma": "{:.1f}", "clock": ""}[case["times"]]

    def at(seconds: float) -> str:
        if case["times"] == "clock":
            return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{seconds % 60:04.1f}"
        return written.format(seconds).replace(".", "," if case["times"] == "decimal comma" else ".")

    label = {
        "none": "", "somebody's Half": "<label><group>Half</group><text>1st half</text></label>",
        "without group": "<label><text>left foot</text></label>",
    }[case["labels"]]  # fmt: skip
    rows = "".join(
        f"<instance><ID>{n}</ID><start>{at(t / _SECOND)}</start><end>{at(t / _SECOND + 5)}</end>"
        f"<code>{_label(name, case['code'])}</code>{label}</instance>"
        for n, (_, t, name, _) in enumerate(_ACTIONS[:2], start=1)
    )
    encoding = "utf-16" if case["encoding"].startswith("utf-16") else "utf-8"
    declared = "" if case["declared"] == "no" else f'<?xml version="1.0" encoding="{encoding}"?>\n'
    text = f"{declared}<file><ALL_INSTANCES>{rows}</ALL_INSTANCES></file>"
    return Made("timeline.xml", _encoded(text, case["encoding"]), list(_ACTIONS[:2]))


def _webvtt(case: Mapping[str, str]) -> Made:
    def at(time: int) -> str:
        text = f"{time // 60_000_000:02d}:{time // _SECOND % 60:02d}.{time // 1000 % 1000:03d}"
        text = f"00:{text}" if case["hours"] == "there" else text
        return text.replace(".", case["decimals"])

    cues = []
    for number, (_, time, name, _) in enumerate(_ACTIONS[:2], start=1):
        identifier = {"none": [], "number": [str(number)], "words": ["an action"]}[case["identifier"]]
        settings = " align:start position:10%" if case["settings"] == "there" else ""
        cues.append("\n".join([*identifier, f"{at(time)} --> {at(time + _SECOND)}{settings}", name]))
    note = "NOTE by hand\n\n" if case["notes"] == "there" else ""
    text = f"WEBVTT\n\n{note}" + "\n\n".join(cues) + "\n"
    text = text.replace("\n", {"unix": "\n", "windows": "\r\n"}[case["line ends"]])
    return Made("chapters.vtt", _encoded(text, case["encoding"]), list(_ACTIONS[:2]))


# --- edit timelines -----------------------------------------------------------------------------------

_RATES = {
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "30": Fraction(30),
    "59.94": Fraction(60000, 1001),
    "23.976": Fraction(24000, 1001),
}
_BEGINS = {"00:00:00:00": 0, "01:00:00:00": 1, "10:00:00:00": 10}


def _edl(case: Mapping[str, str]) -> Made:
    rate = _RATES[case["rate"]]
    drop = case["counts"] == "drop-frame" and case["rate"] in ("29.97", "59.94")
    hour = microseconds_to_frames(3600 * _SECOND, Fraction(round(rate)))
    zero = _BEGINS[case["begins"]] * hour
    if drop:
        zero = _BEGINS[case["begins"]] * (hour - 108 * (round(rate) // 30))
    frames = [microseconds_to_frames(t, rate) for _, t, _, _ in _ACTIONS[:2]]

    def tc(frame: int) -> str:
        return timecode(frame, rate, drop=drop)

    lines = ["TITLE:   match", f"FCM: {'DROP FRAME' if drop else 'NON-DROP FRAME'}"]
    if case["rate said by"] == "comment":
        lines.append(f"* RATE: {rate}")
    if case["markers"] == "Resolve":
        for number, (frame, (_, _, name, _)) in enumerate(zip(frames, _ACTIONS, strict=False), start=1):
            span = f"{tc(zero + frame)} {tc(zero + frame + 1)}"
            lines += [
                f"{number:03d}  001      V     C        {span} {span}",
                f" |C:ResolveColorBlue |M:{name} |D:1",
                "",
            ]
    else:
        length = microseconds_to_frames(2700 * _SECOND, rate)
        source = zero if case["source"] == "time of day" else 0
        lines.append(f"001  AX       V     C        {tc(source)} {tc(source + length)} {tc(zero)} {tc(zero + length)}")
        lines.append("* FROM CLIP NAME:  match.mp4")
        colour = "RED     " if case["markers"] == "Avid" else ""
        lines += [f"* LOC: {tc(zero + f)} {colour}{n}" for f, (_, _, n, _) in zip(frames, _ACTIONS, strict=False)]
    text = {"unix": "\n", "windows": "\r\n"}[case["line ends"]].join(lines) + "\n"
    options = Options(rate=float(f"{float(rate):.5g}")) if case["rate said by"] == "reader" else Options()
    says = [(1, frames_to_microseconds(f, rate), n, None) for f, (_, _, n, _) in zip(frames, _ACTIONS, strict=False)]
    return Made("list.edl", _encoded(text, case["encoding"]), says, options)


def _otio(case: Mapping[str, str]) -> Made:
    rate, own = (
        _RATES[case["rate"]],
        _RATES[case["markers count at"]] if case["markers count at"] != "the same" else None,
    )
    begins = _BEGINS[case["file begins"]] * 3600
    first = microseconds_to_frames(begins * _SECOND, rate) if case["media says"] != "nothing" or begins else 0
    length = microseconds_to_frames(2700 * _SECOND, rate)

    def at(frames: int, counted: Fraction = rate) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(counted), "value": float(frames)}

    def span(begin: int, frames: int, counted: Fraction = rate) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "TimeRange.1", "start_time": at(begin, counted), "duration": at(frames, counted)}

    says, markers = [], []
    counted = own or rate
    zero = microseconds_to_frames(frames_to_microseconds(first, rate), counted) if case["markers on"] == "clip" else 0
    where = "range" if case["marker"] == "Marker.1" else "marked_range"
    for _, time, name, _ in _ACTIONS[:2]:
        frame = microseconds_to_frames(time, counted)
        marker: dict[str, Any] = {"OTIO_SCHEMA": case["marker"], "name": _label(name, case["label"])}
        marker |= {where: span(zero + frame, 0, counted), "metadata": {"theirs": {"x": 1}}}
        markers.append(marker | ({"color": "RED"} if case["colour"] == "RED" else {}))
        says.append((1, frames_to_microseconds(frame, counted), name, None))
    media: dict[str, Any] = {"OTIO_SCHEMA": "MissingReference.1", "name": "", "metadata": {}}
    if case["media says"] == "its range":
        media = {"OTIO_SCHEMA": "ExternalReference.1", "target_url": "m.mp4", "available_range": span(first, length)}
    clip: dict[str, Any] = {
        "OTIO_SCHEMA": case["clip"],
        "name": "A",
        "source_range": span(first, length),
        "effects": [],
    }
    if case["clip"] == "Clip.1":
        clip["media_reference"] = media
    else:
        clip |= {"media_references": {"DEFAULT_MEDIA": media}, "active_media_reference_key": "DEFAULT_MEDIA"}
    track: dict[str, Any] = {"OTIO_SCHEMA": "Track.1", "kind": "Video", "name": "V1", "children": [clip]}
    stack: dict[str, Any] = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": [track]}
    {"clip": clip, "track": track, "stack": stack}[case["markers on"]]["markers"] = markers
    timeline: dict[str, Any] = {"OTIO_SCHEMA": "Timeline.1", "name": "m", "tracks": stack}
    if case["timeline begins"] != "unsaid":
        timeline["global_start_time"] = at(
            microseconds_to_frames(_BEGINS[case["timeline begins"]] * 3600 * _SECOND, rate)
        )
    if case["in a collection"] == "yes":
        timeline = {"OTIO_SCHEMA": "SerializableCollection.1", "name": "c", "children": [timeline]}
    return Made("project.otio", _encoded(json.dumps(timeline), case["encoding"]), says)


def _fcpx(case: Mapping[str, str]) -> Made:
    rate = _RATES[case["rate"]]
    frames = [microseconds_to_frames(t, rate) for _, t, _, _ in _ACTIONS[:2]]
    begin, media = _BEGINS[case["begins"]] * 3600, _BEGINS[case["media begins"]] * 3600

    def at(seconds: Fraction | int) -> str:
        value = Fraction(seconds)
        return f"{value.numerator}s" if value.denominator == 1 else f"{value.numerator}/{value.denominator}s"

    markers = "".join(
        f'<{case["marker"]} start="{at(media + f / rate)}" duration="{at(1 / rate)}" '
        f'value="{_label(n, case["label"])}"/>'
        for f, (_, _, n, _) in zip(frames, _ACTIONS, strict=False)
    )
    length = at(2700)
    if case["clip"] == "asset-clip":
        clip = (
            f'<asset-clip ref="r2" offset="{at(begin)}" start="{at(media)}" duration="{length}">{markers}</asset-clip>'
        )
    else:
        clip = (
            f'<clip offset="{at(begin)}" start="{at(media)}" duration="{length}"><video ref="r2" offset="{at(media)}" '
            f'start="{at(media)}" duration="{length}"/>{markers}</clip>'
        )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE fcpxml><fcpxml version="{case["version"]}"><resources>'
        f'<format id="r1" frameDuration="{at(1 / rate)}"/>'
        f'<asset id="r2" start="{at(media)}" duration="{length}" format="r1"/>'
        f'</resources><library><event><project name="p"><sequence format="r1" tcStart="{at(begin)}"><spine>{clip}'
        f"</spine></sequence></project></event></library></fcpxml>"
    )
    says = [(1, frames_to_microseconds(f, rate), n, None) for f, (_, _, n, _) in zip(frames, _ACTIONS, strict=False)]
    return Made("project.fcpxml", text.encode(), says)


def _fcp(case: Mapping[str, str]) -> Made:
    rate = _RATES[case["rate"]]
    base, ntsc = round(rate), "TRUE" if rate.denominator == 1001 else "FALSE"
    said = f"<rate><timebase>{base}</timebase><ntsc>{ntsc}</ntsc></rate>"
    frames = [microseconds_to_frames(t, rate) for _, t, _, _ in _ACTIONS[:2]]
    length = microseconds_to_frames(2700 * _SECOND, rate)
    hours = _BEGINS[case["file begins"]]
    drop = case["counts"] == "DF" and case["rate"] in ("29.97", "59.94")
    first = parse_timecode(f"{hours:02d}:00:00:00", rate, drop=drop)
    shown = "" if case["counts"] == "unsaid" else f"<displayformat>{'DF' if drop else 'NDF'}</displayformat>"
    code = (
        f"<timecode><string>{timecode(first, rate, drop=drop)}</string><frame>{first}</frame>{shown}{said}</timecode>"
    )
    markers = "".join(
        f"<marker><name>{n}</name><comment></comment><in>{f}</in><out>-1</out></marker>"
        for f, (_, _, n, _) in zip(frames, _ACTIONS, strict=False)
    )
    on_clip, on_sequence = (markers, "") if case["markers on"] == "clip" else ("", markers)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE xmeml><xmeml version="{case["version"]}">'
        '<sequence id="s"><name>m</name>'
        f'<duration>{length}</duration>{said}{code}{on_sequence}<media><video><track><clipitem id="A"><name>A</name>'
        f"<duration>{length}</duration>{said}<start>0</start><end>{length}</end><in>0</in><out>{length}</out>"
        f'<file id="f"><name>m.mp4</name><pathurl>file://localhost/m.mp4</pathurl>{said}<duration>{length}</duration>{code}'
        f"<media><video/></media></file>{on_clip}</clipitem></track></video></media></sequence></xmeml>"
    )
    says = [(1, frames_to_microseconds(f, rate), n, None) for f, (_, _, n, _) in zip(frames, _ACTIONS, strict=False)]
    return Made("cut.xml", text.encode(), says)


VARIATIONS: tuple[Variations, ...] = (
    Variations("labels-v2", {**_SOCCERNET, "team": ("home", "not applicable", "missing")}, _labels_v2),
    Variations(
        "labels-v1",
        {"gameTime": _SOCCERNET["gameTime"][:3], "half": _SOCCERNET["half"], "label": _SOCCERNET["label"],
         "first": ("soccer-ball", "soccer-ball-own"), "team": ("home", "not applicable", "missing"),
         "annotations": ("last", "first"), "encoding": _ENCODINGS, "packed": ("plain", "zip")},
        _labels_v1,
    ),
    Variations(
        "labels-cameras",
        {**_SOCCERNET, "change_type": ("abrupt", "logo", "space behind", "missing"),
         "replay": ("real-time", "replay", "Replay", "space behind", "missing"),
         "confidence": ("missing", "text", "number"), "link": ("none", "text", "numbers", "position", "spaces")},
        _cameras,
    ),
    Variations(
        "labels-game-state",
        {"action_position": ("text", "number", "fraction"), "game_time_start": ("1 - 12:43", "1-12:43"),
         "action_class": _SOCCERNET["label"], "clip": ("there", "missing"), "info": ("first", "last"),
         "encoding": _ENCODINGS, "packed": ("plain", "zip")},
        _game_state,
    ),
    Variations("results-spotting", {**_SOCCERNET, "confidence": ("text", "number", "exponent")}, _results),
    Variations(
        "e2e-spot",
        {"video": ("game/1", "game/1_224p", "game/1_720p.mkv"), "fps": ("25", "2.0833", "29.97", "-1", "missing"),
         "frame": ("number", "text", "fraction"), "label": ("plain", "space behind"),
         "of": ("labels", "predictions"), "encoding": _ENCODINGS, "packed": _PACKS},
        _e2e, 1,
    ),
    Variations(
        "osl",
        {"named by": ("id", "game_id", "nothing"), "video": ("1_720p.mkv", "half in metadata", "1.mp4"),
         "position_ms": ("number", "text", "fraction"), "modalities": ("there", "missing"), "data": ("last", "first"),
         "label": ("plain", "space behind"), "encoding": _ENCODINGS, "packed": _PACKS},
        _osl,
    ),
    Variations(
        "osl-v1",
        {"video by": ("path_video", "path_features"), "position": ("number", "text", "missing"),
         "version": ("number", "text"), "label": ("plain", "space behind"), "encoding": _ENCODINGS, "packed": _PACKS},
        _osl_first,
    ),
    Variations(
        "sportscode",
        {"times": ("seconds", "clock", "decimal comma"), "labels": ("none", "somebody's Half", "without group"),
         "code": ("plain", "spaces around"), "declared": ("yes", "no"),
         "encoding": ("utf-8", "utf-8 with mark", "utf-16 little", "utf-16 big")},
        _sportscode,
    ),
    Variations(
        "csv",
        {"between": ("comma", "semicolon", "tab"), "decimals": ("point", "comma"), "first line": ("header", "sep="),
         "header": ("lower", "Capital", "UPPER"), "quotes": ("none", "all"), "half": ("number", "1st half", "H1"),
         "time": ("seconds", "milliseconds", "mm:ss", "h:mm:ss", "day zero", "AM"),
         "confidence": ("fraction", "percent sign", "missing"), "line ends": ("unix", "windows"),
         "encoding": (*_ENCODINGS, "windows-1252", "Shift-JIS")},
        _csv,
    ),
    Variations(
        "webvtt",
        {"hours": ("there", "missing"), "decimals": (".", ","), "identifier": ("none", "number", "words"),
         "settings": ("none", "there"), "notes": ("none", "there"), "line ends": ("unix", "windows"),
         "encoding": (*_ENCODINGS, "windows-1252")},
        _webvtt,
    ),
    Variations(
        "otio",
        {"rate": tuple(_RATES), "markers count at": ("the same", "25", "59.94"),
         "file begins": tuple(_BEGINS), "timeline begins": ("unsaid", *_BEGINS), "media says": ("its range", "nothing"),
         "markers on": ("clip", "track", "stack"), "clip": ("Clip.1", "Clip.2"), "marker": ("Marker.1", "Marker.2"),
         "colour": ("RED", "missing"), "label": ("plain", "space behind"), "in a collection": ("no", "yes"),
         "encoding": _ENCODINGS},
        _otio, 1,
    ),
    Variations(
        "edl",
        {"rate": ("25", "29.97", "30", "59.94", "23.976"), "counts": ("non-drop", "drop-frame"),
         "begins": tuple(_BEGINS), "source": ("from zero", "time of day"),
         "markers": ("Avid", "Avid without colour", "Resolve"),
         "rate said by": ("comment", "reader"), "line ends": ("unix", "windows"),
         "encoding": (*_ENCODINGS, "windows-1252")},
        _edl, 1,
    ),
    Variations(
        "fcp-xml",
        {"rate": ("25", "29.97", "30", "59.94", "23.976"), "file begins": tuple(_BEGINS),
         "counts": ("NDF", "DF", "unsaid"), "markers on": ("clip", "sequence"),
         "version": ("4", "5")},
        _fcp, 1,
    ),
    Variations(
        "fcpx-xml",
        {"rate": ("25", "29.97", "30", "59.94", "23.976"), "begins": tuple(_BEGINS), "media begins": tuple(_BEGINS),
         "clip": ("asset-clip", "clip"), "marker": ("marker", "chapter-marker"), "label": ("plain", "space behind"),
         "version": ("1.8", "1.11")},
        _fcpx, 1,
    ),
)  # fmt: skip
