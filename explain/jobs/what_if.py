"""The job that makes an edit to the window of a spot and measures what it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from explain.jobs.asked import SpotAsked, probe_for
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_json
from spotting_core.jobs.kind import SHORT, Context, JobKind


class WhatIfAsked(SpotAsked, frozen=True, kw_only=True):
    """A spot and an edit: {kind: box | time | entity} and the fields of ``explain.what_if``."""

    edit: dict[str, Any]


class WhatIfJob(JobKind[WhatIfAsked]):
    """Leaves the answer as JSON (see ``explain.what_if``)."""

    name: ClassVar[str] = "what-if"
    resource: ClassVar[str] = SHORT
    asked = WhatIfAsked

    def key(self, asked: WhatIfAsked) -> str:
        return f"{self.name}/{_answer(asked)}"

    def title(self, asked: WhatIfAsked) -> str:
        return f"What if: {asked.subject.label}"

    def leaves(self, asked: WhatIfAsked, data: DataDirectory) -> tuple[Path, ...]:
        return (data.answer(_answer(asked)),)

    def perform(self, asked: WhatIfAsked, context: Context) -> Path | None:
        from explain.what_if import edit_of, what_if

        context.report(None, "Making the edit")
        probe = probe_for(asked.open(), Path(asked.path), asked.subject, context)
        found = what_if(probe, asked.subject.label, edit_of(asked.edit))
        [answer] = self.leaves(asked, context.data)
        write_json(answer, found.as_json())
        return None


def _answer(asked: WhatIfAsked) -> str:
    return asked.subject.key(json.dumps(asked.edit, sort_keys=True))


WHAT_IF = WhatIfJob()
KINDS = (WHAT_IF,)
