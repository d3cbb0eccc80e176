"""The matches of several files, each once: halves of one match in files that follow each other are joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from spotting_core.base.errors import BadInputError
from spotting_core.formats.document import Document

_SORT = "Order its entries by match"
_KEEP = "Leave one of them out, or give both matches names of their own"
_NO_HALF = 0  # of a match of which no half is known


Placed = tuple[str, Document]
"""A match, after the file that it is of, for messages."""


def each_once(documents: Iterable[Placed]) -> Iterator[Placed]:
    """The matches of some files as they come, if none occurs twice; one without a name is another one each time.

    Errors:
        BadInputError: a half of a match occurs twice, so that it would count twice, or the halves of one lie in files
            between which others lie; names both files.
    """
    places: dict[tuple[str, int], str] = {}
    last: dict[str, str] = {}  # the file that names a match last
    before = ""  # the match before
    for where, document in documents:
        game = document.game
        if game:
            _check(document, where, places, None if game == before else last.get(game))
            last[game] = where
        before = game
        yield where, document


def halves_joined(documents: Iterable[Placed]) -> Iterator[Document]:
    """The matches of some files, those as one that follow each other in other files under one name."""
    held: Placed | None = None
    for where, document in documents:
        if held is not None and document.game and held[1].game == document.game and held[0] != where:
            held = where, _joined(*held, where, document)
            continue
        if held is not None:
            yield held[1]
        held = where, document
    if held is not None:
        yield held[1]


def _check(document: Document, where: str, places: dict[tuple[str, int], str], before: str | None) -> None:
    """Refuse a match that occurred before, but with other halves in this file or the one before.

    Its halves may not lie between others either: who takes a file match by match would take it for two.

    Arguments:
        places: match and half to the file that it is in; takes those of this document.
        before: the file that named the match last, where that was not the match right before this one.
    """
    for half in document.half_numbers() or [_NO_HALF]:
        other = places.get((document.game, half))
        if where in (other, before):
            raise BadInputError(f"the match {document.game!r} occurs twice", where=where, fix=_SORT)
        if other is not None or (before is not None and before != where):
            what = f"this file and {other or before} both hold the match {document.game!r}"
            raise BadInputError(what, where=where, fix=_KEEP)
        places[document.game, half] = where


def _joined(first_file: str, first: Document, second_file: str, second: Document) -> Document:
    """Two documents of other halves of one match as one."""
    unlike = [key for key in first.header.keys() & second.header.keys() if first.header[key] != second.header[key]]
    notes = [
        *first.notes,
        *second.notes,
        f"{first_file} and {second_file} hold halves of one match and are read as one",
    ]
    if unlike:
        notes.append(f"what {second_file} says of itself is left out where {first_file} says otherwise")
    return Document(
        (*first.entries, *second.entries),
        first.game,
        first.form,
        {**second.header, **first.header},
        {**first.halves, **second.halves},
        tuple(dict.fromkeys(notes)),
        Counter(first.left_out) + Counter(second.left_out),
        first.drop_frame,
    )
