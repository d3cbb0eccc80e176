"""The job that looks for words in all pictures of a match, and in the places of those around a spot."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from explain.jobs.spot_parameters import SpotParameters, model_of, probe_for
from explain.kept import explanation_of, method_of_text
from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_json
from spotting_core.jobs.kind import SHORT, Context, JobKind
from spotting_core.media.fingerprint import joint_hash


class WordsParameters(SpotParameters, frozen=True, kw_only=True):
    """A spot and a text."""

    text: str


class WordsJob(JobKind[WordsParameters]):
    """Leaves how well every picture of the match fits the text, as JSON, and where around the spot, as explanation."""

    name: ClassVar[str] = "words"
    resource: ClassVar[str] = SHORT
    parameters_type = WordsParameters

    def key(self, parameters: WordsParameters) -> str:
        return f"{self.name}/{parameters.subject.key(method_of_text(parameters.text))}"

    def title(self, parameters: WordsParameters) -> str:
        return f"“{parameters.text}”"

    def leaves(self, parameters: WordsParameters, data: DataDirectory) -> tuple[Path, ...]:
        subject = parameters.subject
        curves = data.answer(joint_hash([subject.source, subject.model, self.name, parameters.text]))
        return curves, explanation_of(data, Path(parameters.analysis), subject, method_of_text(parameters.text))

    def perform(self, parameters: WordsParameters, context: Context) -> Path | None:
        from explain.text_similarity import timeline
        from spotting_core.entities.finder import language_model_of
        from spotting_core.entities.vision_language import VisionLanguageModel

        analysis, text = parameters.open(), parameters.text
        name = language_model_of(model_of(analysis, context).card.entities)
        if name is None:
            raise BadInputError("this model has no vision-language model to ask")
        answer, places = self.leaves(parameters, context.data)
        context.report(None, "Looking for the words")
        model = VisionLanguageModel.load(name, context.device)
        curves = {
            str(h.half): timeline(text, model, h.array("image_embeddings")).round(4).tolist() for h in analysis.halves
        }
        write_json(answer, {"text": text, "curves": curves})
        context.report(0.5, "Looking where they are")
        probe = probe_for(analysis, Path(parameters.path), parameters.subject, context)
        METHODS["text-similarity"].explain(probe, parameters.subject.label, text=text).save(places)
        return None


WORDS = WordsJob()
KINDS = (WORDS,)
