"""``touchline data-set``: what people have labelled and reviewed, frozen, so that models can be trained on it."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape
from rich.table import Table

from app.command_line.terminal import check_output, err, out, print_left_out, write_machine_output
from app.settings import DEMO
from spotting_core.base.counts import count_of
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import printable

if TYPE_CHECKING:  # the command's help needs no database
    from spotting_core.data_sets.data_set import DataSet, DataSets

data_set = typer.Typer(
    no_args_is_help=True,
    help="Freeze what people have labelled and reviewed as a data set, and look at those that there are.",
)
_JSON = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output).")
_NAME = typer.Argument(help="The data set, by its name or the beginning of its id.")


@data_set.command("list")
def list_data_sets(json_file: str | None = _JSON) -> None:
    """List the data sets, the newest first."""
    check_output(json_file)
    sets = _sets()
    cards = [one.card() for one in sets.all()]
    for problem in sets.damaged():
        err.print(f"[yellow]Left out:[/yellow] {escape(str(problem))}", highlight=False, soft_wrap=True)
    if json_file is not None:
        write_machine_output(cards, json_file)
    if json_file == "-":
        return
    if not cards:
        out.print("There is no data set yet: touchline data-set freeze NAME makes one.", highlight=False)
        return
    table = Table("Name", "Id", "By", "Made, UTC", "Matches", "Minutes", "Spots", "Rejected", box=None, pad_edge=False)
    for card in cards:
        numbers = (card["matches"], f"{card['minutes']:.1f}", card["spots"], card["rejected"])
        words = (card["name"], card["id"], card["author"], card["made"][:16].replace("T", " "))
        table.add_row(*(escape(printable(word)) for word in words), *map(str, numbers))
    out.print(table, highlight=False)


@data_set.command()
def freeze(
    name: str = typer.Argument(help="Name of the new data set."),
    match: list[Path] = typer.Option([], help="A match of the library; all but the demo match where none is given."),
    by: str | None = typer.Option(None, help="Who makes it.", show_default="your user name"),
    json_file: str | None = _JSON,
) -> None:
    """Keep what people know of the matches of the library at this moment.

    Labels count as they are and their match as watched. Accepted, moved and added spots are true, rejected ones are not
    there; around them, and in clips in which nothing more happens, everything is known. What nobody watched counts
    neither way.
    """
    from spotting_core.data_sets.freeze import freeze as freeze_library
    from spotting_core.media.source import open_match
    from spotting_core.store.database import open_database

    check_output(json_file)
    data = DataDirectory.default().ensure()
    only = {open_match(path).path for path in match} or None
    author = printable(by or getpass.getuser()).strip()
    frozen = freeze_library(name, author, open_database(data), data, only=only, never={DEMO})
    if json_file is not None:
        write_machine_output({**frozen.data_set.card(), "read": frozen.read, "left_out": frozen.left_out}, json_file)
    for one in frozen.data_set.matches:
        for sentence in one.disputed:
            where = escape(printable(f"{one.title}, {sentence}"))
            err.print(f"[yellow]Contradiction:[/yellow] {where}. These seconds are left out.", soft_wrap=True)
    print_left_out(frozen.left_out)
    if json_file != "-":
        out.print(f"{count_of(frozen.read, 'match')} of the library read.", highlight=False)
        _print(frozen.data_set)


@data_set.command()
def show(name: str = _NAME, json_file: str | None = _JSON) -> None:
    """Show the card of a data set: who made it, when, of which matches, and what is in it."""
    check_output(json_file)
    one = _sets().get(name)
    if json_file is not None:
        write_machine_output({**one.card(), "titles": [match.title for match in one.matches]}, json_file)
    if json_file != "-":
        _print(one)


@data_set.command()
def export(
    name: str = _NAME,
    folder: Path = typer.Argument(help="New folder, which touchline train --data reads."),
    copy: bool = typer.Option(False, "--copy", help="Copy the videos, so that the folder can be carried elsewhere."),
) -> None:
    """Write a data set as splits (train, val, test) of labels, watched stretches and links to the videos.

    The minutes of test are those on which models are compared: in no data set are they learned from.
    """
    from spotting_core.data_sets.folder import write_folder
    from spotting_core.store.database import open_database

    data = DataDirectory.default().ensure()
    for one in write_folder(_sets().get(name), folder, open_database(data), data, copied=copy):
        numbers = f"{count_of(one.matches, 'match')}, {one.minutes:.1f} minutes watched, {count_of(one.spots, 'spot')}"
        out.print(f"{one.split}: {numbers}", highlight=False)
    out.print(f"Written to {folder}", highlight=False, markup=False, soft_wrap=True)


def _sets() -> DataSets:
    from spotting_core.data_sets.data_set import DataSets

    return DataSets(DataDirectory.default().ensure())


def _print(one: DataSet) -> None:
    """The card, for people."""
    from spotting_core.data_sets.data_set import ORIGINS

    card = one.card()
    who = f"{card['name']} ({card['id']}), by {card['author']}, {card['made'][:16].replace('T', ' ')} UTC"
    out.print(printable(who), highlight=False, markup=False, soft_wrap=True)
    disputed = f", {count_of(card['disputed'], 'contradiction')} left out" if card["disputed"] else ""
    counts = f"{count_of(card['spots'], 'spot')}, {card['rejected']} rejected{disputed}"
    out.print(
        f"{count_of(card['matches'], 'match')}, {card['minutes']:.1f} minutes watched: {counts}",
        highlight=False,
    )
    table = Table("Class", *(origin.capitalize() for origin in ORIGINS), "Rejected", box=None, pad_edge=False)
    for label, row in card["classes"].items():
        table.add_row(escape(printable(label)), *(_number(row, column) for column in (*ORIGINS, "rejected")))
    if card["classes"]:
        out.print(table, highlight=False)


def _number(row: dict[str, Any], column: str) -> str:
    return str(row[column]) if row.get(column) else ""
