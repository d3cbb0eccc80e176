"""Attacks by files: labels, timelines, settings, archives, arrays, records, checkpoints and cards that mean harm.

Each is read as the product would read it, in a process of its own (``attempt``). The last are not written down: every
reader is given a second of sound files made hostile (``damage``).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import pickle
import random
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch

from benchmarks.attacks import cards
from benchmarks.attacks.attack import Attack
from benchmarks.attacks.attempt import tried
from benchmarks.attacks.damage import damaged
from benchmarks.attacks.readers import Reader, readers
from explain.attribution import Attribution
from spotting_core.base.archives import MOST_ENTRIES, unpacked
from spotting_core.base.arrays import read_packed
from spotting_core.base.errors import TouchlineError
from spotting_core.computing.checkpoint_file import read_checkpoint
from spotting_core.domain.classes import load_classes
from spotting_core.domain.parts import read_parts
from spotting_core.domain.spots import Spot
from spotting_core.entities.prompts import load_prompts
from spotting_core.evaluation.collect import open_games
from spotting_core.evaluation.frames import read_frame_file
from spotting_core.formats import registry
from spotting_core.formats.document import Document, Options
from spotting_core.formats.tree import members, write_members
from spotting_core.training.config import read_config

_FUZZED_SECONDS = 1.0
_DEEP = 200_000  # bytes


def attacks() -> Iterator[Attack]:
    """All attacks by files, kind after kind."""
    known = {reader.name: reader for reader in readers()}
    yield from _nested(known)
    yield from _xml(known)
    yield from _timelines(known)
    yield from _impossible(known)
    yield from _toml()
    yield from _archives()
    yield from _arrays(known)
    yield from _packed()
    yield from _records(known)
    yield from _checkpoints()
    yield from cards.attacks()
    yield from _formulas()
    yield from _fuzzed(known.values())


def _put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _given(reader: Reader, content: bytes) -> Callable[[Path], object]:
    """An attempt: a reader is given other content in place of its sound file's."""
    return lambda folder: reader.read(reader.put(folder, content))


# --- nesting ------------------------------------------------------------------------------------------

_NESTED = {
    "lists that never close": b"[" * _DEEP,
    "objects that never close": b'{"a":' * (_DEEP // 5),
    "lists in objects in the field that counts": b'{"a":[' * (_DEEP // 6),
}
_JSON = (
    "labels-v2", "labels-v1", "labels-cameras", "results-spotting", "e2e-spot", "e2e-spot-scores", "osl", "otio",
    "evaluated labels", "evaluated results", "evaluated cameras", "evaluated replays", "evaluated frames", "split",
    "calibrations", "player boxes", "lines", "camera", "card", "analysis: analysis.json",
)  # fmt: skip
_STARTS = {
    "osl": b'{"version": "2.0", "data": [{"events": ', "e2e-spot": b'[{"video": "a", "events": ',
    "e2e-spot-scores": b'{"a": ',
    "labels-v2": b'{"annotations": ', "results-spotting": b'{"predictions": ',
}  # fmt: skip


def _nested(known: dict[str, Reader]) -> Iterator[Attack]:
    for name in _JSON:
        for what, content in _NESTED.items():
            start = _STARTS.get(name, b"") if "field" in what else b""
            yield tried(f"{name}: {what}", "nesting", _given(known[name], start + content), must_refuse=True)
    closed = b"[" * 20_000 + b"]" * 20_000
    for name in ("otio", "labels-v2", "osl"):
        yield tried(
            f"{name}: 40 kB of lists that close again", "nesting", _given(known[name], closed), must_refuse=True
        )


# --- XML ----------------------------------------------------------------------------------------------

_ENTITIES = b"".join(b'<!ENTITY e%d "&e%d;&e%d;">' % (n + 1, n, n) for n in range(60))
_XML = {
    "elements that nest deeply": b"<a>" * 60_000 + b"</a>" * 60_000,
    "elements that never close": b"<a>" * 60_000,
    "a billion laughs": b'<!DOCTYPE a [<!ENTITY e0 "x">' + _ENTITIES + b"]><a>&e60;</a>",
    "a file as entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "an address as entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "http://127.0.0.1:9/">]><a>&e;</a>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]><a/>',
    "an encoding of many bytes": b'<?xml version="1.0" encoding="utf-7"?><a/>',
    "an encoding that is none": b'<?xml version="1.0" encoding="klingon"?><a/>',
    "nothing": b"",
}


def _xml(known: dict[str, Reader]) -> Iterator[Attack]:
    for name in ("sportscode", "fcp-xml", "fcpx-xml"):
        for what, content in _XML.items():
            yield tried(f"{name}: {what}", "XML", _given(known[name], content), must_refuse=True)


# --- timelines ----------------------------------------------------------------------------------------


def _timelines(known: dict[str, Reader]) -> Iterator[Attack]:
    sound = known["otio"].content
    changes: dict[str, tuple[bytes, bytes]] = {
        "a rate of none": (b'"rate": 25.0', b'"rate": 0.0'),
        "a negative rate": (b'"rate": 25.0', b'"rate": -25.0'),
        "a rate of infinity": (b'"rate": 25.0', b'"rate": 1e999'),
        "another schema": (b"Timeline.1", b"Timeline.999"),
        "a schema of nothing": (b"Clip.2", b"Nothing.1"),
        "a marker of half 7 billion": (b'"half": 1', b'"half": 7000000000'),
        "a marker before the start": (b'"time": ', b'"time": -9'),
        "a marker of infinite confidence": (b'"confidence": 0.75', b'"confidence": Infinity'),
        "a team that is an object": (b'"team": "home"', b'"team": {}'),
    }
    for what, (old, new) in changes.items():
        yield tried(f"otio: {what}", "timelines", _given(known["otio"], sound.replace(old, new)))
    late = " ".join(["99:99:99:99"] * 4)
    texts = {
        "nothing": b"",
        "zeros": bytes(10_000),
        "one line of a megabyte": b"TITLE: " + b"x" * 1_000_000,
        "timecodes of hundreds of hours": f"TITLE: a\n\n001  AX V C {late}\n".encode(),
    }
    for what, content in texts.items():
        yield tried(f"edl: {what}", "timelines", _given(known["edl"], content))


# --- labels that no match can have --------------------------------------------------------------------


def _impossible(known: dict[str, Reader]) -> Iterator[Attack]:
    for what, half, milliseconds, confidence in (
        ("half 0", "0", "2000", "0.5"),
        ("half 7 where there are two", "7", "2000", "0.5"),
        ("a time before the start", "1", "-2000", "0.5"),
        ("a time of a century", "1", "9" * 16, "0.5"),
        ("a time of 400 digits", "1", "9" * 400, "0.5"),
        ("a time of 5000 digits", "1", "9" * 5000, "0.5"),
        ("an infinite confidence", "1", "2000", "1e999"),
        ("a confidence that is no number", "1", "2000", "nan"),
    ):
        for name, content in _label_texts(half, milliseconds, confidence):
            yield tried(
                f"{name}: {what}", "impossible labels",
                partial(_read_with_table, name=name, file=known[name].file, content=content), must_refuse=True,
            )  # fmt: skip
    half_character = b'{"annotations": [{"gameTime": "1 - 00:02", "label": "\\ud800", "position": "2000"}]}'
    yield tried("labels-v2: half a character", "impossible labels", _given(known["labels-v2"], half_character))


def _label_texts(half: str, milliseconds: str, confidence: str) -> Iterator[tuple[str, bytes]]:
    sure = confidence == "0.5"
    row: dict[str, Any] = {"gameTime": f"{half} - 00:02", "label": "Goal", "position": milliseconds}
    if sure:
        yield "labels-v2", json.dumps({"annotations": [row]}).encode()
    result = {**row, "half": half, "confidence": confidence}
    yield "results-spotting", json.dumps({"predictions": [result]}).encode()
    yield "labels-cameras", json.dumps({"annotations": [{**row, "confidence": confidence}]}).encode()
    seconds = f"{milliseconds}e-3"
    yield "csv", f"half,seconds,label,confidence\n{half},{seconds},Goal,{confidence}\n".encode()
    bare = {"nan": "NaN", "1e999": "1e999"}.get(confidence, confidence)
    osl = '{"version": "2.0", "data": [{"id": "a", "metadata": {"half": 1}, "events": [{"label": "Goal", '
    if half == "1":
        yield "osl", f'{osl}"position_ms": {milliseconds}, "confidence_score": {bare}}}]}}]}}'.encode()
        frames = (
            f'[{{"video": "a/1", "fps": 1, "events": [{{"frame": {milliseconds}, "label": "Goal", "score": {bare}}}]}}]'
        )
        if len(milliseconds) > 4 or milliseconds.startswith("-") or not sure:
            yield "e2e-spot", frames.encode()
    pairs = (("Half", half), ("Confidence", confidence))
    labels = "".join(f"<label><group>{group}</group><text>{text}</text></label>" for group, text in pairs)
    instance = f"<instance><start>{seconds}</start><end>{seconds}</end><code>Goal</code>{labels}</instance>"
    yield "sportscode", f"<file><ALL_INSTANCES>{instance}</ALL_INSTANCES></file>".encode()


def _read_with_table(folder: Path, *, name: str, file: str, content: bytes) -> None:
    list(registry.read(_put(folder, file, content), registry.FORMATS[name], Options(load_classes(), 25.0)))


# --- TOML ---------------------------------------------------------------------------------------------

_TOML = {
    "lists that nest deeply": b"a = " + b"[" * 50_000,
    "tables that nest deeply": b"a = " + b"{a = " * 20_000,
    "a key of 50,000 dots": b".".join([b"a"] * 50_000) + b" = 1",
    "a table of 50,000 dots": b"[" + b".".join([b"a"] * 50_000) + b"]",
    "a number of 5000 digits": b"a = " + b"9" * 5000,
    "a day that is none": b"a = 2000-13-45",
    "bytes that are no text": b"\xff\xfe\x00",
    "a megabyte of spaces": b" " * (1 << 20),
    "an entity that is a number": b"entity = 3\nname = 3\nsystem = 3\n",
}


def _toml() -> Iterator[Attack]:
    kinds: tuple[tuple[str, str, Callable[[Path], object]], ...] = (
        ("configuration", "run.toml", read_config),
        ("parts", "own.parts.toml", read_parts),
        ("prompts", "own.toml", load_prompts),
    )
    for kind, file, read in kinds:
        for what, content in _TOML.items():
            attempt = partial(lambda folder, f, c, r: r(_put(folder, f, c)), f=file, c=content, r=read)
            yield tried(f"{kind}: {what}", "TOML", attempt, must_refuse=True)


# --- archives -----------------------------------------------------------------------------------------


def _archives() -> Iterator[Attack]:
    reads: tuple[tuple[str, Callable[[Path], object]], ...] = (
        ("labels", lambda path: [one.read() for one in members(path, "Labels-v2.json")]),
        ("games", _read_games),
        ("frames", read_frame_file),
    )
    for what, make in _ZIPS.items():
        for kind, read in reads:
            name = "val.json" if kind == "frames" else "game/Labels-v2.json"
            attempt = partial(lambda folder, m, n, r: r(m(folder / "a.zip", n)), m=make, n=name, r=read)
            yield tried(f"{kind} in a zip: {what}", "archives", attempt, must_refuse=True)
    for what, make_gzip in _GZIPS.items():
        yield tried(f"scores in a gzip: {what}", "archives", partial(_read_gzip, make=make_gzip), must_refuse=True)
        yield tried(
            f"frames in a gzip: {what}", "archives",
            lambda folder, m=make_gzip: read_frame_file(_put(folder, "a.json.gz", m())), must_refuse=True,
        )  # fmt: skip
    for game in ("../../evil", "/etc/evil", "a/../../evil", "C:/evil", "a\x00b"):
        yield tried(
            f"a game called {game!r}", "archives",
            lambda folder, g=game: write_members(folder / "out", "Labels-v2.json", [(g, b"{}")]), must_refuse=True,
        )  # fmt: skip


def _bomb(block: bytes, start: bytes = b"", count: int = 64) -> bytes:
    """A gigabyte or so as a gzip, made without holding it."""
    packer = zlib.compressobj(1, wbits=31)
    parts = [packer.compress(start), *(packer.compress(block) for _ in range(count))]
    return b"".join([*parts, packer.flush()])


_GZIPS: dict[str, Callable[[], bytes]] = {
    "a gigabyte of spaces": lambda: _bomb(b" " * (1 << 24)),
    "a gigabyte of objects": lambda: _bomb(b'{"frame": 1},' * 1_200_000, b'[{"video": "a", "events": ['),
    "one that ends early": lambda: gzip.compress(b"[]" * 1000)[:-9],
    "one of another check sum": lambda: gzip.compress(b"[]" * 1000)[:-8] + bytes(8),
    "no more than its head": lambda: b"\x1f\x8b",
}


def _read_games(path: Path) -> None:
    with open_games(path, ("Labels-v2.json",)) as games:
        for game in games.games:
            games.read(game)


def _read_gzip(folder: Path, *, make: Callable[[], bytes]) -> None:
    path = _put(folder, "a.score.json.gz", make())
    list(registry.read(path, registry.FORMATS["e2e-spot-scores"], Options(load_classes(), 2.0)))
    with unpacked(path) as stream:
        stream.read(1)


def _zip(path: Path, name: str, content: bytes = b"{}", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, content)
    return path


def _lying(path: Path, name: str) -> Path:
    """A gigabyte whose headers say ten bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=False) as one:
        for _ in range(64):
            one.write(bytes(1 << 24))
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[22:26] = content[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(bytes(content))
    return path


def _crowded(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(MOST_ENTRIES + 10):
            archive.writestr(f"{number}/x", b"")
        archive.writestr(name, b"{}")
    return path


def _honest(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as one:
        for _ in range(64):
            one.write(bytes(1 << 24))
    return path


def _locked_up(path: Path, name: str) -> Path:
    """One that says it is encrypted."""
    content = bytearray(_zip(path, name).read_bytes())
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    return path


def _changed(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(_zip(path, name, b"{}" * 500, zipfile.ZIP_STORED).read_bytes()))
    return path


_ZIPS: dict[str, Callable[[Path, str], Path]] = {
    "a gigabyte whose header says ten bytes": _lying,
    "a gigabyte": _honest,
    "more entries than a season has": _crowded,
    "packed by bzip2": lambda path, name: _zip(path, name, b" " * 10**7, zipfile.ZIP_BZIP2),
    "packed by LZMA": lambda path, name: _zip(path, name, b" " * 10**7, zipfile.ZIP_LZMA),
    "one that is encrypted": _locked_up,
    "bytes that were changed": lambda p, n: _changed(p, n, lambda c: c[:200] + b"x" + c[201:]),
    "a directory that lies elsewhere": lambda p, n: _changed(p, n, lambda c: c[:-6] + b"\xff\xff\x00\x00" + c[-2:]),
}


# --- arrays -------------------------------------------------------------------------------------------


def _npy(values: np.ndarray, *, objects: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=objects)
    return stream.getvalue()


def _headed(header: str, rest: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + rest


_BROKEN_ARRAYS = {
    "nothing": b"",
    "the first half": _npy(np.ones((8, 17), np.float16))[:200],
    "one byte more": _npy(np.ones((8, 17), np.float16)) + b"0",
    "objects": _npy(np.array([{}, 1], object), objects=True),
    "a shape of exabytes": _headed("{'descr': '<f2', 'fortran_order': False, 'shape': (9999999999, 9999999999)}"),
    "a negative shape": _headed("{'descr': '<f2', 'fortran_order': False, 'shape': (-8, 17)}", bytes(272)),
    "a shape that is a sum": _headed("{'descr': '<f2', 'fortran_order': False, 'shape': (8, 16 + 1)}", bytes(272)),
    "brackets as a header": _headed("(" * 9000),
    "signs as a header": _headed("{'descr': " + "-" * 9000 + "1}"),
    "a dtype that is none": _headed("{'descr': '<q7', 'fortran_order': False, 'shape': (8, 17)}", bytes(272)),
    "texts": _npy(np.array([["a"] * 17] * 8)),
    "complex numbers": _npy(np.ones((8, 17), np.complex64)),
    "numbers that are none": _npy(np.full((8, 17), np.nan, np.float16)),
}


def _arrays(known: dict[str, Reader]) -> Iterator[Attack]:
    for name in ("features", "scores", "analysis: scores.npy", "analysis: times.npy"):
        for what, content in _BROKEN_ARRAYS.items():
            told_later = name == "scores" and "none" in what
            yield tried(f"{name}: {what}", "arrays", _given(known[name], content), must_refuse=not told_later)


# --- packed arrays ------------------------------------------------------------------------------------


def _packed() -> Iterator[Attack]:
    huge = _headed("{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999,)}")
    contents: dict[str, Callable[[Path], Path]] = {
        "no zip": lambda path: _put(path.parent, path.name, b"PK\x03\x04"),
        "an array of terabytes": lambda path: _zip(path, "values.npy", huge),
        "objects": lambda path: _zip(path, "values.npy", _npy(np.array([{}], object), objects=True)),
        "a gigabyte of zeros": lambda path: _honest(path, "values.npy"),
        "a size that is a lie": lambda path: _lying(path, "values.npy"),
        "no array": lambda path: _zip(path, "values.npy", b""),
    }
    for what, make in contents.items():
        for kind, read in (("arrays", read_packed), ("explanation", Attribution.load)):
            attempt = partial(lambda folder, m, r: r(m(folder / "a.npz")), m=make, r=read)
            yield tried(f"{kind} in an npz: {what}", "packed arrays", attempt, must_refuse=True)


# --- records ------------------------------------------------------------------------------------------

_RECORD: dict[str, dict[str, Any]] = {
    "arrays that are paths": {"arrays": {"../../etc/passwd": {"dtype": "float16", "shape": ["T"]}}},
    "an array of objects": {"arrays": {"scores": {"dtype": "object", "shape": ["T"]}}},
    "an array of no dtype": {"arrays": {"scores": {"dtype": "x" * 5000, "shape": ["T"]}}},
    "an array that is a number": {"arrays": {"scores": 3}},
    "a map without a scale": {"arrays": {"maps/class_map": {"dtype": "uint8", "shape": ["T", 17, 2, 3]}}},
    "a class table that is a path": {"class_table": "../../../etc/passwd"},
    "no class": {"classes": []},
    "a class twice": {"classes": ["Goal", "Goal"]},
    "a model of no name": {"model": {"sha256": "0"}},
    "a model of no hash": {"model": {"name": "m"}},
    "a model that is a list": {"model": []},
    "a suppression of nonsense": {"model": {"name": "m", "sha256": "0", "suppression": "wide"}},
    "a rate of none": {"rate": 0},
    "a rate of all": {"rate": 1e308},
    "no halves": {"source": {"id": "0", "title": "", "halves": []}},
    "halves of no number": {"source": {"id": "0", "title": "", "halves": [{"half": -1}]}},
    "another format": {"format": 99},
    "a format of no number": {"format": None},
}


def _records(known: dict[str, Reader]) -> Iterator[Attack]:
    reader = known["analysis: analysis.json"]
    for what, changes in _RECORD.items():
        content = json.dumps({**json.loads(reader.content), **changes}).encode()
        yield tried(f"analysis: {what}", "records", _given(reader, content), must_refuse=True)
    for name in ("entities: entities.parquet", "replays", "calibration table"):
        table = known[name]
        for what, content in (
            ("nothing", b""),
            ("its two ends alone", b"PAR1PAR1"),
            ("the first half", table.content[: len(table.content) // 2]),
            ("zeros in the middle", table.content[:4] + bytes(len(table.content) - 8) + table.content[-4:]),
            ("a footer of gigabytes", table.content[:-8] + b"\xff\xff\xff\x7fPAR1"),
        ):
            yield tried(f"{name}: {what}", "records", _given(table, content), must_refuse=True)


# --- checkpoints --------------------------------------------------------------------------------------


class _Running:
    """What would run a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("import pathlib; pathlib.Path('ran').touch()",)


def _checkpoints() -> Iterator[Attack]:
    makes: dict[str, Callable[[Path], object]] = {
        "one that runs a command": lambda path: torch.save({"a": _Running()}, path),
        "a pickle that runs a command": lambda path: path.write_bytes(pickle.dumps(_Running())),
        "a tensor of terabytes": lambda path: torch.save({"a": torch.ones(1).expand(10**6, 10**6)}, path),
        "a packed one": _repacked,
        "a list of lists": lambda path: torch.save([[[]]], path),
        "nothing": lambda path: path.write_bytes(b""),
        "a zip of nothing": lambda path: _zip(path, "x"),
    }
    for what, make in makes.items():
        attempt = partial(_read_made, file="m.pt", make=make)
        yield tried(f"checkpoint: {what}", "checkpoints", attempt, must_refuse=True)
    header = {"a": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4]}}
    texts = {
        "a header of exabytes": struct.pack("<Q", 2**62) + b"{}",
        "a tensor of terabytes": struct.pack("<Q", len(json.dumps(header))) + json.dumps(header).encode() + bytes(4),
        "a header that nests deeply": struct.pack("<Q", 100_000) + b"[" * 100_000,
        "nothing": b"",
    }
    for what, content in texts.items():
        attempt = partial(_read_made, file="m.safetensors", make=lambda path, c=content: path.write_bytes(c))
        yield tried(f"safetensors: {what}", "checkpoints", attempt, must_refuse=True)


def _read_made(folder: Path, *, file: str, make: Callable[[Path], object]) -> None:
    make(folder / file)
    try:
        read_checkpoint(folder / file)
    finally:
        assert not Path("ran").exists()


def _repacked(path: Path) -> None:
    """A checkpoint of a gigabyte of zeros, deflated."""
    torch.save({"a": torch.zeros(1 << 26)}, path)
    with zipfile.ZipFile(path) as archive:
        contents = {info.filename: archive.read(info) for info in archive.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


# --- what is written ----------------------------------------------------------------------------------


def _formulas() -> Iterator[Attack]:
    for text in ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"):
        yield tried(f"a class called {text!r} in a table", "exports", lambda folder, t=text: _exported(folder, t))


def _exported(folder: Path, text: str) -> None:
    path = folder / "spots.csv"
    registry.write(path, [Document.of([Spot(1, 5, text)], text), Document.of([], "b")], registry.FORMATS["csv"])
    with path.open(encoding="utf-8", newline="") as handle:
        cells = [cell for row in csv.reader(handle) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


# --- sound files made hostile -------------------------------------------------------------------------


def _fuzzed(known: Any) -> Iterator[Attack]:
    for reader in known:
        yield tried(f"{reader.name}: sound files made hostile", "fuzzing", partial(_fuzz, reader=reader))


def _fuzz(folder: Path, *, reader: Reader) -> None:
    until, seed = monotonic() + _FUZZED_SECONDS, zlib.crc32(reader.name.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while monotonic() < until:
            seed += 1
            try:
                reader.read(reader.put(folder, damaged(reader.content, random.Random(seed))))
            except TouchlineError as error:
                if not str(error).endswith("."):
                    raise RuntimeError(f"no sentence: {error}") from error
