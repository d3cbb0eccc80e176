"""Content of files, checked by msgspec against the dataclass that it should be: a file can hold anything."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, TypeVar

import msgspec

_LARGEST = sys.float_info.max  # infinity is no measure of anything

Positive = Annotated[int, msgspec.Meta(gt=0)]
PositiveNumber = Annotated[float, msgspec.Meta(gt=0, le=_LARGEST)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
NotNegativeNumber = Annotated[float, msgspec.Meta(ge=0, le=_LARGEST)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

_Kind = TypeVar("_Kind")
_AT = re.compile(r"^(?P<reason>.*?)(?: - at `\$\.?(?P<place>.*)`)?$", re.DOTALL)
_EXPECTED = re.compile(
    r"^Expected (?P<kinds>\w+(?: \| \w+)*)(?P<of_length> of length)?(?: ?(?P<bound>[<>]=?)? ?(?P<limit>[\d.e+-]+))?"
    r"(?:, got (?P<got>\w+))?$"
)
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "named values",
}
_BOUNDS = {">=": " of at least ", "<=": " of at most ", ">": " above ", "<": " below ", None: " of "}


class InvalidContentError(ValueError):
    """What is wrong with the first value that cannot be used, and the place of it, in words."""


def validated(kind: type[_Kind], content: object) -> _Kind:
    """Content, as JSON and TOML give it, as a dataclass of a kind; lists become tuples where it has some.

    Errors:
        InvalidContentError: a value of another type or out of its bounds, a required one missing, or what the kind
            itself refuses.
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise InvalidContentError(_in_words(str(error), content)) from error
    except (UnicodeEncodeError, ArithmeticError, RecursionError) as error:
        raise InvalidContentError(f"a value in it cannot be ({type(error).__name__})") from error


def _in_words(message: str, content: object) -> str:
    """msgspec's message in plain words, with the place first and, of a value at the top, the value that is there."""
    match = _AT.match(message)
    reason, place = (match["reason"].replace("`", ""), match["place"]) if match else (message, None)
    expected = _EXPECTED.match(reason)
    wanted = _wanted(expected) if expected else None
    if expected and wanted:
        if place and isinstance(content, Mapping) and place in content:
            return f"{place} must be {wanted}, not {content[place]!r}"
        reason = f"expected {wanted}" + (
            f", got {_KINDS.get(expected['got'], expected['got'])}" if expected["got"] else ""
        )
    if not place:
        return reason[:1].lower() + reason[1:] if reason.startswith(("Expected", "Object")) else reason
    return f"{place}: {reason}"


def _wanted(expected: re.Match[str]) -> str:
    """What msgspec expected, as ``a whole number of at least 1``."""
    kinds = " or ".join(_KINDS.get(kind, kind) for kind in expected["kinds"].split(" | ") if kind != "null")
    limit = expected["limit"]
    if limit is None:
        return kinds
    if float(limit) == _LARGEST:
        return f"{kinds}, and finite"
    bounded = f"{kinds}{_BOUNDS[expected['bound']]}{float(limit):g}"
    return f"{bounded} values" if expected["of_length"] else bounded


def unknown_names(kind: type, content: object) -> list[str]:
    """Names of an object that a dataclass does not have, in order."""
    if not isinstance(content, dict) or not is_dataclass(kind):
        return []
    return sorted(set(content) - {f.name for f in fields(kind)})
