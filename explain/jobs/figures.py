"""The job that draws the explanations of a spot that are there, and packs them with their arrays."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import ClassVar

from explain.jobs.asked import SpotAsked, probe_for
from explain.kept import explanation_of
from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.base.files import replacing
from spotting_core.jobs.kind import SHORT, Context, JobKind


class FiguresAsked(SpotAsked, frozen=True, kw_only=True):
    """A spot."""


class FiguresJob(JobKind[FiguresAsked]):
    """Leaves a zip file of figures (PNG, SVG) and arrays (.npz)."""

    name: ClassVar[str] = "figures"
    resource: ClassVar[str] = SHORT
    asked = FiguresAsked

    def key(self, asked: FiguresAsked) -> str:
        return f"{self.name}/{asked.subject.key(self.name)}"

    def title(self, asked: FiguresAsked) -> str:
        return f"Figures: {asked.subject.label}"

    def leaves(self, asked: FiguresAsked, data: DataDirectory) -> tuple[Path, ...]:
        return (data.answer(asked.subject.key(self.name)).with_suffix(".zip"),)

    def perform(self, asked: FiguresAsked, context: Context) -> Path | None:
        from explain.attribution import Attribution
        from explain.figure import save

        analysis, subject = asked.open(), asked.subject
        probe = probe_for(analysis, Path(asked.path), subject, context)
        [target] = self.leaves(asked, context.data)
        with (
            replacing(target) as part,
            tempfile.TemporaryDirectory() as folder,
            zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed,
        ):
            for done, name in enumerate(METHODS):
                kept = explanation_of(context.data, analysis.folder, subject, name)
                if not kept.is_file():
                    continue
                if not context.report(done / len(METHODS), f"Drawing {METHODS[name].title}"):
                    raise CancelledError("the figures were cancelled")
                packed.write(kept, f"{name}.npz")
                for drawn in save(Attribution.load(kept), probe, Path(folder) / name):
                    packed.write(drawn, drawn.name)
        return None


FIGURES = FiguresJob()
KINDS = (FIGURES,)
