"""Alembic's environment, run by `csms.store.migration` with an open connection."""

from alembic import context

config = context.config
schema = config.attributes["schema"]
context.configure(
    connection=config.attributes["connection"],
    target_metadata=schema.metadata,
    version_table_schema=schema.name,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
