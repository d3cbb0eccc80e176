"""Of which format a file, folder or zip is: by how JSON is built, by its name, by how it starts.

Every function is given the formats that there are, by their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from spotting_core.base.archives import check_none_packed, is_zip, unpacked
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import check_regular, read_json
from spotting_core.base.texts import decoded_text, marked_encoding
from spotting_core.formats import labels_cameras, labels_game_state, labels_v1, labels_v2, results_spotting, sportscode
from spotting_core.formats.foreign_files import is_json_lines, unknown_format
from spotting_core.formats.format import SPOTS, Format
from spotting_core.formats.json_shapes import json_shape
from spotting_core.formats.tree import Member, fits, fits_packed, members, names_inside, without_gz

_HEAD = 1 << 16  # bytes of a file that are looked at to tell its format
_ENDINGS = (".json", ".csv", ".xml", ".vtt", ".edl", ".otio", ".fcpxml")
_LOOKED_INTO = 200  # files of a folder or zip whose beginning is read to tell their format
_NAMED = 4  # files that are named of those of a format
# Formats whose names in a folder of a match say which of its files are meant, the first that is there.
_OF_FOLDERS = (labels_v2.FORM, labels_v1.FORM, labels_cameras.FORM, labels_game_state.FORM, results_spotting.FORM)

Formats = Mapping[str, Format]


class MixedFormatsError(BadInputError):
    """Files of several formats lie in one folder or zip."""


def guess_source(path: Path, formats: Formats) -> Format:
    """The format of a file, tree or zip: by how JSON is built, by the names in it, by how it starts.

    Errors:
        BadInputError: nothing there, no format fits, or it holds something else than spots and shots.
    """
    if not path.exists():
        raise BadInputError("there is no such file or folder", where=path, fix="Check the path")
    check_regular(path)
    if not (path.is_dir() or is_zip(path)):
        return _of_file(path.name, path, formats)
    guess = _of_tree(path, formats)
    if guess is None:
        raise unknown_format(b"", names_inside(path), path)
    return guess


def _of_tree(path: Path, formats: Formats) -> Format | None:
    """The format of the files of a tree or zip: by the names that SoccerNet's folders have, else the one of all that
    are recognised.

    Errors:
        BadInputError: several formats, or nothing that is read but packed files or those of other things.
    """
    names = names_inside(path)
    folders = [form for form in formats.values() if form.name in _OF_FOLDERS]
    for form in folders:
        if form.reads and any(fits_packed(n, form.patterns[0]) for n in names):
            return form
    if not any(_may_be_read(n, formats) for n in names):
        check_none_packed(names, path)
    forms = _forms_inside(path, formats)
    known = [name for name in forms if name is not None]
    if len(known) == 1:
        return formats[known[0]]
    if known:
        listed = "; ".join(f"{formats[name].title}: {_listed(forms[name])}" for name in known)
        raise MixedFormatsError(
            f"files of several formats lie here ({listed})",
            where=path,
            fix="Give those of one format by themselves, or name it to touchline convert with --from "
            + " or --from ".join(known),
        )
    for member in _readable(path, formats) if forms else ():
        _of_start(member.name, member.head(_HEAD), formats)  # says what it is instead
    return None


def _may_be_read(name: str, formats: Formats) -> bool:
    """Whether files of any format are called so, packed by gzip or not."""
    return _ending(without_gz(name)) in _ENDINGS or _by_name(name, formats) is not None


def _readable(path: Path, formats: Formats) -> Iterator[Member]:
    """Those files of a folder or zip that may be of a format, in the order of their paths."""
    return (m for m in members(path, "*") if _may_be_read(m.name, formats))


def _forms_inside(path: Path, formats: Formats) -> dict[str | None, list[str]]:
    """Name of a format, or None for none, to the files of a folder or zip that are of it.

    Of very many files the first are looked into, and the others told by their names.
    """
    forms: dict[str | None, list[str]] = {}
    for number, member in enumerate(_readable(path, formats)):
        form = form_of(member, formats) if number < _LOOKED_INTO else _by_name(member.name, formats)
        forms.setdefault(form.name if form is not None else None, []).append(_shown(member, path))
    return forms


def _shown(member: Member, path: Path) -> str:
    """How a file is called in its folder or zip."""
    return member.where.removeprefix(str(path)).lstrip("/, ")


def _listed(files: Sequence[str]) -> str:
    return ", ".join(files[:_NAMED]) + (f" and {len(files) - _NAMED} more" if len(files) > _NAMED else "")


def set_aside(path: Path, form: Format, formats: Formats) -> dict[str, int]:
    """What of a folder or zip is not read with the files of a format: reason, as a clause, to how many files."""
    if not (path.is_dir() or is_zip(path)):
        return {}
    patterns = form.inside if form.many else pattern_inside(path, form.inside)
    left: dict[str, list[str]] = {}
    for number, member in enumerate(_readable(path, formats)):
        fitting, of_any = fits_packed(member.name, patterns), of_any_name(patterns)
        if fitting and not of_any:
            continue
        looked_into = number < _LOOKED_INTO or fitting  # as it is where those that fit are read
        own = form_of(member, formats) if looked_into else _by_name(member.name, formats)
        if not fitting or not (own is None or own.name == form.name):
            left.setdefault(_kind_aside(own, form, patterns, looked_into), []).append(_shown(member, path))
    return {f"file {kind} ({_listed(files)})": len(files) for kind, files in left.items()}


def _kind_aside(own: Format | None, form: Format, patterns: str | tuple[str, ...], looked_into: bool) -> str:
    """What a file is that is not read with those of a format.

    Arguments:
        own: its format; patterns: names of those that are read; looked_into: whether more than its name is known.
    """
    if own is None:
        return "of no format that is recognised" if looked_into else "among many whose format was not looked at"
    if own.name == form.name:
        called = patterns if isinstance(patterns, str) else " or ".join(patterns)
        return f"of {own.title} beside those that are read, called {called}"
    return f"of {own.title}, read with --from {own.name}"


def _ending(name: str) -> str:
    return Path(name.lower()).suffix


def _of_file(name: str, path: Path, formats: Formats) -> Format:
    """The format of a file.

    Errors:
        BadInputError: it is of none, or damaged.
    """
    if _ending(name) not in (".json", ".gz", ".otio", ".xml"):
        named = _by_name(name, formats)
        if named is not None:
            return named
    with unpacked(path) as stream:
        head = stream.read(_HEAD)
    guess = _of_start(name, head, formats)
    if guess is None and _ending(name) == ".json" and not is_json_lines(head.decode("utf-8-sig", "replace")):
        read_json(path)  # what is not JSON at all says so
    if guess is None:
        raise unknown_format(head, (), path)
    return guess


def _of_start(name: str, head: bytes, formats: Formats) -> Format | None:
    """The format of a file that begins so; what JSON is built of counts more than what the file is called."""
    start = decoded_text(head[:-1] if len(head) == _HEAD else head, name) if marked_encoding(head) else ""
    start = start or head.decode("utf-8", "replace")
    shape = json_shape(start.encode("utf-8", "replace"), name)
    if shape is not None:
        if shape.form is not None:
            return formats[shape.form]
        if shape.refusal:
            raise BadInputError(shape.refusal, where=name, fix="Give a file of labels or predictions")
    signed = next((f for f in formats.values() if f.sign and f.sign in start), None)
    named = _by_name(name, formats) or _by_name(without_gz(name), formats)
    return (signed or named) if _ending(without_gz(name)) == ".xml" else (named or signed)


def _by_name(name: str, formats: Formats) -> Format | None:
    """By a file name that is no bare ``*.xml``: several formats end so."""
    fitting = [f for f in formats.values() if any(fits(name, p) and p != "*.xml" for p in f.patterns)]
    return fitting[0] if len(fitting) == 1 else None


def form_of(member: Member, formats: Formats) -> Format | None:
    """The format of a file in a folder or zip; None where that cannot be told."""
    try:
        return _of_start(member.name, member.head(_HEAD), formats)
    except BadInputError:  # of other things than spots, or damaged
        return None


def guess_target(path: Path, formats: Formats, kind: str = SPOTS) -> Format:
    """The format that a target's name asks for.

    Errors:
        BadInputError: none or several fit.
    """
    named = _by_name(path.name, formats)
    if named is not None and named.writes:
        return named
    fitting = [f for f in formats.values() if f.writes and f.kind == kind and path.name.lower().endswith(f.suffix)]
    if path.suffix.lower() == ".xml":
        fitting = [formats[sportscode.FORM]]
    if len(fitting) == 1:
        return fitting[0]
    raise BadInputError("the format to write cannot be told from this name", where=path, fix="Name it with --to")


def of_any_name(patterns: str | tuple[str, ...]) -> bool:
    """Whether files that are called so may be of other formats too."""
    return not isinstance(patterns, str) or patterns.startswith("*")


def pattern_inside(path: Path, patterns: tuple[str, ...]) -> str:
    """The pattern that files of a tree or zip have; that of all files of their ending if none."""
    if path.is_dir() or is_zip(path):
        names = names_inside(path)
        known = next((p for p in patterns if any(fits_packed(n, p) for n in names)), None)
        ending = f"*{Path(patterns[0]).suffix}"
        return known or (ending if any(fits_packed(n, ending) for n in names) else patterns[0])
    return patterns[0]
