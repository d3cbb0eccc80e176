"""``touchline convert``: labels and predictions from one format to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from app.command_line.clock import read_clock
from app.command_line.terminal import err, out, print_left_out, print_note
from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError, cannot_write
from spotting_core.domain.classes import DEFAULT_TABLE, load_classes
from spotting_core.domain.parts import Parts
from spotting_core.domain.repeats import repeats_clause, spot_repeats
from spotting_core.formats import recognition, registry
from spotting_core.formats.document import MOST_RATE, Document, HalfInfo, Options
from spotting_core.formats.format import Format
from spotting_core.formats.registry import FORMATS

_LONGEST = 3 * 3600 * 1_000_000  # microseconds: no part of a match lasts so long
_NAMES = ", ".join(FORMATS)
_Losses = Counter[tuple[str, tuple[str, str]]]


def convert(
    source: Path = typer.Argument(help="A file, a tree of match folders, or a zip of one."),
    target: Path = typer.Argument(help="A file; for several matches a folder or a .zip."),
    from_format: str | None = typer.Option(None, "--from", help=f"Format of SOURCE: {_NAMES}.", show_default="guessed"),
    to_format: str | None = typer.Option(None, "--to", help="Format of TARGET.", show_default="guessed by its name"),
    classes: str | None = typer.Option(
        None,
        "--classes",
        help="A class table (.csv or class.txt); labels of other classes are left out.",
        show_default="any",
    ),
    rate: float | None = typer.Option(None, min=0.001, help="Frames a second, where a format counts frames."),
    threshold: float = typer.Option(0.01, min=0.0, max=1.0, help="Least score that becomes a spot."),
    encoding: str | None = typer.Option(
        None, help="That of CSV, WebVTT or an EDL, such as cp949 or big5.", show_default="recognised"
    ),
    video: Path | None = typer.Option(None, help="The match's video or folder: tells lengths and frame rates."),
    match_time: Path | None = typer.Option(
        None,
        "--match-time",
        help="Times of SOURCE are those of the match: put them where the clock of this video or folder shows them.",
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a target that is there."),
) -> None:
    """Convert labels or predictions, match by match, and say what the target cannot carry."""
    reader = registry.format_named(from_format) if from_format else recognition.guess_source(source, FORMATS)
    if to_format:
        writer = registry.format_named(to_format)
    else:
        writer = (
            reader if target.suffix.lower() in ("", ".zip") else recognition.guess_target(target, FORMATS, reader.kind)
        )
    if rate is not None and not rate <= MOST_RATE:
        raise BadInputError(f"no video has {rate:g} frames a second", fix=f"Give a --rate of at most {MOST_RATE:g}")
    _check(source, target, reader, writer, overwrite)
    table = load_classes(classes) if classes else None
    halves = _halves_of(video) if video is not None else {}
    extra_time = match_time is not None or (table is not None and any(map(table.parts.is_extra, halves)))
    documents = registry.read(source, reader, Options(table, rate, threshold, encoding=encoding, extra_time=extra_time))
    if match_time is not None:
        documents = _placed(documents, match_time, source)
    if halves:
        documents = _with_halves(documents, halves)
    lost: _Losses = Counter()
    notes: dict[str, None] = {}
    counts: Counter[str] = Counter()
    left_out = Counter(recognition.set_aside(source, reader, FORMATS))
    options = Options(table or load_classes(DEFAULT_TABLE), rate, threshold)
    watched = _watched(documents, writer, options.parts, counts, lost, notes, left_out)
    registry.write(target, _some(watched, source, (reader, writer), counts, lost, left_out), writer, options)
    out.print(
        f"{count_of(counts['entries'], writer.kind.removesuffix('s'))} of {count_of(counts['matches'], 'match')} "
        f"from {reader.title} to {writer.title}: {target}",
        highlight=False,
        soft_wrap=True,
    )
    if counts["empty"]:
        empty = count_of(counts["empty"], "match has", "matches have")
        err.print(f"[yellow]Note:[/yellow] {empty} no {writer.kind}.", highlight=False)
    print_left_out(left_out)
    for note in notes:
        print_note(note)
    for loss in _summed(lost):
        sentence = f"[yellow]Not carried by {writer.title}:[/yellow] {escape(str(loss))}."
        err.print(sentence, highlight=False, soft_wrap=True)


def _placed(documents: Iterator[Any], match: Path, source: Path) -> Iterator[Any]:
    """The labels of one match where the clock of its broadcast shows their times.

    Errors:
        BadInputError: no file of the match shows a clock, or there are labels of several matches.
    """
    from spotting_core.media.source import open_match
    from spotting_core.score_bug.match_time import placed_by_clock

    clock = read_clock(open_match(match))
    for number, document in enumerate(documents):
        if number or not isinstance(document, Document):
            raise BadInputError(
                "only the labels of one match can be put where its clock shows their times",
                where=source,
                fix="Convert the labels of each match by themselves",
            )
        yield placed_by_clock(document, clock)


def _check(source: Path, target: Path, reader: Format, writer: Format, overwrite: bool) -> None:
    if reader.kind != writer.kind:
        raise BadInputError(
            f"{reader.title} holds {reader.kind} and {writer.title} {writer.kind}",
            where=source,
            fix="Choose another --to",
        )
    try:
        there = target.exists()
        same = there and source.exists() and source.samefile(target)
    except OSError as error:  # a name that is too long, or a folder that may not be looked into
        raise cannot_write(error, target) from error
    if same:
        raise BadInputError("SOURCE and TARGET are the same", where=target, fix="Name another target")
    if there and not overwrite:
        raise BadInputError("the target is there already", where=target, fix="Name another, or give --overwrite")


def _watched(
    documents: Iterator[Any],
    writer: Format,
    parts: Parts,
    counts: Counter[str],
    lost: _Losses,
    notes: dict[str, None],
    left_out: Counter[str],
) -> Iterator[Any]:
    """The documents, counted on their way to the writer, with what it will lose of them."""
    for document in documents:
        counts["matches"] += 1
        counts["entries"] += registry.written(document, writer)
        counts["empty"] += not document.entries
        if isinstance(document, Document):
            for loss in registry.losses(document, writer):
                lost[loss.words, loss.noun] += loss.count
            notes |= dict.fromkeys(document.notes)
            left_out.update(document.left_out)
            notes |= dict.fromkeys(registry.assumptions(document, writer))
            notes |= dict.fromkeys((*_beyond(document, parts), *_doubtful(document, parts)))
        yield document


def _some(
    documents: Iterator[Any],
    source: Path,
    formats: tuple[Format, Format],
    counts: Counter[str],
    lost: _Losses,
    left_out: Counter[str],
) -> Iterator[Any]:
    """The documents from the first of which an entry is written, after those before it.

    Arguments:
        formats: that of the source, and that of the target.

    Errors:
        BadInputError: there is none: nothing is written of a source of which nothing was understood, or nothing can be
            carried.
    """
    reader, writer = formats
    empty = []
    for document in documents:
        empty.append(document)
        if registry.written(document, writer):
            yield from empty
            yield from documents
            return
    read = count_of(counts["matches"], "match")
    reasons = "".join(f"; left out: {number} × {reason}" for reason, number in left_out.items())
    if any(document.entries for document in empty):
        losses = "; ".join(map(str, _summed(lost)))
        what = f"{writer.title} carries none of what is in it ({losses})"
        raise BadInputError(what, where=source, fix="Choose another --to")
    raise BadInputError(
        f"no {reader.kind} are in it, read as {reader.title} ({read}{reasons})",
        where=source,
        fix="Check that it is the file you mean, or name its format with --from",
    )


def _summed(lost: _Losses) -> list[registry.Loss]:
    """The losses of all matches together."""
    return [registry.Loss(words, number, noun) for (words, noun), number in lost.items()]


def _beyond(document: Document, parts: Parts) -> list[str]:
    """What is said of spots in parts that a match has not; there are none where a class table was given."""
    spots = Counter(
        spot.half
        for spot in document.spots
        if parts.count is not None and spot.half > parts.count and spot.half not in document.halves
    )
    table, videos = (
        "give the class table of matches that have more, --classes",
        "name the videos with --match-time or --video",
    )
    return [
        f"{document.game or 'the match'} has {count_of(count, 'spot')} in {parts.title(part)}, of {parts.count}; "
        f"{f'if it is of extra time, {videos}, else {table}' if part <= (parts.most or 0) else table}"
        for part, count in sorted(spots.items())
    ]


def _doubtful(document: Document, parts: Parts) -> list[str]:
    """What is said of times that may be meant otherwise, where no video tells."""
    name, doubts = document.game or "the match", []
    for part in sorted({spot.half for spot in document.spots}):
        times = [spot.time for spot in document.spots if spot.half == part]
        length = document.halves.get(part, HalfInfo()).length
        past = sum(time > (_LONGEST if length is None else length) for time in times)
        if past:
            end = "three hours" if length is None else "the end of its video, by the length that is known"
            which = f"{past} of {count_of(len(times), 'spot')} of {parts.title(part)}"
            doubts.append(f"{name} has {which} past {end}; times count from its start")
    again = spot_repeats(document.spots)
    if again:
        doubts.append(f"{name}: {repeats_clause(again, 'spot')}")
    moments = {spot.time for spot in document.spots}
    if len(moments) > 1 and min(moments) >= 0 and max(moments) < 1_000_000:
        doubts.append(f"all times of {name} lie within its first second, as those do that a spreadsheet counts in days")
    return doubts


def _halves_of(video: Path) -> dict[int, HalfInfo]:
    """What the halves' videos are: rate, size and length."""
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import open_match

    data = DataDirectory.default().ensure()
    halves = {}
    for half in open_match(video).halves:
        media = ingest(half.path, data)
        last = int(media.table.times[-1])
        # The declared rate counts what an edit list hides; the times that are shown do not.
        rate = (len(media.table) - 1) * 1e6 / last if last else media.info.rate
        halves[half.half] = HalfInfo(
            rate, len(media.table), media.info.width, media.info.height, media.table.duration, str(half.path)
        )
    return halves


def _with_halves(documents: Iterator[Any], halves: dict[int, HalfInfo]) -> Iterator[Any]:
    """Documents that know their video; frames already counted keep their own rate."""
    for number, document in enumerate(documents):
        if number:
            raise BadInputError("a video belongs to one match, and the source holds several", fix="Leave out --video")
        yield replace(document, halves={**halves, **document.halves}) if isinstance(document, Document) else document
