"""Runs the migrations on the engine that ``store.database`` hands over."""

from alembic import context

from spotting_core.store.tables import Base

with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
