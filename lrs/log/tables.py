"""The columns of the log's tables, as rows are written to them; made by the numbered SQL beside."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
)

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

MERKLE_TILE = Table(
    "merkle_tile",
    _metadata,
    Column("level", SmallInteger, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("hashes", LargeBinary),
)

MERKLE_TREE = Table(
    "merkle_tree",
    _metadata,
    Column("single", Boolean, primary_key=True),
    Column("epoch", Integer),
    Column("size", BigInteger),
    Column("range", LargeBinary),
    Column("edge", LargeBinary),
)

LOG_EPOCH = Table(
    "log_epoch",
    _metadata,
    Column("epoch", Integer, primary_key=True),
    Column("origin", Text),
    Column("vkey", Text),
)

SIGNED_CHECKPOINT = Table(
    "signed_checkpoint",
    _metadata,
    Column("epoch", Integer, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("note", Text),
    Column("signed", BigInteger),
)

COSIGNATURE = Table(
    "cosignature",
    _metadata,
    Column("epoch", Integer, primary_key=True),
    Column("size", BigInteger, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("key_id", LargeBinary, primary_key=True),
    Column("line", Text),
)

LOG_HEAD = Table(
    "log_head",
    _metadata,
    Column("single", Integer, primary_key=True),
    Column("position", BigInteger),
    Column("stored", BigInteger),
    Column("key_generation", BigInteger),
)

SEALING = Table(
    "sealing",
    _metadata,
    Column("single", Boolean, primary_key=True),
    Column("fingerprint", LargeBinary),
    Column("token_key", LargeBinary),
)

DATA_KEY = Table(
    "data_key",
    _metadata,
    Column("key_id", LargeBinary, primary_key=True),
    Column("subject_token", LargeBinary),
    Column("retention", SmallInteger),
    Column("year", SmallInteger),
    Column("wrapped", LargeBinary),
)

ATTACHMENT_SEALED = Table(
    "attachment_sealed",
    _metadata,
    Column("sha2", Text, primary_key=True),
    Column("key_id", LargeBinary, primary_key=True),
    Column("content", LargeBinary),
)
