"""Where things stand in each view: what is shown in their place until they are there.

The same places come with the first answer, before any script has run, and stay until the view itself has been made, so
that nothing jumps in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True)
class Form:
    """Places of a view as a grid; an area's name may have several cells. "bar" is what stands above a view, "rows" a
    list; the others are cards.

    Arguments:
        columns, rows: sizes, as CSS has them; areas: names by row.
        medium: the same in a window of at most 1240 pixels, where it differs there.
    """

    columns: str
    rows: str
    areas: tuple[str, ...]
    medium: Form | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Each area once, those of narrower windows too."""
        own = dict.fromkeys(name for row in self.areas for name in row.split())
        return tuple(own | dict.fromkeys(self.medium.names if self.medium else ()))


_MATCH = Form(
    "minmax(0, 1fr) 348px 300px", "40px minmax(0, 460px) minmax(0, 1fr)",
    ("bar bar bar", "picture why rows", "lanes lanes rows"),
    Form("minmax(0, 1fr) 268px", "40px minmax(0, 460px) minmax(0, 1fr)", ("bar bar", "picture rows", "lanes rows")),
)  # fmt: skip
FORMS: Mapping[str, Form] = {
    "home": _MATCH,  # it opens a match
    "match": _MATCH,
    "library": Form("minmax(0, 1fr) 330px", "40px minmax(0, 3fr) minmax(0, 1fr)", ("bar bar", "rows add", "rows jobs")),
    "explain": Form(
        "repeat(3, minmax(0, 1fr)) 428px", "40px repeat(3, minmax(0, 1fr))",
        ("bar bar bar bar", "a b c entities", "d e f what", "window window window what"),
        Form(
            "repeat(3, minmax(0, 1fr))", "40px repeat(3, minmax(0, 1fr))",
            ("bar bar bar", "a b c", "d e f", "window window window"),
        ),
    ),
    "clips": Form(
        "minmax(0, 520fr) minmax(250px, 280fr) 240px minmax(0, 330fr)", "40px minmax(0, 450px) minmax(0, 1fr)",
        ("bar bar bar bar", "picture clip margins export", "reel reel reel export"),
        Form(
            "minmax(0, 1fr) 250px minmax(0, 240px)", "40px minmax(0, 450px) minmax(0, 1fr)",
            ("bar bar bar", "picture clip export", "reel reel export"),
        ),
    ),
    "review": Form("minmax(0, 1fr)", "40px minmax(0, 1fr)", ("bar", "rows")),
    "search": Form(
        "minmax(0, 330px) minmax(0, 1fr)", "40px minmax(0, 3fr) minmax(0, 2fr)",
        ("bar bar", "filters chart", "filters rows"),
    ),
    "statistics": Form(
        "repeat(2, minmax(0, 1fr))", "40px 56px minmax(0, 5fr) minmax(0, 2fr) minmax(0, 4fr)",
        ("bar bar", "filters filters", "a b", "a c", "d e"),
    ),
    "evaluate": Form(
        "minmax(0, 584fr) repeat(2, minmax(0, 390fr))", "40px minmax(0, 300px) minmax(0, 1fr)",
        ("bar bar bar", "rows curve sure", "rows errors errors"),
    ),
}  # fmt: skip
_NARROW = 3  # places in a window of at most 860 pixels, one below the other


def view_of(path: str) -> str:
    """The view of an address; what has none stands as the one that opens without a name."""
    name = path.strip("/").partition("/")[0]
    return name if name in FORMS else "home"


def places(view: str, word: str) -> str:
    """Markup of the places of a view.

    Arguments:
        word: what readers of the screen are told.
    """
    cells = "".join(f'<i class="place-{name}" style="grid-area:{name}"></i>' for name in FORMS[view].names)
    return f'<div class="tl-places places-{view}" role="status" aria-label="{word}">{cells}</div>'


@lru_cache(maxsize=1)
def style() -> str:
    """The CSS of all views' places; colours are those of ``--tl-``."""
    medium = {view: form.medium for view, form in FORMS.items() if form.medium is not None}
    left_out = [(v, name) for v, form in medium.items() for name in FORMS[v].names if name not in form.names]
    too_many = [
        (view, name)
        for view, form in FORMS.items()
        for name in form.names
        if name not in (form.medium or form).names[:_NARROW]
    ]
    rules = [
        *(_rule(view, form) for view, form in FORMS.items()),
        "@media (max-width: 1240px) {", *(_rule(view, form) for view, form in medium.items()), _hidden(left_out), "}",
        "@media (max-width: 860px) {", _hidden(too_many), "}",
    ]  # fmt: skip
    return "\n".join([Path(__file__).with_suffix(".css").read_text(encoding="utf-8"), *rules])


def _hidden(cells: Iterable[tuple[str, str]]) -> str:
    return f"{', '.join(f'.tl-places.places-{view} > .place-{name}' for view, name in cells)} {{ display: none; }}"


def _rule(view: str, form: Form) -> str:
    areas = " ".join(f'"{row}"' for row in form.areas)
    return (
        f".tl-places.places-{view} {{ grid-template-columns: {form.columns}; grid-template-rows: {form.rows}; "
        f"grid-template-areas: {areas}; }}"
    )
