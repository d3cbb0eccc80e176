"""Which formats there are: how each is read and written, and what it carries.

``read`` and ``write`` work on any of them, match by match, whatever holds the matches: one file, a tree of
folders, a zip of it, or a file of many videos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spotting_core.base.archives import is_zip
from spotting_core.base.counts import count_of
from spotting_core.base.errors import BadInputError
from spotting_core.base.extensions import FORMATS as OTHERS
from spotting_core.base.extensions import extensions
from spotting_core.base.repeated_keys import repeated_keys
from spotting_core.base.texts import check_encoding, text_in
from spotting_core.domain.class_names import check_some_known
from spotting_core.domain.spots import Spot
from spotting_core.formats import (
    e2e_spot,
    edit_list,
    final_cut,
    labels_cameras,
    labels_game_state,
    labels_v1,
    labels_v2,
    osl,
    own_fields,
    results_spotting,
    sportscode,
    table_csv,
    timeline_otio,
    webvtt_chapters,
)
from spotting_core.formats.document import (
    Document,
    HalfInfo,
    Options,
    check_confidence,
    check_part,
    of_classes,
    other_match,
)
from spotting_core.formats.format import SHOTS, SPOTS, Format, ReadMatches, WriteMatches
from spotting_core.formats.labels_cameras import CameraDocument
from spotting_core.formats.occurrences import Placed, each_once, halves_joined
from spotting_core.formats.recognition import form_of, guess_source, of_any_name, pattern_inside
from spotting_core.formats.tree import (
    LARGEST_MEMBER,
    LARGEST_TEXT,
    Member,
    members,
    write_members,
)

# Formats whose times may be below 0.
_BEFORE_START = (labels_v2.FORM, results_spotting.FORM, e2e_spot.FORM, osl.FORM, table_csv.FORM, timeline_otio.FORM)
CUTS = (sportscode.FORM, edit_list.FORM, final_cut.FORM, *timeline_otio.ADAPTERS)
"""Formats that say what is shown of a spot."""
_CHECK_FILE = "Check that it is the file you mean"
_JSON = ("*.json", "*.json.gz")

AnyDocument = Document | CameraDocument
_ReadFile = Callable[[Path, Options], Iterator[Document]]


def _each(form: str, patterns: tuple[str, ...], parse: Callable[..., Any], is_json: bool) -> ReadMatches:
    """Reader of a format that has one match in a file."""
    largest = LARGEST_MEMBER if is_json else LARGEST_TEXT

    def read(path: Path, options: Options) -> Iterator[Any]:
        for member in _own_members(path, pattern_inside(path, patterns), form, largest):
            content = member.read()
            if options.encoding is not None:
                content = text_in(content, options.encoding, member.where).encode("utf-8", "surrogatepass")
            document = parse(content, member.where, member.game, options)
            note = repeated_keys(content, member.where) if is_json else None
            yield document if note is None else replace(document, notes=(*document.notes, note))

    return read


def _of_many(form: str, read: _ReadFile, *patterns: str) -> ReadMatches:
    """Reader of a format that has many matches in a file, of a folder or zip of such files too."""

    def read_all(path: Path, options: Options) -> Iterator[Document]:
        if path.is_dir() or (is_zip(path) and sum(1 for _ in members(path, "*")) > 1):
            return halves_joined(each_once(_of_files(form, read, patterns, path, options)))
        return (match for _, match in each_once((str(path), document) for document in read(path, options)))

    return read_all


def _of_files(form: str, read: _ReadFile, patterns: tuple[str, ...], path: Path, options: Options) -> Iterator[Placed]:
    """The matches of the files in a folder or zip, each with its file for messages."""
    for member in _own_members(path, patterns, form):
        with member.as_file() as file:
            try:
                for document in read(file, options):
                    notes = tuple(note.replace(str(file), member.where) for note in document.notes)
                    yield member.where, replace(document, game=document.game or member.game, notes=notes)
            except BadInputError as error:
                where = str(error.where or file).replace(str(file), member.where)
                raise BadInputError(error.what, where=where, fix=error.fix) from error


def _own_members(
    path: Path, patterns: str | tuple[str, ...], form: str, largest: int = LARGEST_MEMBER
) -> Iterator[Member]:
    """The files of a folder or zip that are called as a format's may be, without those that are of another.

    Errors:
        BadInputError: see ``members``.
    """
    looked_into = of_any_name(patterns) and (path.is_dir() or is_zip(path))
    for member in members(path, patterns, largest):
        own = form_of(member, FORMATS) if looked_into else None
        if own is None or own.name == form:
            yield member


def _to_each(pattern: str, render: Callable[..., bytes]) -> WriteMatches:
    """Writer of a format that has one match in a file."""

    def write(path: Path, documents: Iterable[Any], options: Options) -> int:
        files = ((d.game if _is_tree(path) else "", render(d, options)) for d in documents)
        return write_members(path, pattern, files)

    return write


def _is_tree(path: Path) -> bool:
    return path.suffix.lower() == ".zip" or not path.suffix or path.is_dir()


def _simple(parse: Callable[..., Any]) -> Callable[..., Any]:
    return lambda content, where, game, options: parse(content, where, game)


def _table() -> tuple[Format, ...]:
    json_type, xml_type = "application/json", "application/xml"

    def one(
        name: str, title: str, patterns: tuple[str, ...], suffix: str, mime: str,
        parse: Callable[..., Any], render: Callable[..., bytes], carried: str, resolution: str, **more: Any,
    ) -> Format:  # fmt: skip
        read, write = _each(name, patterns, parse, mime == json_type), _to_each(patterns[0], render)
        return Format(
            name, title, patterns, suffix, mime, read, write, *_carried(carried), resolution, inside=patterns, **more
        )

    def many(
        name: str, title: str, patterns: tuple[str, ...], suffix: str, mime: str, inside: tuple[str, ...],
        parse: _ReadFile, write: WriteMatches | None, carried: str, resolution: str, plain: bool = False,
    ) -> Format:  # fmt: skip
        read = _of_many(name, parse, *inside)
        return Format(
            name, title, patterns, suffix, mime, read, write, *_carried(carried), resolution, many=True, plain=plain,
            inside=inside,
        )  # fmt: skip

    def only_read(
        name: str, title: str, pattern: str, parse: Callable[..., Any], carried: str, resolution: str
    ) -> Format:
        read = _each(name, (pattern,), _simple(parse), is_json=True)
        return Format(
            name, title, (pattern,), ".json", json_type, read, None, *_carried(carried), resolution, inside=(pattern,)
        )

    def edit(form: str, title: str, suffix: str, mime: str, carried: str, resolution: str, sign: str = "") -> Format:
        patterns = (timeline_otio.FILE_NAMES[form], f"*{suffix}")
        parse, render = timeline_otio.parser(form), timeline_otio.renderer(form)
        return one(form, title, patterns, suffix, mime, parse, render, carried, resolution, sign=sign)

    return (
        one(labels_v2.FORM, "SoccerNet Labels-v2", (labels_v2.FILE_NAME,), ".json", json_type,
            _simple(labels_v2.parse), labels_v2.render, "tv", "1 ms"),
        one(labels_v1.FORM, "SoccerNet Labels (v1)", (labels_v1.FILE_NAME,), ".json", json_type,
            _simple(labels_v1.parse), labels_v1.render, "t", "1 s"),
        one(labels_cameras.FORM, "SoccerNet Labels-cameras", (labels_cameras.FILE_NAME,), ".json", json_type,
            _simple(labels_cameras.parse), lambda d, _: labels_cameras.render(d), "c", "1 ms",
            kind=SHOTS),
        only_read(labels_game_state.FORM, "SoccerNet Labels-GameState", labels_game_state.FILE_NAME,
                  labels_game_state.parse, "v", "1 ms"),
        one(results_spotting.FORM, "SoccerNet results_spotting", (results_spotting.FILE_NAME,), ".json", json_type,
            _simple(results_spotting.parse), results_spotting.render, "c", "1 ms"),
        many(e2e_spot.FORM, "E2E-Spot JSON", ("*.recall.json.gz", "pred-*.json", "train.json", "val.json",
             "test.json"), ".json", json_type, _JSON, e2e_spot.read_documents, e2e_spot.write_documents,
             "ctv", "1 frame"),
        many(e2e_spot.SCORES, "E2E-Spot scores", ("*.score.json.gz", "*.score.json"), ".score.json.gz",
             "application/gzip", _JSON, e2e_spot.spot_scores, None, "c", "1 frame"),
        many(osl.FORM, "OSL JSON", ("*.osl.json", "*_osl.json"), ".osl.json", json_type, _JSON,
             osl.read_documents, osl.write_documents, "ctv", "1 ms"),
        many(osl.FIRST, "OSL JSON, version 1", ("*.osl1.json",), ".osl1.json", json_type, _JSON,
             osl.read_first_version, None, "tv", "1 ms"),
        one(sportscode.FORM, "Hudl Sportscode XML", (sportscode.FILE_NAME, "*.xml"), ".xml", xml_type,
            _simple(sportscode.parse), sportscode.render, "ctv", "1 µs", sign="<ALL_INSTANCES"),
        many(table_csv.FORM, "CSV", ("spots.csv", "*.csv"), ".csv", "text/csv", ("*.csv",),
             table_csv.read_documents, table_csv.write_documents, "ctv", "1 µs", plain=True),
        one(webvtt_chapters.FORM, "WebVTT chapters", (webvtt_chapters.FILE_NAME, "*.vtt"), ".vtt", "text/vtt",
            _simple(webvtt_chapters.parse), webvtt_chapters.render, "", "1 ms", sign="WEBVTT", plain=True),
        edit(timeline_otio.FORM, "OpenTimelineIO", ".otio", json_type, "ctv", "1 µs"),
        one(edit_list.FORM, "EDL (CMX 3600)", (edit_list.FILE_NAME, "*.edl"), ".edl", "text/plain",
            edit_list.parse, edit_list.render, "", "1 frame", sign="TITLE:", plain=True),
        edit(timeline_otio.FCP, "Final Cut Pro 7 XML", ".xml", xml_type, "", "1 frame", "<xmeml"),
        one(final_cut.FORM, "Final Cut Pro X XML", (final_cut.FILE_NAME, "*.fcpxml"), ".fcpxml", xml_type,
            _simple(final_cut.parse), final_cut.render, "", "1 frame", sign="<fcpxml"),
    )  # fmt: skip


def _carried(letters: str) -> tuple[bool, bool, bool]:
    return "c" in letters, "t" in letters, "v" in letters


FORMATS: dict[str, Format] = {f.name: f for f in (*extensions(OTHERS, Format), *_table())}
"""By name: those of other packages, whose names do not hide ours, and ours."""


def format_named(name: str) -> Format:
    """A format by its name.

    Errors:
        BadInputError: there is none.
    """
    if name not in FORMATS:
        raise BadInputError(f"there is no format {name!r}", fix=f"Formats: {', '.join(FORMATS)}")
    return FORMATS[name]


def label_formats() -> list[Format]:
    """Formats that spots can be read from."""
    return [f for f in FORMATS.values() if f.reads and f.kind == SPOTS]


def label_endings() -> list[str]:
    """Endings of the files of these formats, and of a zip of them, without a dot."""
    return sorted({f.suffix.rsplit(".", 1)[-1] for f in label_formats()} | {"zip"})


def spot_writers() -> list[Format]:
    """Formats that spots can be written to."""
    return [f for f in FORMATS.values() if f.writes and f.kind == SPOTS]


def read(path: Path, form: Format | None = None, options: Options | None = None) -> Iterator[Any]:
    """Matches of a file, tree or zip, one by one: ``Document`` or, for camera labels, ``CameraDocument``.

    Arguments:
        form: its format; guessed if not given.

    Errors:
        BadInputError: it cannot be read, a confidence is above 1, a part is none of ``options.classes``, or, behind the
            last match, not one label is of them.
    """
    form, options = form or guess_source(path, FORMATS), options or Options()
    if form.read is None:
        raise BadInputError(f"{form.title} cannot be read", where=path)
    if options.encoding is not None:
        check_encoding(options.encoding)
        if not form.plain:
            raise BadInputError(f"{form.title} says its own encoding", where=path, fix="Leave --encoding out")
    labels: Counter[str] = Counter()
    for document in form.read(path, options):
        if not options.percent and isinstance(document, Document | CameraDocument):
            _check_confidences(document, path)
        _check_parts(document, options, path)
        if isinstance(document, Document) and options.classes is not None:
            labels.update(spot.label for spot in document.spots)
            document = of_classes(document, options.classes)
        yield document
    if options.classes is not None:
        check_some_known(labels, options.classes.names, "label", path)


def _check_parts(document: Any, options: Options, path: Path) -> None:
    """Refuse a document with an entry in a part that a match of the class table cannot have; names the entry."""
    if options.classes is None:
        return
    if isinstance(document, Document):
        parts = [entry.spot.half for entry in document.entries]
    else:
        parts = [entry.half for entry in document.entries] if isinstance(document, CameraDocument) else []
    for number, part in enumerate(parts, start=1):
        where = f"{_place(document, path)}, entry {number}"
        check_part(part, options.classes, where, extra_time=options.extra_time)


def _place(document: Any, path: Path) -> str:
    """Where a document is from, for messages: its file, and its match where it has a name."""
    return f"{path}, {document.game}" if document.game else str(path)


def _check_confidences(document: AnyDocument, path: Path) -> None:
    """Refuse a document of which one confidence is none; names the entry."""
    confidences = (
        [entry.spot.confidence for entry in document.entries]
        if isinstance(document, Document)
        else [entry.confidence for entry in document.entries]
    )
    for number, confidence in enumerate(confidences, start=1):
        if confidence is not None and not confidence <= 1.0:
            check_confidence(confidence, f"{_place(document, path)}, entry {number}")


def read_of_match(path: Path, match: str, form: Format | None = None, options: Options | None = None) -> Document:
    """The spots of a match, from its own file or from one of several matches; a note says where a file that
    lies elsewhere calls it otherwise.

    Arguments:
        match: name of its folder or video.

    Errors:
        BadInputError: see ``read``; also several matches and none of that name.
    """
    form = form or guess_source(path, FORMATS)
    if form.kind != SPOTS:
        raise BadInputError(f"this holds no spots, read as {form.title}", where=path, fix="Give a file of spots")
    documents = [d for d in read(path, form, options) if isinstance(d, Document)]
    if not documents:
        raise BadInputError(f"no spots are in it, read as {form.title}", where=path, fix=_CHECK_FILE)
    own = documents if len(documents) == 1 else [d for d in documents if other_match(d.game or "-", match) is None]
    if len(own) != 1:
        raise BadInputError(
            f"this holds the spots of {count_of(len(documents), 'match')} and none is called {match!r}",
            where=path,
            fix="Give the match's own file",
        )
    [document] = own
    doubt = None if path.absolute().parent.name == match else other_match(document.game, match)
    return replace(document, notes=(*document.notes, doubt)) if doubt else document


def read_one(path: Path, form: Format | None = None, options: Options | None = None) -> Document:
    """The only match of a file.

    Errors:
        BadInputError: see ``read``; also none, several, or camera labels.
    """
    documents = list(read(path, form, options))
    if len(documents) != 1 or not isinstance(documents[0], Document):
        what = "no match" if not documents else f"{len(documents)} matches" if len(documents) > 1 else "camera labels"
        raise BadInputError(f"this file holds {what}, expected the spots of one match", where=path)
    return documents[0]


def write(path: Path, documents: Iterable[Any], form: Format, options: Options | None = None) -> int:
    """Write matches, one by one; returns how many.

    Errors:
        BadInputError: it cannot be written, or the target is a zip and the format has all matches in one file.
    """
    if form.write is None:
        raise BadInputError(f"{form.title} cannot be written", where=path)
    if form.many and path.suffix.lower() == ".zip":
        what, fix = f"{form.title} has all matches in one file, and this would be a zip", f"Name a file *{form.suffix}"
        raise BadInputError(what, where=path, fix=fix)
    return form.write(path, documents, options or Options())


@dataclass(frozen=True)
class Loss:
    """What a format cannot carry: ``words`` with a place for the count of ``noun``, of which there are ``count``."""

    words: str
    count: int
    noun: tuple[str, str] = ("spot", "spots")

    def __str__(self) -> str:
        return self.words.format(count_of(self.count, *self.noun))


def losses(document: Document, form: Format) -> list[Loss]:
    """What a document has and a format cannot carry."""
    spots = document.spots
    predicted = form.name == e2e_spot.FORM  # its predictions have a score, its labels a comment
    counts = (
        ("the confidence of {}", 0 if form.confidence else sum(s.confidence is not None for s in spots)),
        ("the team of {}", sum(s.team != "unknown" and not _is_carried(form.team, s, predicted) for s in spots)),
        (
            "the mark 'not shown' of {}",
            sum(s.visible is False and not _is_carried(form.visibility, s, predicted) for s in spots),
        ),
        (
            "{} of classes other than goals, cards and substitutions",
            len(spots) - written(document, form),
        ),
        (
            "a time before the first frame, of {}, moved to that frame",
            0 if form.name in _BEFORE_START else sum(s.time < 0 for s in spots),
        ),
        ("the parts of a second of {}", sum(s.time % 1_000_000 != 0 for s in spots) if form.resolution == "1 s" else 0),
    )
    return [*(Loss(words, count) for words, count in counts if count), *_field_losses(document, form)]


def _field_losses(document: Document, form: Format) -> Iterator[Loss]:
    """The fields of entries, file and videos that only the format of the document has a place for."""
    if document.form == form.name:
        return
    for name, count in own_fields.entry_fields(document).items():
        if name == own_fields.STRETCH:
            if form.name not in CUTS:
                yield Loss(f"{name} of {{}}", count)
        elif name == own_fields.BROADCAST_CLOCK:
            yield Loss(f"the clock of the broadcast ({name}) of {{}}", count)
        else:
            yield Loss(f"{_quoted(name)} of {{}}", count, ("entry", "entries"))
    for name, count in own_fields.file_fields(document).items():
        yield Loss(f"{_quoted(name)} of {{}}", count, ("file or video", "files or videos"))


def _quoted(name: str) -> str:
    """A field's name as a part of a loss's words."""
    return f'"{name}"'.replace("{", "{{").replace("}", "}}")


def written(document: AnyDocument, form: Format) -> int:
    """How many entries of a document a format has room for."""
    if isinstance(document, CameraDocument) or form.name != labels_v1.FORM:
        return len(document.entries)
    return sum(map(labels_v1.has_room(document), document.entries))


def _is_carried(carried: bool, spot: Spot, predicted: bool) -> bool:
    return carried and not (predicted and spot.confidence is not None)


def assumptions(document: Document, form: Format) -> list[str]:
    """What a writer has to assume of a document, as clauses."""
    missing = [h for h in document.half_numbers() if document.halves.get(h, HalfInfo()).length is None]
    one_line = form.name in (
        sportscode.FORM,
        webvtt_chapters.FORM,
        edit_list.FORM,
        final_cut.FORM,
        *timeline_otio.ADAPTERS,
    )
    if one_line and 1 in missing and document.form != form.name and document.half_numbers() != [1]:
        return ["half 2 is placed 45 minutes after half 1, for the length of its video is not known; give --video"]
    if form.name == e2e_spot.FORM and missing:
        return ["num_frames counts up to the last event, for the length of the video is not known; give --video"]
    return []
