"""Training configurations: a TOML file that names a system and gives every setting that matters."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_content
from spotting_core.base.nesting import LARGEST_TOML, parse_toml
from spotting_core.base.validation import InvalidContentError, unknown_names, validated

_Config = TypeVar("_Config")
_EXAMPLES = "assets/training"


def read_config(path: Path) -> tuple[str, dict[str, Any]]:
    """System name and settings of a configuration file.

    Errors:
        BadInputError: missing, not TOML, or without ``system``.
    """
    if not path.is_file():
        raise BadInputError("there is no such configuration", where=path, fix=f"See {_EXAMPLES} for examples")
    content = parse_toml(read_content(path, "configuration", LARGEST_TOML), path, "configuration")
    system = content.get("system")
    if not isinstance(system, str):
        fix = 'Add a line system = "…" before [config]'
        raise BadInputError("this configuration names no system, as a text in quotes", where=path, fix=fix)
    if unknown := sorted(set(content) - {"system", "config"}):
        fix = "A configuration has system = … and a table [config] with all settings"
        raise BadInputError(f"unknown setting {unknown[0]!r} outside of [config]", where=path, fix=fix)
    settings = content.get("config", {})
    if not isinstance(settings, dict):
        raise BadInputError("[config] of this configuration is not a table", where=path)
    return system, settings


def as_config(kind: type[_Config], settings: dict[str, Any], where: Path, examples: str = _EXAMPLES) -> _Config:
    """Settings as a config dataclass; lists become tuples.

    Arguments:
        where: their file; examples: folder of files that can be read.

    Errors:
        BadInputError: an unknown setting, a missing one, or one of the wrong type.
    """
    unknown = unknown_names(kind, settings)
    if unknown:
        known = ", ".join(sorted(f.name for f in dataclasses.fields(kind)))  # type: ignore[arg-type]
        raise BadInputError(f"unknown setting {unknown[0]!r}", where=where, fix=f"Known settings: {known}")
    try:
        return validated(kind, settings)
    except InvalidContentError as error:
        fix = f"See {examples} for examples"
        raise BadInputError(f"this configuration cannot be used ({error})", where=where, fix=fix) from error
