"""Runs the migrations on the engine that ``store.database`` hands over.

All of them in one transaction, under a lock: of two processes that open an old database at once, the second waits, and
finds nothing left to do.
"""

from alembic import context
from sqlalchemy import text

from spotting_core.store.tables import Base

_LOCK = 7_238_941  # any number that nothing else in the database takes

with context.config.attributes["engine"].connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        transactional_ddl=True,  # SQLite's as well: BEGIN IMMEDIATE takes the lock
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context.run_migrations()
    connection.commit()
