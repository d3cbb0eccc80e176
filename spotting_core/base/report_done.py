"""How work that is counted says how far it is."""

from __future__ import annotations

from collections.abc import Callable

ReportDone = Callable[[int, int], None]
"""``report(done, total)``, in bytes of a file, samples or matches; raises to stop."""
