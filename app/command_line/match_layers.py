"""The analyses of a match that a command reads, the one that is used of it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from app.command_line.terminal import err

if TYPE_CHECKING:  # commands that fail at their options do without what reads analyses
    from spotting_core.analyses.analysis import Analysis
    from spotting_core.base.data_directory import DataDirectory
    from spotting_core.media.source import MatchSource


def match_layers(match: MatchSource, data: DataDirectory) -> list[Analysis]:
    """Complete analyses of a match for every task, those of spotting first and of each task the one that is used first:
    by the model that is chosen in the library, else the one that was made first."""
    from app.library.library import layers_of
    from spotting_core.store.chosen_models import ChosenModels
    from spotting_core.store.database import open_database

    chosen = ChosenModels(open_database(data)).of_path(match.path)
    return layers_of(match.content_hash(data), match.path, data, chosen)


def note_gone_choice(match: MatchSource, data: DataDirectory, layers: list[Analysis]) -> None:
    """Say that another model is used than the chosen one, where that has no analysis any more."""
    from app.library.library import gone_choice
    from spotting_core.store.chosen_models import ChosenModels
    from spotting_core.store.database import open_database

    if word := gone_choice(layers, ChosenModels(open_database(data)).of_path(match.path)):
        err.print(f"[yellow]Note:[/yellow] {escape(word)}", highlight=False)
