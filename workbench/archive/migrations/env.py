"""Alembic's entry: runs the steps on the connection that `catalog.open_catalog` hands in."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
