"""The present moment by the clock of the database, which all that use it share, whatever their own clocks say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import DateTime, Float, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement


class moment(FunctionElement[Any]):  # noqa: N801 - it is written like a function of SQL
    """The moment at which the database comes to a statement, or one before or after it: UTC, to the millisecond."""

    type = DateTime(timezone=True)
    name = "moment"
    inherit_cache = True

    def __init__(self, away: timedelta = timedelta()) -> None:
        super().__init__(literal(away.total_seconds(), Float()))


@compiles(moment, "sqlite")
def _of_sqlite(element: moment, compiler: Any, **options: Any) -> str:
    """As SQLAlchemy writes times to SQLite: text with six digits after the second."""
    away = compiler.process(element.clauses, **options)
    return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', {away} || ' seconds')"


@compiles(moment, "postgresql")
def _of_postgresql(element: moment, compiler: Any, **options: Any) -> str:
    """``now()`` would be the moment at which the transaction began, which may have waited for a lock since."""
    return f"clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)})"
