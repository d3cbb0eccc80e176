"""``touchline data``: what the data directory takes, and clearing what can be made again."""

from __future__ import annotations

import typer
from rich.table import Table

from app.command_line.terminal import check_output, out, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.store.space import clear, measure, size_text


def data(
    clear_kinds: list[str] | None = typer.Option(
        None, "--clear", help="Delete all of this kind (see the list); can be given more than once."
    ),
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """Say what the data directory takes, or clear what can be made again.

    Sources, reviewed work, uploaded labels and imported predictions are never deleted.
    """
    from spotting_core.jobs.queue import JobQueue
    from spotting_core.store.database import open_database

    check_output(json_file)
    place = DataDirectory.default().ensure()
    freed = None
    if clear_kinds:
        if JobQueue(open_database(place)).all_live():
            raise BadInputError("there is work under way", where=place.root, fix="Wait for it, or cancel it in the app")
        freed = clear(place, clear_kinds)
    uses = measure(place)
    if json_file is not None:
        kinds = [
            {"name": u.kind.name, "files": u.files, "bytes": u.size, "clearable": bool(u.kind.again)} for u in uses
        ]
        write_machine_output({"folder": str(place.root), "kinds": kinds, "freed": freed}, json_file)
    if json_file == "-":
        return
    table = Table("Kind", "What", "Files", "Size", "Made again by", box=None, header_style="bold", pad_edge=False)
    for use in uses:
        table.add_row(
            use.kind.name, use.kind.title, str(use.files), size_text(use.size), use.kind.again or "never cleared"
        )
    out.print(table)
    out.print(f"\n{size_text(sum(u.size for u in uses))} in {place.root}", highlight=False, soft_wrap=True)
    if freed is not None:
        out.print(f"{size_text(freed)} came free.", highlight=False)
