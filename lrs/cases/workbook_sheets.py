"""The sheets of an organisation's workbook: which record each row is, and what each column says.

Headers are Vietnamese; below them stand the English keys by which columns are found, so that
columns may be moved and headers worded otherwise.
"""

from typing import Final, Literal, NamedTuple

from schemas.register import (
    Absence,
    Identifier,
    Membership,
    PartyMembership,
    Person,
    Record,
    Unit,
)

ColumnKind = Literal["text", "day", "flag", "category", "unit", "units", "person"]

YES: Final = "Có"
NO: Final = "Không"
CATEGORIES: Final = {
    "Cán bộ": "can_bo",
    "Công chức": "cong_chuc",
    "Viên chức": "vien_chuc",
    "Người lao động": "nguoi_lao_dong",
}


class Column(NamedTuple):
    """``key`` is the record's, ``account.name`` a key within a key."""

    key: str
    header: str
    kind: ColumnKind = "text"
    required: bool = False
    width: int = 16


class Sheet(NamedTuple):
    title: str
    record: type[Record]
    columns: tuple[Column, ...]

    @property
    def required(self) -> set[str]:
        return {column.key for column in self.columns if column.required}


_FROM: Final = Column("from", "Từ ngày", "day")
_TO: Final = Column("to", "Đến hết ngày", "day")
_NOTE: Final = Column("note", "Ghi chú", width=30)
_PERSON: Final = Column("person", "Mã người", "person", required=True)

SHEETS: Final = (
    Sheet(
        "Đơn vị",
        Unit,
        (
            Column("id", "Mã đơn vị", required=True),
            Column("vi", "Tên đơn vị", required=True, width=40),
            Column("type", "Loại"),
            Column("parent", "Đơn vị cấp trên", "unit"),
            _FROM,
            _TO,
            Column("evaluated", "Được đánh giá", "flag"),
            Column("predecessors", "Tiếp nối các đơn vị", "units", width=24),
            _NOTE,
        ),
    ),
    Sheet(
        "Người",
        Person,
        (
            Column("id", "Mã người", required=True),
            Column("name", "Họ và tên", required=True, width=30),
            _NOTE,
        ),
    ),
    Sheet(
        "Định danh",
        Identifier,
        (
            _PERSON,
            Column("account.homePage", "Tài khoản: trang chủ", width=30),
            Column("account.name", "Tài khoản: tên"),
            Column("mbox", "Thư điện tử", width=30),
            Column("mbox_sha1sum", "SHA-1 của mailto:", width=44),
            Column("openid", "OpenID", width=30),
            _NOTE,
        ),
    ),
    Sheet(
        "Quan hệ công tác",
        Membership,
        (
            _PERSON,
            Column("unit", "Mã đơn vị", "unit", required=True),
            Column("position", "Vị trí việc làm", required=True),
            Column("category", "Diện", "category", required=True),
            Column("head", "Đứng đầu đơn vị", "flag"),
            Column("primary", "Công tác chính", "flag"),
            _FROM,
            _TO,
            _NOTE,
        ),
    ),
    Sheet(
        "Nghỉ",
        Absence,
        (_PERSON, Column("type", "Lý do", required=True), _FROM, _TO, _NOTE),
    ),
    Sheet("Đảng viên", PartyMembership, (_PERSON, _FROM, _TO, _NOTE)),
)
