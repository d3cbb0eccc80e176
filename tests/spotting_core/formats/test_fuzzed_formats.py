"""Files that nobody has written yet: damaged, and odd inside, in every format.

Whatever is read keeps what documents promise, can be written in the same format, and says the same when it is read again;
all else is refused in a sentence. ``TOUCHLINE_FUZZ=50`` looks fifty times as long (``make fuzz``).
"""

from __future__ import annotations

import copy
import json
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.format_variations.files import VARIATIONS, Made, Variations
from benchmarks.format_variations.pairwise import pairwise
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.formats import recognition, registry
from spotting_core.formats.document import EARLIEST, LONGEST, Document, Options
from spotting_core.formats.format import Format
from spotting_core.formats.registry import FORMATS

TIMES = float(os.environ.get("TOUCHLINE_FUZZ", "1"))
SLOW = ("fcp-xml", "otio")  # each file is read in a process of its own
BY_NAME = {one.form: one for one in VARIATIONS}

ODD: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e300, -1e300, 10**40, "", " ", "0", "-0", "nan", "inf", "1e999", "1,5", "١٢", "\x00",
    "\ud800", "a\nb", "=1+1", "-->", "]]>", "half", [], {}, [[]], {"a": {}}, "x" * 300,
]  # fmt: skip
TOKENS = [b"\x00", b"\xff\xfe", b"\r", b"\n\n", b"\t", b'"', b"'", b"<", b">", b"&#0;", b"&amp;", b"{", b"}", b"[", b"]",
          b",", b";", b":", b"-1", b"NaN", b"1e999", b"99999999999999999999", b"-->", b"\xe2\x80\xa8", b"00:00:60:99", b"1/0s", b"s"]  # fmt: skip


def examples(share: float = 1.0) -> int:
    return max(1, round(60 * share * TIMES))


def fuzzed(share: float = 1.0) -> Any:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
    return settings(max_examples=examples(share), deadline=None, suppress_health_check=checks)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = replaced(value[path[0]], path[1:], new)
    return value


def made(data: st.DataObject, one: Variations) -> Made:
    return one.make(
        data.draw(
            st.sampled_from(pairwise({**one.features, **({"packed": ("plain",)} if "packed" in one.features else {})}))
        )
    )


def spots_of(document: registry.AnyDocument) -> list[Spot]:
    """The spots of a document; of camera labels each change, as a spot of the camera whose shot ends."""
    if isinstance(document, Document):
        return document.spots
    return [Spot(e.half, e.end, e.label, e.confidence) for e in document.entries]


def read(path: Path, form: Format, options: Options) -> list[registry.AnyDocument] | None:
    """What is in a file, or None where it is refused, in a sentence."""
    try:
        return list(registry.read(path, form, options))
    except BadInputError as error:
        said = str(error)
    assert said.strip().endswith(".")
    assert "\n" not in said
    return None


def check(path: Path, form: Format, options: Options) -> None:
    with suppress(BadInputError):
        recognition.guess_source(path, FORMATS)
    documents = read(path, form, options)
    if documents is None:
        return
    for document in documents:
        for spot in spots_of(document):
            assert 1 <= spot.half <= 999
            assert EARLIEST <= spot.time <= LONGEST
            assert spot.label.strip()
            assert spot.confidence is None or (math.isfinite(spot.confidence) and spot.confidence <= 1.001)
    if not form.writes or not documents:
        return
    again = path.with_name(f"again{form.suffix}")
    try:
        registry.write(again, documents if form.many else documents[:1], form, options)
    except BadInputError:  # a name of a match that is no path, or one of two of a name
        return
    rates = [i.rate for d in documents if isinstance(d, Document) for i in d.halves.values() if i.rate]
    slack = 1_000_000 / min([*rates, options.rate or 25.0])
    second = read(again, form, Options(options.classes, options.rate))
    assert second is not None, "what was written is refused"
    wanted = [s for d in (documents if form.many else documents[:1]) for s in spots_of(d)]
    found = [s for d in second for s in spots_of(d)]
    key = lambda s: (s.half, s.time, s.label)  # noqa: E731
    assert len(found) == len(wanted)
    for one, other in zip(sorted(wanted, key=key), sorted(found, key=key), strict=True):
        assert abs(max(0, one.time) - max(0, other.time)) <= slack


@pytest.mark.parametrize("name", [n for n in BY_NAME if n not in SLOW])
@fuzzed()
@given(data=st.data())
def test_damaged_files_are_read_or_refused(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged(name, data, tmp_path_factory)


@pytest.mark.parametrize("name", SLOW)
@fuzzed(0.1)
@given(data=st.data())
def test_damaged_files_of_slow_formats_are_read_or_refused(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    damaged(name, data, tmp_path_factory)


def damaged(name: str, data: st.DataObject, folders: pytest.TempPathFactory) -> None:
    file = made(data, BY_NAME[name])
    content = bytearray(file.content)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, max(0, len(content) - 1)))
        kind = data.draw(st.sampled_from(("cut", "flip", "token", "repeat", "drop")))
        length = data.draw(st.integers(1, 60))
        if kind == "cut":
            del content[at:]
        elif kind == "flip" and content:
            content[at] = data.draw(st.integers(0, 255))
        elif kind == "token":
            content[at:at] = data.draw(st.sampled_from(TOKENS))
        elif kind == "repeat":
            content[at:at] = content[at : at + length]
        else:
            del content[at : at + length]
    path = folders.mktemp("damaged") / file.name
    path.write_bytes(bytes(content))
    check(path, FORMATS[name], file.options)


@pytest.mark.parametrize(
    "name", ["labels-v2", "labels-v1", "results-spotting", "e2e-spot", "osl", "osl-v1", "labels-cameras"]
)
@fuzzed(2)
@given(data=st.data())
def test_odd_values_anywhere_in_json_are_read_or_refused(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = {"labels-v1": "labels-v2", "labels-cameras": "labels-v2"}.get(name, name)
    plain = {k: v[:1] for k, v in BY_NAME[own].features.items()}
    value = json.loads(BY_NAME[own].make(pairwise(plain)[0]).content)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(value))))
        value = replaced(value, path, data.draw(st.sampled_from(ODD)))
    target = tmp_path_factory.mktemp("odd") / "mine.json"
    target.write_text(json.dumps(value), encoding="utf-8")
    if name == "labels-cameras":
        read(target, FORMATS[name], Options())
        return
    check(target, FORMATS[name], Options())


@fuzzed(2)
@given(rows=st.lists(st.lists(st.sampled_from([str(o) for o in ODD if str(o).isprintable()]), min_size=1, max_size=6), max_size=6),
       between=st.sampled_from([",", ";", "\t"]))  # fmt: skip
def test_odd_cells_of_tables_are_read_or_refused(
    rows: list[list[str]], between: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lines = [between.join(("half", "time", "label", "confidence", "more")), *(between.join(row) for row in rows)]
    path = tmp_path_factory.mktemp("cells") / "a.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    check(path, FORMATS["csv"], Options())
