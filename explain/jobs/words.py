"""The job that looks for words in all pictures of a match, and in the places of those around a spot."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from explain.jobs.asked import SpotAsked, model_of, probe_for
from explain.kept import explanation_of, method_of_text
from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_json
from spotting_core.jobs.kind import SHORT, Context, JobKind
from spotting_core.media.fingerprint import joint_hash


class WordsAsked(SpotAsked, frozen=True, kw_only=True):
    """A spot and a text."""

    text: str


class WordsJob(JobKind[WordsAsked]):
    """Leaves how well every picture of the match fits the text, as JSON, and where around the spot, as explanation."""

    name: ClassVar[str] = "words"
    resource: ClassVar[str] = SHORT
    asked = WordsAsked

    def key(self, asked: WordsAsked) -> str:
        return f"{self.name}/{asked.subject.key(method_of_text(asked.text))}"

    def title(self, asked: WordsAsked) -> str:
        return f"“{asked.text}”"

    def leaves(self, asked: WordsAsked, data: DataDirectory) -> tuple[Path, ...]:
        subject = asked.subject
        curves = data.answer(joint_hash([subject.source, subject.model, self.name, asked.text]))
        return curves, explanation_of(data, Path(asked.analysis), subject, method_of_text(asked.text))

    def perform(self, asked: WordsAsked, context: Context) -> Path | None:
        from explain.text_similarity import timeline
        from spotting_core.entities.vision_language import VisionLanguageModel

        analysis, text = asked.open(), asked.text
        described = model_of(analysis, context).card.entities
        if described is None:
            raise BadInputError("this model has no vision-language model to ask")
        answer, places = self.leaves(asked, context.data)
        context.report(None, "Looking for the words")
        model = VisionLanguageModel.load(described["model"], device=context.device)
        curves = {
            str(h.half): timeline(text, model, h.array("image_embeddings")).round(4).tolist() for h in analysis.halves
        }
        write_json(answer, {"text": text, "curves": curves})
        context.report(0.5, "Looking where they are")
        probe = probe_for(analysis, Path(asked.path), asked.subject, context)
        METHODS["text-similarity"].explain(probe, asked.subject.label, text=text).save(places)
        return None


WORDS = WordsJob()
KINDS = (WORDS,)
