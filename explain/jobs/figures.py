"""The job that draws the explanations of a spot that are there, and packs them with their arrays."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import ClassVar

from explain.jobs.spot_parameters import SpotParameters, probe_for
from explain.kept import explanation_of
from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.base.files import replacing
from spotting_core.jobs.kind import SHORT, Context, JobKind


class FiguresParameters(SpotParameters, frozen=True, kw_only=True):
    """A spot."""


class FiguresJob(JobKind[FiguresParameters]):
    """Leaves a zip file of figures (PNG, SVG) and arrays (.npz)."""

    name: ClassVar[str] = "figures"
    resource: ClassVar[str] = SHORT
    parameters_type = FiguresParameters

    def key(self, parameters: FiguresParameters) -> str:
        return f"{self.name}/{parameters.subject.key(self.name)}"

    def title(self, parameters: FiguresParameters) -> str:
        return f"Figures: {parameters.subject.label}"

    def leaves(self, parameters: FiguresParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (data.answer(parameters.subject.key(self.name)).with_suffix(".zip"),)

    def perform(self, parameters: FiguresParameters, context: Context) -> Path | None:
        from explain.attribution import Attribution
        from explain.figure import save

        analysis, subject = parameters.open(), parameters.subject
        probe = probe_for(analysis, Path(parameters.path), subject, context)
        [target] = self.leaves(parameters, context.data)
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
