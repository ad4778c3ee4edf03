"""The columns of the log's tables, as rows are written to them; made by the numbered SQL beside."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

_metadata = MetaData()

EVENT_LOG = Table(
    "event_log",
    _metadata,
    Column("position", BigInteger, primary_key=True),
    Column("stored", BigInteger),
    Column("kind", SmallInteger),
    Column("stream_id", LargeBinary),
    Column("stream_version", Integer),
    Column("credential", LargeBinary),
    Column("salt", LargeBinary),
    Column("commitment", LargeBinary),
    Column("leaf", LargeBinary),
    Column("body", LargeBinary),
)

EVENT_REGISTRY = Table(
    "event_registry",
    _metadata,
    Column("category", SmallInteger, primary_key=True),
    Column("stream_id", LargeBinary, primary_key=True),
    Column("stream_version", Integer, primary_key=True),
    Column("position", BigInteger),
    Column("content_hash", LargeBinary),
)

ATTACHMENT_CONTENT = Table(
    "attachment_content",
    _metadata,
    Column("sha2", Text, primary_key=True),
    Column("content", LargeBinary),
)
