"""What a file says beyond its spots, by names that people know: what only its own format has a place for.

A format whose readers keep entries, files and videos under the file's own names needs nothing here. Those that keep
machinery with which they write an entry again (``fields_of`` of their modules) say what of it is a field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from spotting_core.base.errors import printable
from spotting_core.formats import (
    edit_list,
    final_cut,
    labels_v1,
    osl,
    sportscode,
    timeline_otio,
    webvtt_chapters,
)
from spotting_core.formats.document import Document, Entry

BROADCAST_CLOCK = "broadcast_time"
"""Field of an entry that holds the clock of the broadcast, as the app exports it."""
STRETCH = "the stretch that is shown"

_FieldsOf = Callable[[Mapping[str, Any]], Iterable[str]]
_OF_ENTRIES: dict[str, _FieldsOf] = {
    edit_list.FORM: edit_list.fields_of,
    final_cut.FORM: final_cut.fields_of,
    labels_v1.FORM: labels_v1.fields_of,
    sportscode.FORM: sportscode.fields_of,
    timeline_otio.FORM: timeline_otio.fields_of,
    timeline_otio.FCP: timeline_otio.fields_of,
    webvtt_chapters.FORM: webvtt_chapters.fields_of,
}
_TIMELINES = {edit_list.FORM, final_cut.FORM, timeline_otio.FORM, timeline_otio.FCP}
_OF_THE_FORM = {"UrlLocal", "version", "labels", "modalities"}  # which every format says in its own way
_LONGEST_NAME = 60
_MOST_NAMES = 12


def entry_fields(document: Document) -> Counter[str]:
    """Fields of its entries, by name, and how many entries have each; empty ones are none."""
    fields_of = _OF_ENTRIES.get(document.form, _filled)
    return _named(_entry_names(entry, fields_of) for entry in document.entries)


def file_fields(document: Document) -> Counter[str]:
    """Fields of its file and its videos, by name; how many videos have each, and 1 for those of the file."""
    return _named([_file_names(document), *(_video_names(document, half) for half in document.halves)])


def _entry_names(entry: Entry, fields_of: _FieldsOf) -> Iterator[str]:
    yield from fields_of(entry.extras)
    if entry.clip is not None:
        yield STRETCH


def _file_names(document: Document) -> Iterable[str]:
    if document.form in _TIMELINES:
        return ["clips and tracks"] if document.header else []
    if document.form == sportscode.FORM:
        return sportscode.file_fields_of(document.header)
    return (name for name in _filled(document.header) if name not in _OF_THE_FORM)


def _video_names(document: Document, half: int) -> Iterable[str]:
    extras = document.halves[half].extras
    return osl.video_fields_of(extras) if document.form == osl.FORM else (n for n in _filled(extras) if n != "fps")


def _filled(fields: Mapping[str, Any]) -> Iterator[str]:
    return (name for name, value in fields.items() if value not in (None, "", [], {}, ()))


def _named(found: Iterable[Iterable[str]]) -> Counter[str]:
    """How many have each field, the first of them by name and the rest together."""
    counts: Counter[str] = Counter()
    rest = 0
    for names in found:
        other = False
        for name in dict.fromkeys(names):
            shown = printable(name)[:_LONGEST_NAME]
            if shown in counts or len(counts) < _MOST_NAMES:
                counts[shown] += 1
            else:
                other = True
        rest += other
    return counts + Counter({"further fields": rest}) if rest else counts
