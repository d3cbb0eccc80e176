"""``touchline doctor``: look at a match and its files before numbers are believed."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import typer
from rich.markup import escape

from app.command_line.analyze import source_of
from app.command_line.terminal import out, write_machine_output
from spotting_core.classes import DEFAULT_TABLE, ClassTable, load_classes
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.files import replacing, write_array
from spotting_core.formats import e2e_spot, registry
from spotting_core.formats.document import Document, Options
from spotting_core.formats.labels_v2 import FILE_NAME as LABELS_FILE
from spotting_core.media.ingest import ingest
from spotting_core.media.playback import make_playback, playback_file
from spotting_core.media.source import MatchSource, open_match
from spotting_core.models.card import model_folder, read_card
from spotting_core.preflight.finding import ERROR, NOTE, WARNING, Finding
from spotting_core.preflight.match import Report, check_spots, examine
from spotting_core.preflight.scores import check_score_tables, check_scores

_SIGNS = {ERROR: "[red]✗[/red]", WARNING: "[yellow]![/yellow]", NOTE: "[cyan]·[/cyan]"}


def doctor(
    source: Path | None = typer.Argument(
        None, help="A video, a game folder, or a folder of halves.", show_default=False
    ),
    demo: bool = typer.Option(False, "--demo", help="Look at the bundled match."),
    model: str | None = typer.Option(None, help="Name of a bundled model, or a model folder, to check against."),
    labels: Path | None = typer.Option(None, help="Labels of the match.", show_default="Labels-v2.json beside it"),
    predictions: Path | None = typer.Option(None, help="Predictions for the match."),
    rate: float | None = typer.Option(
        None, min=0.001, help="Rows a second of predictions that are scores.", show_default="the model's, else 2"
    ),
    classes: str = typer.Option(DEFAULT_TABLE, "--classes", help="Their class table (.csv or class.txt)."),
    fix: bool = typer.Option(False, "--fix", help="Write corrected copies beside the inputs, where that is safe."),
    json_file: str | None = typer.Option(
        None, "--json", help="Write the findings as JSON to this file (- for standard output)."
    ),
) -> None:
    """Check a match, its labels and predictions for what makes results silently wrong.

    Exits with 1 if a check fails.
    """
    match, table = open_match(source_of(source, demo)), load_classes(classes)
    labels = labels or match.companion(LABELS_FILE)
    card = read_card(model_folder(model)) if model else None
    read_labels = registry.read_of_match(labels, match.path.name) if labels else None
    tables = _score_tables(predictions, match) if predictions else {}
    read_predictions = registry.read_of_match(predictions, match.path.name) if predictions and not tables else None
    data = DataDirectory.default().ensure()
    report = examine(match, data, table, card=card, labels=read_labels, predictions=read_predictions)
    lengths = {h.half: ingest(h.path, data).table.duration for h in match.halves}
    if tables:
        assumed = rate or (float(card.input["rate"]) if card else 2.0)
        background = predictions is not None and predictions.suffix != ".npy"
        found = check_score_tables(tables, table, assumed, lengths, background=background)
        report = replace(report, findings=(*report.findings, *found))
    written: list[Path] = []
    if fix:
        if labels and read_labels:
            written += _fixed_spots(labels, read_labels, table, lengths, None)
        if predictions and read_predictions:
            truth = read_labels.spots if read_labels else None
            written += _fixed_spots(predictions, read_predictions, table, lengths, truth)
        if predictions and predictions.suffix == ".npy":
            written += _fixed_scores(predictions, tables, table)
        written += _fixed_videos(match, data)
    if json_file is not None:
        write_machine_output(_as_json(report, written), json_file)
    if json_file != "-":
        _print(report, written)
    if report.failed:
        raise typer.Exit(1)


def _score_tables(path: Path, match: MatchSource) -> dict[int, np.ndarray]:
    """Scores of the match's halves, if the file holds scores: an array of one half, or E2E-Spot's score file.

    Errors:
        BadInputError: the array cannot be read, or no video of the file is of this match.
    """
    if path.suffix == ".npy" and path.is_file():
        named = re.match(r"^([12])_", path.name) or re.match(r"^half([12])$", path.parent.name)
        half = int(named.group(1)) if named else match.halves[0].half
        try:
            return {half: np.asarray(np.load(path, allow_pickle=False), np.float32)}
        except (OSError, ValueError) as error:
            raise BadInputError(f"this array cannot be read ({error})", where=path) from error
    if not path.is_file() or registry.guess_source(path).name != e2e_spot.SCORES:
        return {}
    tracks = list(e2e_spot.read_scores(path))
    own = {t.video.rpartition("/")[2]: t.scores for t in tracks if f"/{match.path.name}/" in f"/{t.video}"}
    if not own and len(tracks) == len(match.halves):
        own = {str(h.half): t.scores for h, t in zip(match.halves, tracks, strict=True)}
    if not own:
        raise BadInputError(f"no video of this file is of the match {match.path.name!r}", where=path)
    return {int(half): scores for half, scores in own.items() if half in ("1", "2")}


# --- fixing -------------------------------------------------------------------------------------------


def beside(path: Path, suffix: str | None = None) -> Path:
    """Where a corrected copy goes: ``name.fixed.json`` beside ``name.json``.

    Errors:
        BadInputError: something is there already; nothing is overwritten.
    """
    target = path.with_name(f"{path.stem}.fixed{suffix or path.suffix}")
    if target.exists():
        raise BadInputError("a corrected copy is there already", where=target, fix="Move it away first")
    return target


def _fixed_spots(path: Path, document: Document, classes: ClassTable, lengths, truth) -> list[Path]:  # type: ignore[no-untyped-def]
    """Apply safe repairs, one after the other, until none is left."""
    changed = document
    for _ in range(4):
        repairs = [f for f in check_spots(changed, classes, lengths, truth) if f.safe and f.repair_spots]
        if not repairs or repairs[0].repair_spots is None:
            break
        changed = changed.with_spots(repairs[0].repair_spots(changed.spots))
    if changed is document:
        return []
    form = registry.guess_source(path)
    if not form.writes or path.is_dir():
        raise BadInputError(f"{form.title} cannot be corrected here", where=path, fix="Convert it first")
    target = beside(path, ".json" if path.suffix == ".zip" else None)
    registry.write(target, [changed], form, Options(classes))
    return [target]


def _fixed_scores(path: Path, tables: dict[int, np.ndarray], classes: ClassTable) -> list[Path]:
    (scores,) = tables.values()
    repairs = [f.repair_scores for f in check_scores(scores, classes) if f.safe and f.repair_scores]
    if not repairs:
        return []
    target = beside(path)
    write_array(target, repairs[0](scores))
    return [target]


def _fixed_videos(match: MatchSource, data: DataDirectory) -> list[Path]:
    """Copies of videos that no browser plays as they are."""
    written = []
    for half in match.halves:
        media = ingest(half.path, data)
        if playback_file(media) != media.path:
            target = beside(half.path, ".mp4")
            made = make_playback(media)
            with replacing(target) as part:
                shutil.copyfile(made, part)
            written.append(target)
    return written


# --- telling ------------------------------------------------------------------------------------------


def _as_json(report: Report, written: list[Path]) -> dict[str, object]:
    return {
        "failed": report.failed,
        "facts": dict(report.facts),
        "findings": [f.as_json() for f in report.findings],
        "written": [str(p) for p in written],
    }


def _print(report: Report, written: list[Path]) -> None:
    for name, value in report.facts:
        out.print(f"[bold]{escape(name)}[/bold]  {escape(value)}", highlight=False, soft_wrap=True)
    out.print()
    for finding in report.findings:
        _print_finding(finding)
    if not report.findings:
        out.print("Nothing wrong was found.")
    for path in written:
        out.print(f"Corrected copy: {path}", highlight=False, soft_wrap=True)


def _print_finding(finding: Finding) -> None:
    out.print(
        f"{_SIGNS[finding.severity]} {escape(finding.check)}: {escape(finding.what)}.", highlight=False, soft_wrap=True
    )
    if finding.evidence:
        out.print(f"    Why: {escape(finding.evidence)}.", highlight=False, soft_wrap=True)
    if finding.fix:
        can = " (--fix does it)" if finding.safe else ""
        out.print(f"    Fix: {escape(finding.fix)}{can}.", highlight=False, soft_wrap=True)
