"""Alembic's entry: migrations run on the connection that `migrating` hands over."""

from alembic import context

from broadcaster.store.tables import metadata

# No batch mode: it rebuilds tables and drops their triggers without a word.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=False)
with context.begin_transaction():
    context.run_migrations()
