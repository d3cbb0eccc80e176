"""Everything that can be checked of a match before it is analysed, or of files before they are believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.durations import about
from spotting_core.base.errors import BadInputError, printable
from spotting_core.domain.class_names import unknown_names
from spotting_core.domain.classes import ClassTable
from spotting_core.domain.clock import half_clock
from spotting_core.domain.parts import Parts
from spotting_core.domain.repeats import repeats_clause, spot_repeats
from spotting_core.domain.spots import Spot
from spotting_core.formats.document import Document
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.playback import playback_file
from spotting_core.media.source import MatchSource, check_parts
from spotting_core.models.card import Card, read_card
from spotting_core.preflight import machine, video
from spotting_core.preflight.calibrations import PlayedHalf, check_calibrations
from spotting_core.preflight.cameras import check_camera_file, cuts_of_file
from spotting_core.preflight.class_order import check_class_list, check_class_order
from spotting_core.preflight.finding import ERROR, NOTE, WARNING, Finding
from spotting_core.preflight.time_scale import UNITS, check_times, order_of

_NAMED = 5  # unknown classes that a finding names
_FEW_SECONDS = 10.0  # below which whole ones say too little


@dataclass(frozen=True)
class HalfFacts:
    """What a half's video is.

    Arguments:
        duration: seconds; rate: frames a second; plays: whether a browser plays the file as it is.
    """

    half: int
    file: str
    container: str
    codec: str
    pixel_format: str | None
    width: int
    height: int
    duration: float
    frames: int
    rate: float
    plays: bool

    @classmethod
    def of(cls, half: int, media: Media) -> HalfFacts:
        info, table = media.info, media.table
        rate = round(1e6 / table.frame_step, 4)
        plays = playback_file(media) == media.path
        return cls(
            half, printable(media.path.name), info.container, info.codec, info.pixel_format, info.width, info.height,
            table.duration / 1e6, len(table), rate, plays,
        )  # fmt: skip

    def __str__(self) -> str:
        plays = "plays in the browser" if self.plays else "a copy for the browser is needed"
        length = half_clock(round(self.duration * 1e6), 0)
        rate = f"{self.rate:.5g} frames a second"
        return f"{self.file}: {length}, {self.width}×{self.height}, {rate}, {self.codec}, {plays}"


@dataclass(frozen=True)
class Preflight:
    """What is known of a match, and what was found wrong.

    Arguments:
        disk, memory: bytes free; None where the system does not say.
        seconds: that an analysis will take, or None where no model was given or it cannot be used.
        measured: whether that is the pace of earlier analyses, not of a trial.
        look: how far the match looks from the model's training, in words, or None where nobody can say.
        entity_model: name of one that was tried; entity_seconds: that it takes for a minute of video at two samples a
            second, or None where none was tried or it cannot be used.
    """

    title: str
    halves: tuple[HalfFacts, ...]
    disk: int
    memory: int | None
    model: str | None = None
    seconds: float | None = None
    measured: bool = False
    look: str | None = None
    entity_model: str | None = None
    entity_seconds: float | None = None
    findings: tuple[Finding, ...] = field(default=())

    @property
    def failed(self) -> bool:
        return any(f.failed for f in self.findings)

    def facts(self, parts: Parts) -> list[tuple[str, str]]:
        """Name and value for people, in order.

        Arguments:
            parts: of a match of its class table.
        """
        facts = [("Match", self.title), *((parts.title(h.half).capitalize(), str(h)) for h in self.halves)]
        facts.append(("Free disk", f"{self.disk / 1e9:.1f} GB"))
        facts.append(("Free memory", "unknown" if self.memory is None else f"{self.memory / 1e9:.1f} GB"))
        if self.model is not None and self.seconds is not None:
            how = "by earlier analyses" if self.measured else "by a trial on some seconds of it"
            facts.append((f"Time with {self.model}", f"{about(self.seconds)}, {how}"))
        if self.look is not None:
            facts.append(("Look", self.look))
        if self.entity_model is not None and self.entity_seconds is not None:
            few = self.entity_seconds < _FEW_SECONDS
            pace = f"about {self.entity_seconds:.2g} s" if few else about(self.entity_seconds)
            pace += " for a minute of video at two samples a second"
            facts.append((f"Entities by {printable(self.entity_model)}", f"{pace}, by a trial on some pictures of it"))
        return facts

    def as_json(self) -> dict[str, Any]:
        known = {k: v for k, v in asdict(replace(self, findings=())).items() if k != "findings"}
        return {"failed": self.failed, **known, "findings": [f.as_json() for f in self.findings]}


def check_spots(
    document: Document,
    classes: ClassTable,
    lengths: Mapping[int, int] | None = None,
    truth: Sequence[Spot] | None = None,
) -> list[Finding]:
    """All checks of the spots of one match.

    Class names are looked at only where the times are right: what follows what needs them.
    """
    findings = [*_reading(document), *_check_names(document, classes)]
    findings += [*check_values(document), *_check_repeats(document)]
    times = check_times(document, classes, lengths, truth)
    findings += times
    spots = document.spots
    order = order_of(classes.parts)
    usable = [f.repair_spots for f in times if f.repair_spots is not None and f.check != order]
    if usable:
        spots = usable[0](spots)
    if any(f.check == order for f in times):
        return findings
    return [*findings, *check_class_order(spots, classes, truth)]


def _reading(document: Document) -> list[Finding]:
    """How the file was understood, and what of it was left out."""
    left = [f"{number} × {reason}" for reason, number in document.left_out.items()]
    empty = Finding("reading", ERROR, "no spots are in the file", fix="Check that it is the file you mean")
    return [
        *((empty,) if not document.entries else ()),
        *(Finding("left out", WARNING, "not everything in the file is used", what) for what in left),
        *(Finding("reading", NOTE, note) for note in document.notes),
    ]


def _check_names(document: Document, classes: ClassTable) -> list[Finding]:
    unknown = Counter(s.label for s in document.spots if s.label not in classes)
    if not unknown:
        return []
    clauses = unknown_names(unknown, classes.names, "label")
    evidence = ", ".join(clauses[:_NAMED]) + (" …" if len(clauses) > _NAMED else "")
    fix = "Check the spelling, or give the class table of these spots (--classes)"
    return [Finding("class names", ERROR, f"classes that {classes.name} does not have", evidence, fix)]


def check_values(document: Document) -> list[Finding]:
    """Confidences from 0 to 1, times from 0 on."""
    findings = []
    outside = [s for s in document.spots if s.confidence is not None and not 0 <= s.confidence <= 1]
    if outside:
        evidence = f"{len(outside)} of {len(document.spots)}, for example {outside[0].confidence:g}"
        findings.append(Finding("value range", ERROR, "confidences are not from 0 to 1", evidence))
    early = [s for s in document.spots if s.time < 0]
    if early:
        evidence = f"{len(early)} of {len(document.spots)}, for example {early[0].label} at {early[0].seconds:g} s"
        findings.append(Finding(UNITS, ERROR, "times lie before the beginning", evidence))
    return findings


def _check_repeats(document: Document) -> list[Finding]:
    repeats = spot_repeats(document.spots)
    if not repeats:
        return []
    what, fix = "spots stand in the file twice", "Check whether files were put together, and leave one of each out"
    return [Finding("repeats", WARNING, what, repeats_clause(repeats, "spot"), fix)]


def check_videos(source: MatchSource, media: Sequence[Media], parts: Parts, card: Card | None = None) -> list[Finding]:
    """All checks of a match's videos and the feature files beside them."""
    findings = [*video.check_order(source, parts), *video.check_alike(media, parts)]
    findings += video.check_pieces(source, media, parts)
    for half, one in zip(source.halves, media, strict=True):
        findings += [*video.check_playback(one), *video.check_steadiness(one), *video.check_clock_breaks(one)]
        findings += video.check_interlacing(one)
        findings += video.check_late_picture(one)
        findings += video.check_empty_edits(one)
        findings += video.check_length(one, half.half, parts)
        findings += video.check_tracks(one)
        findings += video.check_model(one, card) if card else []
        if source.path.is_dir():
            findings += video.check_features(source.folder, half.half, one.table.duration)
    return [*findings, *(video.check_domain(source, card) if card else [])]


def examine(
    source: MatchSource,
    data: DataDirectory,
    classes: ClassTable,
    *,
    model: Path | None = None,
    labels: Document | None = None,
    predictions: Document | None = None,
    cameras: Path | None = None,
) -> Preflight:
    """Look at a match, and at a model, labels and predictions for it if given.

    Arguments:
        classes: of the labels and predictions, whose parts the match has.
        model: folder of a model, whose card can be read.
        cameras: file of its camera labels.

    Errors:
        BadInputError: a video or the card cannot be read, or the match has more parts than its class table knows.
    """
    check_parts(source, classes.parts)
    media = [ingest(h.path, data) for h in source.halves]
    card = read_card(model) if model else None
    lengths = {h.half: m.table.duration for h, m in zip(source.halves, media, strict=True)}
    findings = check_videos(source, media, classes.parts, card)
    if card is not None and card.class_table == classes.name:
        findings += check_class_list(card.classes, classes, f"the class list of {card.name}")
    findings += _check_files(labels, predictions, classes, lengths)
    if cameras is not None:
        findings += check_camera_file(cameras, lengths)
    if source.path.is_dir():
        pairs = zip(source.halves, media, strict=True)
        played = {h.half: PlayedHalf(m.table.duration, m.info.width, m.info.height) for h, m in pairs}
        cuts = cuts_of_file(cameras) if cameras is not None else {}
        findings += check_calibrations(source.folder, source.path.name, played, cuts)
    findings += machine.check_machine(data, sum(h.path.stat().st_size for h in source.halves))
    seconds, measured = None, False
    if model is not None:
        seconds, measured, wrong = _try_model(model, media, data)
        findings += wrong
    return Preflight(
        title=source.fixture.title,
        halves=tuple(HalfFacts.of(h.half, m) for h, m in zip(source.halves, media, strict=True)),
        disk=machine.free_disk(data.root),
        memory=machine.free_memory(),
        model=card.name if card else None,
        seconds=seconds,
        measured=measured,
        findings=tuple(findings),
    )


def with_entity_model(report: Preflight, media: Sequence[Media], model: str, prompts: str, device: str) -> Preflight:
    """The report with what finding entities costs here, tried on the longest half, or why a model cannot find any.

    Arguments:
        model: name or folder of an entity model; prompts: name or file of those that it is asked.
    """
    from spotting_core.entities.finder import load_finder
    from spotting_core.preflight.trial import entity_pace

    try:
        pace = entity_pace(max(media, key=lambda m: m.table.duration), load_finder(model, prompts, device))
    except BadInputError as error:
        return replace(report, entity_model=model, findings=(*report.findings, _unusable("entity model", error)))
    return replace(report, entity_model=model, entity_seconds=pace)


def _check_files(
    labels: Document | None, predictions: Document | None, classes: ClassTable, lengths: Mapping[int, int]
) -> list[Finding]:
    """All checks of labels and predictions of a match, each finding named by the file."""
    truth = labels.spots if labels is not None else None
    findings = [_of("labels", f) for f in check_spots(labels, classes, lengths)] if labels is not None else []
    if predictions is not None:
        findings += [_of("predictions", f) for f in check_spots(predictions, classes, lengths, truth)]
    return findings


def _try_model(folder: Path, media: Sequence[Media], data: DataDirectory) -> tuple[float | None, bool, list[Finding]]:
    """How long a model will take, whether that was measured, and what is wrong with it if it cannot be used."""
    from spotting_core.models.load import load_model
    from spotting_core.preflight.trial import expected_seconds

    try:
        return *expected_seconds(media, load_model(folder), data), []
    except BadInputError as error:
        return None, False, [_unusable("model", error)]


def _unusable(check: str, error: BadInputError) -> Finding:
    evidence = str(error.where) if error.where is not None else ""
    return Finding(check, ERROR, error.what, evidence, error.fix or "")


def _of(what: str, finding: Finding) -> Finding:
    return replace(finding, check=f"{what}, {finding.check}")
