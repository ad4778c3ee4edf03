"""Files as text: UTF-8, with or without a byte order mark, and of some measure."""

from typing import Any, Final

MAXIMUM_BYTES: Final = 256 * 1024 * 1024

_BOM: Final = b"\xef\xbb\xbf"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(Exception):
    """A file is not what it should be as a whole: a rule, its facts and the line."""

    def __init__(self, rule: str, line: int | None = None, **facts: Any) -> None:
        super().__init__(rule, line, facts)
        self.rule = rule
        self.line = line
        self.facts = facts


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, with or without byte order mark. Raises Unreadable."""
    if len(content) > MAXIMUM_BYTES:
        raise Unreadable("file.size", megabytes=MAXIMUM_BYTES >> 20)
    if content.startswith(_UTF_16):
        raise Unreadable("file.utf16", 1)
    try:
        return content.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{error.object[error.start]:02X}"
        raise Unreadable("file.encoding", line, byte=byte) from error
