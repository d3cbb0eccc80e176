"""``touchline convert-weights``: a published checkpoint becomes a model folder."""

from __future__ import annotations

from pathlib import Path

import typer

from app.command_line.terminal import out
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import DEFAULT_TABLE


def convert_weights(
    checkpoint: Path = typer.Argument(
        help="A public checkpoint of a pooling (max, average, NetVLAD, NetRVLAD, or ++), or of CALF's replay grounding."
    ),
    out_folder: Path = typer.Option(..., "--out", help="Folder of the model to write."),
    features: str = typer.Option("ResNET_TF2_PCA512", help="The feature set of SoccerNet that it was trained on."),
    classes: str = typer.Option(DEFAULT_TABLE, help="The class table that it was trained with, background excepted."),
    system: str = typer.Option(
        "", help="The system it is of, where weights do not tell: max or average, with ++ or not."
    ),
    code: str = typer.Option(
        "", help="Folder of the public code it is of, where weights do not tell: Pooling or TemporallyAwarePooling."
    ),
) -> None:
    """Write a published checkpoint as a model that touchline analyze reads, with its weights in our layout."""
    from spotting_core.checkpoints.sn_spotting import convert_checkpoint
    from spotting_core.features.sets import SOCCERNET
    from spotting_core.models.card import read_card

    if features not in SOCCERNET:
        raise BadInputError(
            "there is no such feature set of SoccerNet", where=features, fix=f"Known: {', '.join(SOCCERNET)}"
        )
    convert_checkpoint(
        checkpoint, out_folder, classes=classes, features=SOCCERNET[features], system_name=system, code=code
    )
    card = read_card(out_folder)
    facts = f"{card.training['code']}: clips of {card.window / card.input.rate:g} s"
    if card.config["suppression"]:
        facts += f", suppression {card.config['suppression']:g} s"
    out.print(f"{card.name}: {out_folder} ({facts})", highlight=False, soft_wrap=True)
