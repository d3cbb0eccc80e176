"""Codes and tags of people's own: kept in order, checked, and laid behind the classes of a table."""

from __future__ import annotations

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.store.codes import GROUP, Code, Codes, with_codes
from spotting_core.store.database import Database

PRESS, SILVA = Code("High press", "h", 3, 9), Code("7 Silva", "7", tag=True)


@pytest.fixture
def codes(database: Database) -> Codes:
    return Codes(database)


def test_codes_are_kept_in_their_order_and_replaced_as_a_whole(codes: Codes) -> None:
    codes.save([PRESS, SILVA])
    assert codes.all() == [PRESS, SILVA]
    codes.save([SILVA, Code("  Set   play ", "S")])
    assert codes.all() == [SILVA, Code("Set play", "s")]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([Code(" ")], "a code cannot be called ' '"),
        ([Code("x" * 81)], "a code cannot be called"),
        ([Code("a", "ab")], "a cannot have the key 'ab'"),
        ([Code("a", "é")], "a cannot have the key 'é'"),
        ([Code("a", lead=-1)], "a cannot show -1 s"),
        ([Code("a", lag=float("nan"))], "a cannot show nan s"),
        ([Code("a"), Code("A")], "two codes have the name 'a'"),
        ([Code("a", "k"), Code("b", "K")], "two codes have the key 'k'"),
        ([Code(str(n)) for n in range(61)], "61 codes are too many"),
    ],
)
def test_what_cannot_be_a_code_is_refused_and_nothing_is_lost(codes: Codes, wrong: list[Code], message: str) -> None:
    codes.save([PRESS])
    with pytest.raises(BadInputError, match=message):
        codes.save(wrong)
    assert codes.all() == [PRESS]


def test_codes_stand_behind_the_classes_and_tags_do_not() -> None:
    classes = load_classes()
    table = with_codes(classes, [PRESS, SILVA, Code("Goal")], ["High press", "Overload", "Corner"])
    assert table.names == (*classes.names, "High press", "Overload")
    own = table.get("High press")
    assert (own.group, own.lead, own.lag, own.index) == (GROUP, 3, 9, len(classes))
    assert table.parts == classes.parts
    assert with_codes(classes, [SILVA]) is classes
