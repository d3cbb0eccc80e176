"""The command line: ``touchline COMMAND SOURCE …``.

Exit codes: 0 done, 1 a check failed, 2 bad input or usage, 130 cancelled.
"""

from __future__ import annotations

import logging
import signal
import sys
import warnings

import typer
from rich.logging import RichHandler
from rich.markup import escape

from app.command_line import (
    active,
    agreement,
    analyze,
    clips,
    clock,
    convert,
    dashboard,
    data,
    data_set,
    doctor,
    evaluate,
    explain,
    faithfulness,
    features,
    join,
    models,
    players,
    train,
)
from app.command_line.terminal import err
from spotting_core.base.errors import CancelledError, TouchlineError, machine_error
from spotting_core.computing.waiting_threads import let_threads_sleep

app = typer.Typer(
    help="Spots the actions of a football broadcast and shows why each was spotted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command("active")(active.active)
app.command("agreement")(agreement.agreement)
app.command("analyze")(analyze.analyze)
app.command("app")(dashboard.dashboard)
app.command("clips")(clips.clips)
app.command("clock")(clock.clock)
app.command("convert")(convert.convert)
app.command("data")(data.data)
app.add_typer(data_set.data_set, name="data-set")
app.command("doctor")(doctor.doctor)
app.command("evaluate")(evaluate.evaluate)
app.command("explain")(explain.explain)
app.command("faithfulness")(faithfulness.faithfulness)
app.command("features")(features.features)
app.command("join")(join.join)
app.add_typer(models.app, name="models")
app.command("players")(players.players)
app.command("train")(train.train)


@app.callback()
def _options(verbose: bool = typer.Option(False, "--verbose", "-v", help="Say more of what is done.")) -> None:
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=err, show_path=False, show_time=False)],
    )
    # Loading an open_clip folder is told at length by the library; only our own words matter here.
    logging.getLogger("root").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning)


def _cancel(_signal: int, _frame: object) -> None:
    raise CancelledError("cancelled", fix="What was finished is kept; the same command goes on from there")


def main() -> None:
    """Run the command line; every expected error is one sentence and an exit code."""
    signal.signal(signal.SIGINT, _cancel)
    let_threads_sleep()
    try:
        app()
    except TouchlineError as error:
        _end(error)
    except (OSError, MemoryError, RuntimeError) as error:
        message = machine_error(error)
        if message is None:
            raise
        _end(message)


def _end(error: TouchlineError) -> None:
    err.print(f"[red]Error:[/red] {escape(str(error))}", highlight=False, soft_wrap=True)
    sys.exit(error.exit_code)
