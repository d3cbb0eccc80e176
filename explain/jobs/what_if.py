"""The job that makes an edit to the window of a spot and measures what it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from explain.jobs.spot_parameters import SpotParameters, probe_for
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_json
from spotting_core.jobs.kind import SHORT, Context, JobKind


class WhatIfParameters(SpotParameters, frozen=True, kw_only=True):
    """A spot and an edit: {kind: box | time | entity} and the fields of ``explain.what_if``."""

    edit: dict[str, Any]


class WhatIfJob(JobKind[WhatIfParameters]):
    """Leaves the answer as JSON (see ``explain.what_if``)."""

    name: ClassVar[str] = "what-if"
    resource: ClassVar[str] = SHORT
    parameters_type = WhatIfParameters

    def key(self, parameters: WhatIfParameters) -> str:
        return f"{self.name}/{_answer(parameters)}"

    def title(self, parameters: WhatIfParameters) -> str:
        return f"What if: {parameters.subject.label}"

    def leaves(self, parameters: WhatIfParameters, data: DataDirectory) -> tuple[Path, ...]:
        return (data.answer(_answer(parameters)),)

    def perform(self, parameters: WhatIfParameters, context: Context) -> Path | None:
        from explain.what_if import edit_of, what_if

        context.report(None, "Making the edit")
        probe = probe_for(parameters.open(), Path(parameters.path), parameters.subject, context)
        effect = what_if(probe, parameters.subject.label, edit_of(parameters.edit))
        [answer] = self.leaves(parameters, context.data)
        write_json(answer, effect.as_json())
        return None


def _answer(parameters: WhatIfParameters) -> str:
    return parameters.subject.key(json.dumps(parameters.edit, sort_keys=True))


WHAT_IF = WhatIfJob()
KINDS = (WHAT_IF,)
