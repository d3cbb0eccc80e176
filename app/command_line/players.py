"""``touchline players``: who stands where on the pitch, written for others to read."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import typer
from rich.markup import escape

from app.command_line.analyze import source_path
from app.command_line.terminal import check_output, err, out, print_left_out
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.people import Colour


def players(
    source: Path | None = typer.Argument(
        None, help="A game folder, or a folder with a video for each part.", show_default=False
    ),
    demo: bool = typer.Option(False, "--demo", help="The bundled match."),
    out_file: Path = typer.Option(..., "--out", help="File to write; some formats write others beside it."),
    format_name: str | None = typer.Option(
        None,
        "--format",
        help="parquet, skillcorner, metrica, game-state or mot.",
        show_default="told by the file's name: .parquet, .csv, .txt",
    ),
    home_kit: str | None = typer.Option(
        None, help="Shirt of the home team, as #RRGGBB.", show_default="what meta.json says"
    ),
    away_kit: str | None = typer.Option(None, help="Shirt of the away team.", show_default="what meta.json says"),
    swap: bool = typer.Option(False, "--swap", help="Exchange home and away."),
) -> None:
    """Write the places of players, officials and ball on the pitch, in metres, with team and track.

    The match has to be analysed by a model that reads entities. Its calibrations are those beside it, else those that
    touchline analyze --task calibration has found. Pictures without a calibration and replays leave gaps.
    """
    from app.command_line.match_layers import match_layers, note_gone_choice
    from app.library.library import kits
    from spotting_core.analyses.match_calibrations import match_calibrations
    from spotting_core.analyses.match_cameras import match_cameras
    from spotting_core.domain.pitch import Pitch
    from spotting_core.formats.players_registry import players_format
    from spotting_core.inference.replay_run import labels_beside
    from spotting_core.media.source import open_match
    from spotting_core.players.match_players import match_players
    from spotting_core.score_bug.readings import match_readings, readings_files

    form = players_format(format_name, out_file)
    check_output(str(out_file))
    match, data = open_match(source_path(source, demo)), DataDirectory.default().ensure()
    layers = match_layers(match, data)
    note_gone_choice(match, data, layers)
    layer = next((one for one in layers if one.has("entities")), None)
    if layer is None:
        raise BadInputError(
            "no analysis of this match holds entities", where=match.path, fix="Run touchline analyze on it first"
        )
    calibrations = match_calibrations(match, layers)
    worn = shirts(home_kit, away_kit, kits(match.path))
    found = match_players(
        match,
        layer,
        calibrations,
        cameras=match_cameras(labels_beside(match), layers, match_readings(readings_files(match, data))),
        pitch=calibrations[0].pitch if calibrations else Pitch(),
        kits=worn,
    )
    left_out = Counter(found.left_out)
    carried = sum(map(form.carries, found.placed))
    if form.without and carried < len(found.placed):
        left_out[f"a place of {form.without}, for whom {form.title} has no room"] = len(found.placed) - carried
    if not carried:
        reasons = "".join(f"; left out: {number} × {reason}" for reason, number in left_out.items())
        fix = "Look at what the analysis has found in the app, or analyse the match with another model"
        raise BadInputError(f"nobody can be placed on the pitch{reasons}", where=match.path, fix=fix)
    files = form.write(out_file, found.swapped() if swap else found)
    samples = sum(len(times) for times in found.samples.values())
    out.print(
        f"{carried} places at {found.rate:g} samples a second, in {len(found.calibrations)} of {samples} "
        f"samples, as {form.title}: {', '.join(str(f) for f in files)}",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    print_left_out(left_out)
    for note in found.notes:
        err.print(f"[yellow]Note:[/yellow] {escape(note)}", highlight=False, soft_wrap=True)


def shirts(home: str | None, away: str | None, known: tuple[str | None, str | None]) -> tuple[Colour, Colour] | None:
    """Both shirts, as given or as the match folder knows them, or None where neither is known.

    Errors:
        BadInputError: no such colour, or one shirt alone.
    """
    wanted = [None if own is None else _colour(own) for own in (home or known[0], away or known[1])]
    if wanted[0] is not None and wanted[1] is not None:
        return wanted[0], wanted[1]
    if home is not None or away is not None:
        one, other = ("--home-kit", "--away-kit") if home is not None else ("--away-kit", "--home-kit")
        raise BadInputError(f"{one} alone does not tell the teams apart", fix=f"Give {other} as well")
    return None


def _colour(text: str) -> Colour:
    found = re.fullmatch(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})", text)
    if found is None:
        raise BadInputError(f"{text!r} is no colour", fix="Give it as #RRGGBB, as #C02020")
    red, green, blue = (int(part, 16) for part in found.groups())
    return red, green, blue
