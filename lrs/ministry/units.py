"""The units of the ministry: their size, their work, and how much learning is part of it."""

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple, cast

from schemas.register import Category
from schemas.register import Unit as UnitRecord

ROOT: Final = UnitRecord(
    id="BVH",
    vi="Bộ Văn hóa, Thể thao và Du lịch (dữ liệu minh họa)",
    type="bo",
    from_=date(2020, 1, 1),
    evaluated=False,
)
OTHERS_FROM: Final = 1200  # so many people work in the ministry itself, the others in departments
DEPARTMENT: Final = 500


class Unit(NamedTuple):
    """``share`` of the ministry's people; ``zeal`` of its people and ``order`` of its office, both
    from 0 to 1; ``staff``: how often each position occurs beside the leaders.
    """

    id: str
    vi: str
    type: str
    share: float
    zeal: float
    order: float
    category: Category
    staff: Mapping[str, int]
    to: date | None = None

    @property
    def record(self) -> UnitRecord:
        return UnitRecord(
            id=self.id,
            vi=self.vi,
            type=self.type,
            parent=ROOT.id,
            from_=date(2020, 1, 1),
            to=self.to,
        )


_UNITS: Final = """
VP    van_phong 34 0.60 0.85 cong_chuc CV:6,VT:3,PV:3,CNTT:1 Văn phòng
TCCB  vu        14 0.95 0.95 cong_chuc CV:9,VT:1             Vụ Tổ chức cán bộ
KHTC  vu        18 0.55 0.70 cong_chuc CV:9,VT:1             Vụ Kế hoạch, Tài chính
HTQT  vu        13 0.70 0.60 cong_chuc CV:9,VT:1             Vụ Hợp tác quốc tế
PC    vu        10 0.45 0.75 cong_chuc CV:9,VT:1             Vụ Pháp chế
CDX   cuc       32 0.75 0.80 cong_chuc CV:7,DS:3,VT:1,PV:1   Cục Di sản Đồng Xanh
CSM   cuc       26 0.40 0.45 cong_chuc CV:8,NS:1,VT:1,PV:1   Cục Nghệ thuật Sao Mai
TTCDS trung_tam 24 1.00 1.00 vien_chuc CNTT:6,CV:3           Trung tâm Chuyển đổi số
TVHS  thu_vien  28 0.80 0.80 vien_chuc DS:8,CNTT:1,VT:1,PV:1 Thư viện Hoa Sen
BTST  bao_tang  30 0.35 0.35 vien_chuc DS:7,CV:1,VT:1,PV:2   Bảo tàng Sông Thao
NHTR  nha_hat   36 0.20 0.20 vien_chuc NS:9,CV:1,VT:1,PV:2   Nhà hát Trăng Rằm
CDBB  truong    35 0.55 0.65 vien_chuc GV:8,CV:1,VT:1,PV:1   Trường Cao đẳng Du lịch Biển Biếc
"""

MERGED: Final = "TTTL"
MERGED_INTO: Final = "TTCDS"


def merged(year: int) -> Unit:
    """A thirteenth unit, merged into the Centre on 1 July: it has no result of its own."""
    return Unit(
        id=MERGED,
        vi="Trung tâm Thông tin, Tư liệu",
        type="trung_tam",
        share=8,
        zeal=0.8,
        order=0.5,
        category="vien_chuc",
        staff={"CV": 2, "CNTT": 1, "DS": 1},
        to=date(year, 6, 30),
    )


def units(people: int, year: int) -> tuple[Unit, ...]:
    """Twelve and the merged one; departments too when there are very many people."""
    own = [_unit(line) for line in _UNITS.strip().splitlines()]
    departments = max(0, people - OTHERS_FROM) // DEPARTMENT
    share = (people / OTHERS_FROM - 1) / departments if departments else 0.0
    total = sum(unit.share for unit in own)
    return (*own, merged(year), *(_department(n + 1, share * total) for n in range(departments)))


def _unit(line: str) -> Unit:
    id_, type_, share, zeal, order, category, staff, vi = line.split(maxsplit=7)
    mix = {position: int(n) for position, n in (part.split(":") for part in staff.split(","))}
    return Unit(
        id=id_,
        vi=vi,
        type=type_,
        share=float(share),
        zeal=float(zeal),
        order=float(order),
        category=cast(Category, category),
        staff=mix,
    )


def _department(number: int, share: float) -> Unit:
    """Departments differ as the ministry's own units do."""
    return Unit(
        id=f"SO{number:02d}",
        vi=f"Sở Văn hóa, Thể thao và Du lịch số {number}",
        type="so",
        share=share,
        zeal=0.2 + number * 3 % 7 / 9,
        order=0.2 + number * 5 % 7 / 9,
        category="cong_chuc",
        staff={"CV": 6, "DS": 3, "NS": 2, "VT": 1, "PV": 1, "GV": 1},
    )
