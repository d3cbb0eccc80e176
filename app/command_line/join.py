"""``touchline join``: videos that follow one another, written as one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from app.command_line.terminal import err, out, progress_bar
from spotting_core.base.errors import BadInputError
from spotting_core.domain.clock import half_clock

if TYPE_CHECKING:
    from spotting_core.media.joined import Piece


def join(
    sources: list[Path] = typer.Argument(
        help="Videos in the order of play; or a folder, whose names say which are pieces of one recording."
    ),
    out_path: Path = typer.Option(
        ...,
        "--out",
        help="The video to write (.mp4, .mov, .mkv); of a folder, where to write its recordings.",
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace a video that is there."),
) -> None:
    """Make one video of the pieces in which a camera or a recorder has written a half.

    Nothing is encoded anew: pictures and sound are copied, each piece behind the one before. Of a folder every
    recording becomes a video, so that what is written is a match of one video per half.
    """
    from spotting_core.media.joined import SUFFIXES, recordings_in

    if len(sources) == 1 and sources[0].is_dir():
        if out_path.suffix.lower() in SUFFIXES:
            fix = "Give a folder, or the videos themselves in the order of play"
            raise BadInputError("the recordings of a folder are written to a folder", where=out_path, fix=fix)
        wanted = recordings_in(sources[0], out_path)
    elif len(sources) == 1 and sources[0].is_file():
        raise BadInputError("one video alone needs no joining", where=sources[0], fix="Give two or more, or a folder")
    else:
        wanted = {out_path: sources}
    for target in wanted:
        if target.exists() and not overwrite:
            raise BadInputError("this video is there already", where=target, fix="Give another --out, or --overwrite")
    read = {target: _read(paths, target) for target, paths in wanted.items()}  # all of them before any is written
    for target, pieces in read.items():
        _join(pieces, target)
        _print(pieces, target)


def _read(paths: Sequence[Path], target: Path) -> list[Piece]:
    from spotting_core.media.joined import read_pieces

    with progress_bar() as bar:
        task = bar.add_task(escape(target.name), total=None, note="reading")
        return read_pieces(paths, lambda done, whole: bar.update(task, completed=done, total=whole))


def _join(pieces: Sequence[Piece], target: Path) -> None:
    from spotting_core.media.joined import join_videos

    with progress_bar() as bar:
        task = bar.add_task(escape(target.name), total=None, note="writing")
        join_videos(pieces, target, lambda done, whole: bar.update(task, completed=done, total=whole))


def _print(pieces: Sequence[Piece], target: Path) -> None:
    last = pieces[-1]
    length = half_clock(last.begin + last.table.duration)
    out.print(f"{escape(str(target))}: {len(pieces)} video{'s' if len(pieces) > 1 else ''}, {length}", highlight=False)
    for piece in pieces:
        err.print(f"  {half_clock(piece.begin)}  {escape(piece.path.name)}", highlight=False)
