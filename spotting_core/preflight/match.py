"""Everything that can be checked of a match before it is analysed, or of files before they are believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from spotting_core.classes import ClassTable
from spotting_core.data_directory import DataDirectory
from spotting_core.formats.document import Document
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.playback import playback_file
from spotting_core.media.source import MatchSource
from spotting_core.models.card import Card
from spotting_core.preflight import machine, video
from spotting_core.preflight.class_order import check_class_list, check_class_order
from spotting_core.preflight.finding import ERROR, Finding
from spotting_core.preflight.time_scale import HALVES, UNITS, check_times
from spotting_core.spots import Spot


@dataclass(frozen=True)
class Report:
    """What is known of a match, and what was found wrong.

    Arguments:
        facts: name and value for people, in order; findings: of all checks.
    """

    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...] = field(default=())

    @property
    def failed(self) -> bool:
        return any(f.failed for f in self.findings)


def check_spots(
    document: Document,
    classes: ClassTable,
    lengths: Mapping[int, int] | None = None,
    truth: Sequence[Spot] | None = None,
) -> list[Finding]:
    """All checks of the spots of one match.

    Class names are looked at only where the times are right: what follows what needs them.
    """
    found = [*_check_names(document, classes), *check_values(document)]
    times = check_times(document, classes, lengths, truth)
    found += times
    spots = document.spots
    usable = [f.repair_spots for f in times if f.repair_spots is not None and f.check != HALVES]
    if usable:
        spots = usable[0](spots)
    if any(f.check == HALVES for f in times):
        return found
    return [*found, *check_class_order(spots, classes, truth)]


def _check_names(document: Document, classes: ClassTable) -> list[Finding]:
    unknown = sorted({s.label for s in document.spots if s.label not in classes})
    if not unknown:
        return []
    evidence = ", ".join(repr(n) for n in unknown[:5]) + (" …" if len(unknown) > 5 else "")
    fix = "Check the spelling, or give the class table of these spots (--classes)"
    return [Finding("class names", ERROR, f"classes that {classes.name} does not have", evidence, fix)]


def check_values(document: Document) -> list[Finding]:
    """Confidences from 0 to 1, times from 0 on."""
    found = []
    outside = [s for s in document.spots if s.confidence is not None and not 0 <= s.confidence <= 1]
    if outside:
        evidence = f"{len(outside)} of {len(document.spots)}, for example {outside[0].confidence:g}"
        found.append(Finding("value range", ERROR, "confidences are not from 0 to 1", evidence))
    early = [s for s in document.spots if s.time < 0]
    if early:
        evidence = f"{len(early)} of {len(document.spots)}, for example {early[0].label} at {early[0].seconds:g} s"
        found.append(Finding(UNITS, ERROR, "times lie before the beginning", evidence))
    return found


def check_videos(source: MatchSource, media: Sequence[Media], card: Card | None = None) -> list[Finding]:
    """All checks of a match's videos and the feature files beside them."""
    found = [*video.check_half_names(source), *video.check_alike(media)]
    for half, one in zip(source.halves, media, strict=True):
        found += [*video.check_playback(one), *video.check_steadiness(one)]
        found += video.check_model(one, card) if card else []
        if source.path.is_dir():
            found += video.check_features(source.folder, half.half, one.table.duration)
    return [*found, *(video.check_domain(source, card) if card else [])]


def examine(
    source: MatchSource,
    data: DataDirectory,
    classes: ClassTable,
    *,
    card: Card | None = None,
    labels: Document | None = None,
    predictions: Document | None = None,
) -> Report:
    """Look at a match, and at labels and predictions of it if given.

    Errors:
        BadInputError: a video cannot be read.
    """
    media = [ingest(h.path, data) for h in source.halves]
    lengths = {h.half: m.table.duration for h, m in zip(source.halves, media, strict=True)}
    found = check_videos(source, media, card)
    if card is not None and card.class_table == classes.name:
        found += check_class_list(card.classes, classes, f"the class list of {card.name}")
    if labels is not None:
        found += [_of("labels", f) for f in check_spots(labels, classes, lengths)]
    if predictions is not None:
        truth = labels.spots if labels is not None else None
        found += [_of("predictions", f) for f in check_spots(predictions, classes, lengths, truth)]
    size = sum(h.path.stat().st_size for h in source.halves)
    found += machine.check_machine(data, size)
    return Report(tuple(_facts(source, media, data, card)), tuple(found))


def _of(what: str, finding: Finding) -> Finding:
    return replace(finding, check=f"{what}, {finding.check}")


def _facts(
    source: MatchSource, media: Sequence[Media], data: DataDirectory, card: Card | None
) -> list[tuple[str, str]]:
    facts = [("Match", source.fixture.title)]
    for half, one in zip(source.halves, media, strict=True):
        info, table = one.info, one.table
        plays = "plays in the browser" if playback_file(one) == one.path else "a copy for the browser is needed"
        minutes, seconds = divmod(round(table.duration / 1e6), 60)
        facts.append(
            (
                f"Half {half.half}",
                f"{half.path.name}: {minutes}:{seconds:02d}, {info.width}×{info.height}, "
                f"{1e6 / table.frame_step:.5g} frames a second, {info.codec}, {plays}",
            )
        )
    facts.append(("Free disk", f"{machine.free_disk(data.root) / 1e9:.1f} GB"))
    memory = machine.free_memory()
    facts.append(("Free memory", "unknown" if memory is None else f"{memory / 1e9:.1f} GB"))
    if card is not None:
        speed = machine.measured_speed(data, card.name)
        length = sum(m.table.duration for m in media) / 1e6
        told = "unknown, no analysis by this model was measured here" if speed is None else _about(speed * length)
        facts.append((f"Time with {card.name}", told))
    return facts


def _about(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"about {minutes} min {rest:02d} s" if minutes else f"about {rest} s"
