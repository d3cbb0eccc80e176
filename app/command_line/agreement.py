"""``touchline agreement``: how far two reviewers of a match agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from app.command_line.terminal import check_output, out, print_left_out, print_note, write_machine_output
from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError

if TYPE_CHECKING:  # the command's help needs no arrays
    from spotting_core.domain.spots import Spot
    from spotting_core.evaluation.agreement import Agreement, Pair


def agreement(
    first: str = typer.Argument(help="A file of true spots, or with --match the name of a reviewer."),
    second: str = typer.Argument(help="The same of the other reviewer."),
    match: Path | None = typer.Option(None, help="The match that both have reviewed in the app: its video or folder."),
    candidates: Path | None = typer.Option(
        None, help="File of the spots that both were asked about; without it only what stands in the files is known."
    ),
    within: float = typer.Option(5.0, min=0.001, max=60.0, help="Seconds within which two spots are the same."),
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """Say how far two reviewers agree: on what is true, on its class (Cohen's kappa), and on its time."""
    from spotting_core.evaluation import agreement as agreements

    check_output(json_file)
    if match is not None and candidates is not None:
        raise BadInputError("reviews in the app know what was asked about", fix="Leave --candidates out")
    if match is not None:
        pairs = _reviewed(match, first, second)
    else:
        pairs = _of_files(Path(first), Path(second), candidates, round(within * 1e6))
    if not pairs:
        what = "there is not one spot that either has marked, so there is nothing to agree on"
        raise BadInputError(what, where=f"{first}, {second}", fix="Check that they are the files you mean")
    found = agreements.agreement(pairs, candidates=match is not None or candidates is not None)
    if json_file is not None:
        write_machine_output({"first": first, "second": second, **asdict(found)}, json_file)
    if json_file != "-":
        for line in lines(found, Path(first).name, Path(second).name):
            out.print(line, highlight=False, markup=False)


def _of_files(first: Path, second: Path, candidates: Path | None, reach: int) -> list[Pair]:
    from spotting_core.evaluation.agreement import pairs_of_candidates, pairs_of_files

    own, other = _spots(first), _spots(second)
    for doubt in _unlike_classes(own, other, first, second):
        print_note(doubt)
    if candidates is None:
        return pairs_of_files(own, other, reach)
    return pairs_of_candidates(_spots(candidates), own, other, reach)


def _spots(path: Path) -> list[Spot]:
    """The spots of a file, of which it is said how they were understood, and what of it is none."""
    from spotting_core.domain.repeats import repeats_clause, spot_repeats
    from spotting_core.formats import registry

    document = registry.read_one(path)
    print_left_out({f"{reason} ({path})": number for reason, number in document.left_out.items()})
    repeats = spot_repeats(document.spots)
    if repeats:
        print_note(f"{path}: {repeats_clause(repeats, 'spot')}")
    for note in document.notes:
        print_note(note if str(path) in note else f"{path}: {note}")
    return document.sorted_spots


def _unlike_classes(own: Sequence[Spot], other: Sequence[Spot], first: Path, second: Path) -> Iterator[str]:
    """Clauses on classes of one file that the other writes in other letter case, and on files of which no class is in
    both: nobody can agree on those.
    """
    from spotting_core.domain.class_names import nearest_name

    names, others = ({spot.label: None for spot in spots} for spots in (own, other))
    for name in names:
        near = nearest_name(name, others) if name not in others else None
        if near is not None and near not in names:
            yield f"{first} says {name!r} and {second} {near!r}: other letter case is another class"
    if names and others and not names.keys() & others.keys():
        yield f"not one class of {first} is also one of {second}"


def _reviewed(match: Path, first: str, second: str) -> list[Pair]:
    """What two reviewers of a match made of what both have judged.

    Errors:
        BadInputError: the match is not in the library, or one of them has judged nothing of it.
    """
    from app.command_line.library_match import match_id_of
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.media.source import open_match
    from spotting_core.reviewing.reviewers import pairs_of_reviewers, verdicts_of_match
    from spotting_core.store.database import open_database
    from spotting_core.store.reviews import Reviews

    data = DataDirectory.default().ensure()
    verdicts = verdicts_of_match(Reviews(open_database(data)), match_id_of(open_match(match), data))
    for name in (first, second):
        if name not in verdicts:
            known = f"Reviewers: {', '.join(verdicts)}" if verdicts else "Nobody has reviewed it yet"
            raise BadInputError(f"{name!r} has judged nothing of this match", where=match, fix=known)
    return pairs_of_reviewers(verdicts[first], verdicts[second])


def lines(found: Agreement, first: str, second: str) -> list[str]:
    """What is printed."""
    neither = f", {found.neither} neither" if found.verdict is not None or found.neither else ""
    return [
        f"{count_of(found.pairs, 'spot')}: {found.both} both, {found.first_only} only {first}, "
        f"{found.second_only} only {second}{neither}",
        f"Verdict, Cohen's kappa: {_figure(found.verdict)}",
        f"Found by both: {_figure(found.found)}",
        f"Class, Cohen's kappa: {_figure(found.label)}",
        f"Same class: {_figure(found.same_label)}",
        f"Second later by, median: {_figure(found.time, 1e6, ' s')}",
        f"Apart, median: {_figure(found.apart, 1e6, ' s')}",
    ]


def _figure(interval: Any, per: float = 1.0, unit: str = "") -> str:
    if interval is None:
        return "not defined"
    value, low, high = (v / per for v in (interval.value, interval.low, interval.high))
    return f"{value:.2f}{unit} ({low:.2f} to {high:.2f})"
