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
_EXPECTED = re.compile(r"^Expected (?P<wanted>.*?)(?:, got .*)?$", re.DOTALL)


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
    """msgspec's message with the place first and, of a value at the top, the value that is there."""
    match = _AT.match(message)
    reason, place = (match["reason"].replace("`", ""), match["place"]) if match else (message, None)
    if not place:
        return reason[:1].lower() + reason[1:] if reason.startswith(("Expected", "Object")) else reason
    expected = _EXPECTED.match(reason)
    if expected and isinstance(content, Mapping) and place in content:
        wanted = expected["wanted"].removesuffix(" | null").replace(f" <= {_LARGEST!r}", " and finite")
        return f"{place} must be {wanted}, not {content[place]!r}"
    return f"{place}: {reason}"


def unknown_names(kind: type, content: object) -> list[str]:
    """Names of an object that a dataclass does not have, in order."""
    if not isinstance(content, dict) or not is_dataclass(kind):
        return []
    return sorted(set(content) - {f.name for f in fields(kind)})
