"""The job that adds a published model: fetched, read and put into our layout."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import CancelledError
from spotting_core.jobs.kind import ENCODING, Context, JobKind, Parameters


class AddingParameters(Parameters, frozen=True):
    """What is to be added; of what its files do not say nothing is said where it is empty (see ``Choices``)."""

    source: str
    name: str = ""
    classes: str = ""
    features: str = ""
    system: str = ""
    code: str = ""
    rate: float = 0.0
    prompts: str = ""


class AddingJob(JobKind[AddingParameters]):
    """Leaves a model among those of the data directory."""

    name: ClassVar[str] = "model"
    resource: ClassVar[str] = ENCODING
    parameters_type = AddingParameters

    def key(self, parameters: AddingParameters) -> str:
        return f"{self.name}/{parameters.source}/{parameters.name}"

    def title(self, parameters: AddingParameters) -> str:
        return f"Adding {parameters.name or parameters.source}"

    def leaves(self, parameters: AddingParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (data.models,)

    def perform(self, parameters: AddingParameters, context: Context) -> Path | None:
        from spotting_core.checkpoints.adding import Wanted, add_model
        from spotting_core.checkpoints.adopted import Choices
        from spotting_core.checkpoints.sources import offer_of

        def report(file: str, done: int, whole: int | None) -> None:
            share = done / whole if whole else None
            if not context.report(share, f"Fetching {file}"):
                raise CancelledError("cancelled", fix="What has come is kept; adding it again goes on from there")

        offer = offer_of(parameters.source)
        said = (parameters.classes, parameters.features, parameters.system, parameters.code)
        choices = Choices(*said, parameters.rate, parameters.prompts)
        return add_model(Wanted(offer, choices, parameters.name), context.data, report)


ADDING = AddingJob()
KINDS = (ADDING,)
