"""What Alembic runs, on the connection and inside the transaction it is given."""

from alembic import context

from lrs.schema import VERSION_TABLE, metadata_of
from lrs.store import BESIDE, FOLLOWED, INLINE

tables = metadata_of(*INLINE, *FOLLOWED, *BESIDE)
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables,
    version_table=VERSION_TABLE,
    include_name=lambda name, kind, parents: kind != "table" or name in tables.tables,
)
with context.begin_transaction():
    context.run_migrations()
