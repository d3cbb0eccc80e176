"""Codes of people's own: what they tag moments with, by a button or a key, whether or not a model has a class for it.

A code becomes a spot with its name as the class, and a clip from its lead to its lag. A tag, a player or a word, is put
into the comment of what was tagged last, as ``#name``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import ActionClass, ClassTable, joined
from spotting_core.store.database import Database
from spotting_core.store.tables import CodeRow

GROUP = "own"
"""Group of the codes among the classes."""
LEAD, LAG = 5.0, 5.0
_MOST, _LONGEST_NAME, _LONGEST = 60, 80, 600.0  # codes, characters, seconds
_COLOURS = (("#6E5BF4", "#767DF1"), ("#167859", "#62D19B"), ("#B8891D", "#ECD146"), ("#BD2A89", "#FA90C3"))


@dataclass(frozen=True)
class Code:
    """A code, or with ``tag`` a word for what was tagged.

    Arguments:
        key: that is pressed for it, a letter or digit, or empty; lead, lag: seconds that a clip shows around it.
    """

    name: str
    key: str = ""
    lead: float = LEAD
    lag: float = LAG
    tag: bool = False


class Codes:
    """The codes of one database, in the order in which they are shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Code]:
        with self._database.reading() as session:
            rows = session.scalars(select(CodeRow).order_by(CodeRow.place))
            return [Code(row.name, row.key, row.lead, row.lag, row.tag) for row in rows]

    def save(self, codes: Sequence[Code]) -> None:
        """Keep these codes in the place of all others. What was tagged with one that is gone stays.

        Errors:
            BadInputError: one without a name, two of a name or a key, a key that is no letter or digit, a length that
                cannot be, or too many.
        """
        checked = [_checked(code) for code in codes]
        _unlike(checked)
        with self._database.session() as session:
            session.execute(delete(CodeRow))
            session.add_all(CodeRow(**asdict(code), place=place) for place, code in enumerate(checked))


def _checked(code: Code) -> Code:
    name, key = " ".join(code.name.split()), code.key.strip().lower()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        what = f"a code cannot be called {code.name[:_LONGEST_NAME]!r}"
        raise BadInputError(what, fix=f"Give it 1 to {_LONGEST_NAME} characters")
    if key and not (len(key) == 1 and key.isascii() and key.isalnum()):
        raise BadInputError(f"{name} cannot have the key {code.key!r}", fix="Give one letter or digit, or none")
    for seconds in (code.lead, code.lag):
        if not (math.isfinite(seconds) and 0 <= seconds <= _LONGEST):
            raise BadInputError(f"{name} cannot show {seconds:g} s", fix=f"Give 0 to {_LONGEST:g} seconds")
    return Code(name, key, float(code.lead), float(code.lag), code.tag)


def _unlike(codes: Sequence[Code]) -> None:
    if len(codes) > _MOST:
        raise BadInputError(f"{len(codes)} codes are too many", fix=f"Keep {_MOST}")
    for what, values in (("name", [c.name.lower() for c in codes]), ("key", [c.key for c in codes if c.key])):
        twice = next((value for value, count in Counter(values).items() if count > 1), None)
        if twice is not None:
            raise BadInputError(f"two codes have the {what} {twice!r}", fix=f"Give each a {what} of its own")


def with_codes(classes: ClassTable, codes: Sequence[Code], labels: Sequence[str] = ()) -> ClassTable:
    """A class table with the codes behind its own classes.

    Arguments:
        labels: of what has been tagged, with codes that there are no more among them.
    """
    own = [code for code in codes if not code.tag and code.name not in classes]
    known = {code.name for code in own}
    own += [Code(label) for label in dict.fromkeys(labels) if label not in classes and label not in known]
    if not own:
        return classes
    rows = tuple(
        ActionClass(
            place, code.name, code.name, GROUP, "other", *_COLOURS[place % len(_COLOURS)], 1.0, code.lead, code.lag
        )
        for place, code in enumerate(own)
    )
    return joined([classes, ClassTable(GROUP, rows, classes.parts)])
