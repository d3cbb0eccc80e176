"""Nesting is counted as a parser would meet it, and refused before one does, in time and memory that stay small."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import parse_json, read_content
from spotting_core.base.nesting import (
    DEEPEST,
    LARGEST_PIECE,
    LARGEST_TOML,
    MOST_DIGITS,
    DigitRun,
    JsonDepth,
    JsonStream,
    check_json,
    check_xml,
    parse_toml,
)
from spotting_core.formats import recognition, registry
from spotting_core.training.config import read_config
from tests.conftest import REPOSITORY


def depth_of(value: object) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if below is None else 1 + max(map(depth_of, below), default=0)


def read_all(stream: JsonStream, size: int) -> bytes:
    assert stream.read(0) == b""
    return b"".join(iter(lambda: stream.read(size), b""))


texts = st.text(st.sampled_from('"\\[]{}a\n'), max_size=6)
values = st.recursive(texts, lambda v: st.lists(v, max_size=3) | st.dictionaries(texts, v, max_size=3))


@given(values, st.integers(1, 9))
def test_depth_is_that_of_what_is_parsed_however_the_bytes_come(value: object, block: int) -> None:
    content, depth = json.dumps(value).encode(), JsonDepth()
    for start in range(0, len(content), block):
        depth.feed(content[start : start + block])
    assert depth.deepest == depth_of(value)


def test_json_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    parse_json(b"[" * DEEPEST + b"]" * DEEPEST, "a.json")
    parse_json(json.dumps(["[" * 1000] * 1000).encode(), "a.json")
    with pytest.raises(BadInputError, match=r"^a\.json: this card is nested too deeply \(more than 64 levels\)\. \w"):
        parse_json(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "a.json", "card")


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(BadInputError, match="a number of more than 1000 digits"):
        parse_json(b"9" * 5000, "a.json")


def test_a_stream_is_refused_where_it_is_too_deep_or_a_piece_of_it_too_large() -> None:
    with pytest.raises(BadInputError, match="nested too deeply"):
        JsonStream(io.BytesIO(b'{"a":' * 65), "a.json", 1 << 20).read(1 << 16)
    piece = b'{"a": "' + b"x" * 81 + b'"}, '
    stream = JsonStream(io.BytesIO(b"[" + piece * 9 + b'{"a": "' + b"]}" * 99), "a.json", 100)
    read: list[bytes] = []
    with pytest.raises(BadInputError, match="too large to be one"):
        read.extend(iter(lambda: stream.read(30), b""))
    assert b"".join(read).startswith(b"[" + piece * 8)


def test_of_a_piece_that_is_too_large_nothing_is_given_out() -> None:
    stream = JsonStream(io.BytesIO(b'{"a": 1, "data": [{"b": [' + b"[1], " * 99), "a.json", 100, level=2)
    with pytest.raises(BadInputError, match="too large to be one"):
        stream.read(10)
    whole = b'{"a": 1, "data": [{"b": [[1], [2]]}, {"c": [{"d": []}]}]}'
    for size in (1, 7, 1000):
        assert read_all(JsonStream(io.BytesIO(whole), "a.json", 100, level=2), size) == whole


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-8"])
def test_a_stream_of_any_encoding_is_given_out_as_utf_8(encoding: str) -> None:
    text = '[{"label": "Ecke – Müller"}]'
    for size in (4, 7, 1000):
        read = read_all(JsonStream(io.BytesIO(text.encode(encoding)), "a.json", 100), size)
        assert read.decode() == text
    with pytest.raises(UnicodeDecodeError):
        read_all(JsonStream(io.BytesIO(text.encode("utf-16")[:-1]), "a.json", 100), 1000)


def test_xml_may_be_as_deep_as_the_limit_and_declares_nothing() -> None:
    check_xml(b"<a>" * DEEPEST + b"</a>" * DEEPEST, "a.xml")
    for content, message in (
        (b"<a>" * (DEEPEST + 1), "nested too deeply"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "declares entities"),
        (b'<!DOCTYPE a [<!ENTITY % b SYSTEM "file:///etc/passwd"> %b;]><a/>', "declares entities"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "encoding that is not known"),
        (b"<a", "is not XML"),
    ):
        with pytest.raises(BadInputError, match=message):
            check_xml(content, "a.xml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a=" + b"[" * 5000, "nested too deeply"),
        (b"a=" + b"{a=" * 5000, "nested too deeply|not TOML"),
        (b".".join([b"a"] * 50_000) + b" = 1", "nested too deeply"),
        (b"[" + b" . ".join([b"a", b'"\\""'] * 9_000) + b"]", "nested too deeply"),
        (b".".join([b"a"] * DEEPEST) + b"= {b = {c = 1}}", "nested too deeply"),
        (b"a = " + b"9" * 5000, "not TOML"),
        (b"a = 2000-13-45", "not TOML"),
        (b"\xff", "not TOML"),
        (b"#" * (1 << 18) + b"\n", "too large"),
    ],
)  # fmt: skip
def test_toml_that_no_parser_should_see_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        parse_toml(content, "a.toml")


def test_toml_with_many_dots_that_are_no_long_key_is_read() -> None:
    content = "a = [" + ", ".join(["0.5"] * 500) + ']\nb = "' + "..." * 200 + '"'
    assert len(parse_toml(content.encode(), "a.toml")["a"]) == 500


_MEASURED = """
import resource, sys
from pathlib import Path
from spotting_core.base.errors import BadInputError
from spotting_core.formats import registry
from spotting_core.formats.document import Options
form, path = sys.argv[1:]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    list(registry.read(Path(path), registry.FORMATS[form], Options(rate=25.0)))
except BadInputError as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("form", ["osl", "e2e-spot", "labels-v2", "labels-cameras", "results-spotting", "otio"])
def test_200_kb_of_nested_json_take_no_memory(form: str, tmp_path: Path) -> None:
    """Measured in a process that could take 4 GB, and would have."""
    path = tmp_path / "deep.json"
    start = {"osl": b'{"version": "2.0", "data": [{"events":', "e2e-spot": b'[{"video": "a", "events":'}.get(form, b"")
    path.write_bytes(start + b'{"a":[' * 34_000)
    limited = f"ulimit -v 4000000; exec {sys.executable} - {form} {path}"
    done = subprocess.run(
        ["sh", "-c", limited], input=_MEASURED, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sentence, kilobytes = done.stdout.splitlines()
    assert sentence.startswith(f"{path}: this ")
    assert "nested too deeply" in sentence
    assert int(kilobytes) < 50_000


def test_check_json_is_fast_enough_for_every_file() -> None:
    rows = [{"gameTime": "1 - 00:00", "label": "Goal", "position": "1"}] * 10_000
    check_json(json.dumps({"annotations": rows}).encode(), "a.json")


def test_of_a_file_that_is_far_too_large_for_settings_only_the_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(b"a = 1\n" * LARGEST_TOML)
    assert len(read_content(path, "configuration", LARGEST_TOML)) == LARGEST_TOML + 1
    with pytest.raises(BadInputError, match="too large to hold settings"):
        read_config(path)


@given(st.lists(st.sampled_from([b"1", b"23", b"a", b"", b"456x7", b" 0 "]), max_size=12))
def test_digits_in_a_row_are_counted_however_the_bytes_come(blocks: list[bytes]) -> None:
    run = DigitRun()
    for block in blocks:
        run.feed(block)
    runs = re.findall(rb"\d+", b"".join(blocks))
    assert run.longest == max(map(len, runs), default=0)


@pytest.mark.parametrize("digits", [MOST_DIGITS + 1, 6000])
def test_a_number_that_would_end_the_process_is_refused(digits: int, tmp_path: Path) -> None:
    """A parser in C asks Python for it, is given none, and goes on with what is not there."""
    with pytest.raises(BadInputError, match="a number of more than 1000 digits"):
        check_json(b"[" + b"9" * digits + b"]", "a.json")
    stream = JsonStream(io.BytesIO(b'[{"frame": ' + b"9" * digits + b"}]"), "a.json", LARGEST_PIECE)
    with pytest.raises(BadInputError, match="a number of more than 1000 digits"):
        stream.read()
    path = tmp_path / "a.json"
    path.write_bytes(b'[{"video": "game/1", "num_frames": 9, "fps": 2, "events": [{"frame": ' + b"9" * digits + b"}]}]")
    with pytest.raises(BadInputError, match="a number of more than 1000 digits"):
        recognition.guess_source(path, registry.FORMATS)
    check_json(b"[" + b"9" * MOST_DIGITS + b"]", "a.json")
