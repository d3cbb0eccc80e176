"""``touchline clock``: what the score bug of a match says: its clock, its score, and where the halves lie."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from app.command_line.analyze import source_path
from app.command_line.terminal import check_output, err, out, progress_bar, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import DEFAULT_TABLE, load_classes
from spotting_core.domain.clock import half_clock, parse_clock

if TYPE_CHECKING:
    from spotting_core.media.ingest import Media
    from spotting_core.media.source import MatchSource
    from spotting_core.score_bug.match_clock import FileClock, MatchClock

_HALF = re.compile(r"(?:(\d+)/)?(\d+)=([\d:.]+)-([\d:.]+)")


def clock(
    source: Path | None = typer.Argument(
        None, help="A video, a game folder, or a folder with a video for each part.", show_default=False
    ),
    demo: bool = typer.Option(False, "--demo", help="The bundled match."),
    half: list[str] | None = typer.Option(
        None,
        "--half",
        help="Where a half lies, as 2=62:10-109:30: from 62:10 to 109:30 of the file; 2/2=… of the second file. "
        "3 and 4 are those of extra time. May be given several times.",
        show_default="what the clock says",
    ),
    reset: bool = typer.Option(False, "--reset", help="Take back what --half has said before."),
    json_file: str | None = typer.Option(
        None, "--json", help="Write all of it as JSON to this file (- for standard output)."
    ),
) -> None:
    """Read the match clock and the score from the score bug, and say where the halves of the match lie.

    What is read is kept: spots carry the broadcast's own minute from then on, in the app and in tables. It is never a
    model's evidence.
    """
    from spotting_core.media.ingest import ingest
    from spotting_core.media.source import open_match
    from spotting_core.score_bug.match_clock import check_half, correct_half, forget_corrections, known_clock

    check_output(json_file)
    corrections = [_correction(text) for text in half or ()]
    match, data = open_match(source_path(source, demo)), DataDirectory.default().ensure()
    media = {h.half: ingest(h.path, data) for h in match.halves}
    parts = load_classes(DEFAULT_TABLE).parts
    for file, number, start, end in corrections:
        check_half(media, parts, number, start, end, file)
    if reset:
        forget_corrections(media)
    found = _read(match, media)
    for file, number, start, end in corrections:
        correct_half(media, found, number, start, end, file)
        found = known_clock(media, parts)
    if json_file is not None:
        write_machine_output(_as_json(found), json_file)
    if json_file != "-":
        _print(match, media, found)


def read_clock(match: MatchSource) -> MatchClock:
    """The clock of a match; what has been read of it before is not read again.

    Errors:
        BadInputError: no file of it shows one.
    """
    from spotting_core.media.ingest import ingest

    data = DataDirectory.default().ensure()
    return _read(match, {h.half: ingest(h.path, data) for h in match.halves})


def _read(match: MatchSource, media: dict[int, Media]) -> MatchClock:
    """The clock of a match.

    Errors:
        BadInputError: no file of it shows one.
    """
    from spotting_core.score_bug.match_clock import match_clock
    from spotting_core.score_bug.readings import BugReadings, bug_readings

    with progress_bar() as bar:
        task = bar.add_task(escape(match.fixture.title), total=None, note="Looking for the score bug")
        before, total = 0, sum(one.table.duration for one in media.values())

        def read(number: int, one: Media) -> BugReadings:
            nonlocal before

            def report(done: int, _: int) -> None:
                bar.update(task, total=total, completed=before + done, note="Reading the clock")

            found = bug_readings(one, report)
            before += one.table.duration
            return found

        found = match_clock(media, load_classes(DEFAULT_TABLE).parts, read)
    if (why := found.why_unknown) is not None:
        raise BadInputError(why, where=match.path, fix="Times are those of the file, as before")
    return found


def _correction(text: str) -> tuple[int, int, int, int]:
    """File, half, start and end (microseconds) of what --half says."""
    correction = _HALF.fullmatch(text.strip())
    if correction is None:
        raise BadInputError(f"{text!r} says no half", fix="Write it as 2=62:10-109:30, or 2/2=0:00-47:10 of file 2")
    file, number, start, end = correction.groups()
    return int(file or 1), int(number), parse_clock(start), parse_clock(end)


def _as_json(found: MatchClock) -> dict[str, Any]:
    return {
        "halves": [asdict(half) for half in found.halves],
        "gaps": [{"half": half.half, "file": half.file, "start": start, "end": end} for half, start, end in found.gaps],
        "files": {
            str(number): {
                "row": None if file.readings.row is None else asdict(file.readings.row),
                "score_rows": [asdict(row) for row in file.readings.score_rows],
                "samples": len(file.readings.rows),
                "clock": {
                    "readings": len(file.readings.clocks),
                    "rejected": file.clock.rejected,
                    "stretches": [{**asdict(s), "confidence": round(s.confidence, 4)} for s in file.clock.stretches],
                },
                "score": {
                    "readings": len(file.readings.scores),
                    "rejected": file.score.rejected,
                    "changes": [asdict(change) for change in file.score.changes],
                },
                "seconds": {"finding": file.readings.finding, "reading": file.readings.reading},
            }
            for number, file in found.files.items()
        },
    }


def _print(match: MatchSource, media: dict[int, Media], found: MatchClock) -> None:
    names = {h.half: h.path.name for h in match.halves}
    for number, file in found.files.items():
        _print_file(names[number], media[number], file)
        _print_stretches(file)
        _print_changes(number, file, found)
    halves = Table("Half", "In the file", "Clock", "Confidence", box=None, header_style="bold", pad_edge=False)
    for half in found.halves:
        of = f" of {names[half.file]}" if len(found.files) > 1 else ""
        sure = "as corrected" if half.corrected else f"{half.confidence:.2f}"
        name = f"{half.half} (extra time)" if found.parts.is_extra(half.half) else str(half.half)
        halves.add_row(name, f"{half}{of}", f"{half_clock(half.first, 0)} to {half_clock(half.last, 0)}", sure)
    out.print(halves)
    for gap in found.gaps:
        text = f"No clock runs from {found.gap_text(*gap)}: advertisements, a studio or long replays"
        err.print(f"[yellow]Note:[/yellow] {text}.", highlight=False, soft_wrap=True)
    for _, change in found.unexplained_changes:
        text = f"The score goes {change}, which is no single goal"
        err.print(f"[yellow]Note:[/yellow] {text}.", highlight=False, soft_wrap=True)


def _print_file(name: str, media: Media, file: FileClock) -> None:
    """How much of a file was read, what was rejected, and what that cost."""
    readings = file.readings
    if readings.row is None:
        out.print(f"{escape(name)}: no score bug.", highlight=False, soft_wrap=True)
        return
    minutes = media.table.duration / 60e6
    cost = (readings.finding + readings.reading) / minutes
    text = (
        f"{name}: {len(readings.clocks)} clocks and {len(readings.scores)} scores in {len(readings.rows)} pictures, "
        f"{file.clock.rejected} and {file.score.rejected} of them rejected; it took {cost:.1f} s of processor time a "
        "minute"
    )
    out.print(f"{escape(text)}.", highlight=False, soft_wrap=True)


def _print_stretches(file: FileClock) -> None:
    table = Table("In the file", "Clock", "Confidence", box=None, header_style="bold", pad_edge=False)
    for s in file.clock.stretches:
        shown = (
            f"{half_clock(s.clock, 0)} to {half_clock(s.last, 0)}" if s.runs else f"stands at {half_clock(s.clock, 0)}"
        )
        table.add_row(f"{half_clock(s.start, 0)} to {half_clock(s.end, 0)}", shown, f"{s.confidence:.2f}")
    out.print(table)


def _print_changes(number: int, file: FileClock, found: MatchClock) -> None:
    for change in file.score.changes:
        at = found.text(number, change.time) or "?"
        out.print(f"Score {change} at {at} ({half_clock(change.time, 0)} in the file).", highlight=False)
    out.print()
