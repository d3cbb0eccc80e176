"""What came of every case: whether it was read as it says, refused, or read wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.format_variations.files import VARIATIONS, Made, Said, Variations
from benchmarks.format_variations.pairwise import Case, pairwise
from spotting_core.base.errors import BadInputError
from spotting_core.formats import recognition, registry
from spotting_core.formats.labels_cameras import CameraDocument

READ, REFUSED, WRONG = "read", "refused", "wrong"


@dataclass(frozen=True)
class Tried:
    """A case of a format; said: why it was refused, or what was read instead."""

    form: str
    case: Case
    result: str
    said: str = ""


def tried(variations: Iterable[Variations] = VARIATIONS) -> Iterator[Tried]:
    """Every case of some formats, in order."""
    for one in variations:
        for case in pairwise(one.features):
            yield _tried(one, case)


def _tried(one: Variations, case: Case) -> Tried:
    made = one.make(case)
    with TemporaryDirectory() as folder:
        path = Path(folder) / made.name
        path.write_bytes(made.content)
        try:
            form = recognition.guess_source(path, registry.FORMATS)
            if form.name != one.form:
                return Tried(one.form, case, WRONG, f"taken for {form.name}")
            read = sorted(said for d in registry.read(path, form, made.options) for said in _said_by(d))
        except BadInputError as error:
            return Tried(one.form, case, REFUSED, error.what)
    return Tried(one.form, case, *_judged(read, made, one.slack))


def _said_by(document: registry.AnyDocument) -> Iterator[Said]:
    """What a document says of its entries; of a camera change with its kind, whether it is a replay, and the link."""
    if not isinstance(document, CameraDocument):
        yield from ((s.half, s.time, s.label, s.confidence) for s in document.spots)
        return
    for change in document.entries:
        link = "" if change.link is None else f"{change.link.label} {change.link.half} {change.link.time}"
        words = (change.label, change.change_type or "", "replay" if change.is_replay else "", link)
        yield change.half, change.end, "|".join(words), change.confidence


def _judged(read: list[Said], made: Made, slack: int) -> tuple[str, str]:
    wanted = sorted(made.says or ())
    same = len(read) == len(wanted) and all(
        (a[0], a[2], a[3]) == (b[0], b[2], b[3]) and abs(a[1] - b[1]) <= slack
        for a, b in zip(read, wanted, strict=True)
    )
    return (READ, "") if same else (WRONG, f"read {read}, it says {wanted}")


def as_markdown(results: Iterable[Tried]) -> str:
    """A table of formats and features: how many cases there were of each value, and what came of them."""
    listed = list(results)
    titles = {one.form: one for one in VARIATIONS}
    lines = ["| format | what varies | cases | read as they say | refused |", "|---|---|---:|---:|---|"]
    for form, one in titles.items():
        own = [t for t in listed if t.form == form]
        varies = "; ".join(f"{name}: {', '.join(_plain(v) for v in values)}" for name, values in one.features.items())
        reasons = sorted({t.said for t in own if t.result == REFUSED})
        refused = f"{sum(t.result == REFUSED for t in own)}: {'; '.join(reasons)}" if reasons else "–"
        read = sum(t.result == READ for t in own)
        lines.append(f"| {registry.FORMATS[form].title} | {varies} | {len(own)} | {read} | {refused} |")
    return "\n".join(lines) + "\n"


def _plain(value: str) -> str:
    return f"`{value}`" if any(c in value for c in ":;,.=/_") else value
