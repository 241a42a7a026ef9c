"""Alembic's entry: runs the steps on the connection it was handed."""

from alembic import context

from quorate.store.schema import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
