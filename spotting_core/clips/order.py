"""An export as it is asked for: which clips, in which order, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spotting_core.base.errors import BadInputError
from spotting_core.clips.drawing import LAYERS
from spotting_core.clips.names import check_pattern
from spotting_core.clips.selection import Clip
from spotting_core.formats import sportscode, timeline_otio
from spotting_core.formats.registry import FORMATS

SIZES = (224, 360, 540, 720, 1080)
"""Lines of an exported picture that are offered besides the video's own."""

COMPANIONS = (sportscode.FORM, timeline_otio.FORM)
"""Formats in which the same selection can be written beside the clips."""


@dataclass(frozen=True)
class Order:
    """What to export.

    Arguments:
        clips: in their order, of one match or of several.
        reel: all in one file, else one file each.
        fast: packets copied, else cut to the frame and re-encoded.
        lines: of the picture (its shorter side, even), or None for the video's own.
        names: pattern of the files' names (see ``names``), empty for the usual ones.
        cards: whether a reel has a title card before each clip.
        layers: what is drawn on the pictures, of ``drawing.LAYERS``.
        sound: whether sound is kept.
        companions: formats in which the selection is written besides.
        zipped: everything in one zip.
    """

    clips: tuple[Clip, ...]
    reel: bool = False
    fast: bool = False
    lines: int | None = None
    cards: bool = True
    layers: frozenset[str] = frozenset()
    sound: bool = True
    companions: tuple[str, ...] = ()
    zipped: bool = False
    names: str = ""

    def __post_init__(self) -> None:
        if not self.clips:
            raise BadInputError("no clip is chosen", fix="Choose other classes or a lower confidence")
        if self.names:
            check_pattern(self.names, self.reel)
        for wanted, known in ((self.layers, LAYERS), (self.companions, COMPANIONS)):
            unknown = sorted(set(wanted) - set(known))
            if unknown:
                raise BadInputError(f"there is no {unknown[0]!r}", fix=f"Known: {', '.join(known)}")
        if self.lines is not None and (not 16 <= self.lines <= 4320 or self.lines % 2):
            raise BadInputError(
                f"a picture of {self.lines} lines cannot be made", fix="Choose an even number from 16 to 4320"
            )
        encoded = {
            "one reel": self.reel,
            "another size": self.lines is not None,
            "drawing on the picture": bool(self.layers),
            "slow motion": any(c.slow < 1.0 for c in self.clips),
            "frozen pictures": any(c.freezes for c in self.clips),
        }
        options = [name for name, wanted in encoded.items() if wanted]
        if self.fast and options:
            raise BadInputError(
                f"a fast export copies what is there and cannot do {' or '.join(options)}", fix="Export exactly"
            )

    def as_json(self) -> dict[str, Any]:
        return {
            **{k: getattr(self, k) for k in ("reel", "fast", "lines", "cards", "sound", "zipped", "names")},
            "clips": [c.as_json() for c in self.clips],
            "layers": sorted(self.layers),
            "companions": list(self.companions),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Order:
        """Read what ``as_json`` gave.

        Errors:
            BadInputError: it is not an order, or asks for what cannot be done.
        """
        try:
            fields = {k: content[k] for k in cls.__dataclass_fields__ if k in content}
            clips = tuple(Clip.from_json(c) for c in fields.pop("clips"))
            layers, companions = frozenset(fields.pop("layers", ())), tuple(fields.pop("companions", ()))
            return cls(clips, layers=layers, companions=companions, **fields)
        except (KeyError, TypeError) as error:
            raise BadInputError(f"this export cannot be read ({error})", fix="Choose the clips again") from error


def companion_file(form: str) -> str:
    """File name of a companion."""
    return FORMATS[form].patterns[0]
