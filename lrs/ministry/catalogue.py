"""What is learned and where: five platforms, fourteen courses, eight positions.

One platform counts all year, one from its recognition in December on, one with gaps, one until it
is revoked in the summer, and one never does.
"""

from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple, cast

from schemas.register import Course, Document, JobPosition, MoveOn, Recognition
from schemas.register import Platform as PlatformRecord

ADL: Final = "http://adlnet.gov/expapi/verbs/"


class Platform(NamedTuple):
    """A sender. ``window``: minutes between two of its requests. ``preference``: how many use it
    while it is recognised, and otherwise.
    """

    id: str
    title: str
    home_page: str
    path: str
    minutes_verbs: tuple[str, ...]
    window: int
    preference: tuple[float, float]

    def activity(self, slug: str) -> str:
        return f"{self.home_page}/{self.path}{slug}"

    def credential(self, year: int) -> str:
        return f"{self.id}-{year}"

    def record(self, year: int) -> PlatformRecord:
        return PlatformRecord(
            id=self.id,
            vi=self.title,
            credential=self.credential(year),
            minutes_verbs=tuple(ADL + verb for verb in self.minutes_verbs),
            recognitions=recognitions(self.id, year),
        )


COURSEWARE: Final = Platform(
    id="khoa-hoc",
    title="Khóa học cmi5",
    home_page="https://khoahoc.hocba.example",
    path="au/",
    minutes_verbs=("terminated",),
    window=30,
    preference=(4, 4),
)
LMS: Final = Platform(
    id="lms",
    title="Hệ thống học tập trực tuyến",
    home_page="https://hoctap.hocba.example",
    path="mod/scorm/view.php?id=",
    minutes_verbs=("suspended", "terminated"),
    window=1440,
    preference=(3, 0.3),
)
VIDEOS: Final = Platform(
    id="video",
    title="Kho bài giảng video",
    home_page="https://video.hocba.example",
    path="bai-giang/",
    minutes_verbs=("terminated",),
    window=60,
    preference=(2.5, 0.15),
)
CLASSROOM: Final = Platform(
    id="lop-hoc",
    title="Lớp học trực tuyến",
    home_page="https://lophoc.hocba.example",
    path="lop/",
    minutes_verbs=("attended",),
    window=1440,
    preference=(0.9, 0.08),
)
LIBRARY: Final = Platform(
    id="thu-vien",
    title="Thư viện số",
    home_page="https://thuvien.hocba.example",
    path="chuyen-de/",
    minutes_verbs=("experienced",),
    window=120,
    preference=(0, 0.07),
)
PLATFORMS: Final = (COURSEWARE, LMS, VIDEOS, CLASSROOM, LIBRARY)


@cache
def recognitions(platform: str, year: int) -> tuple[Recognition, ...]:
    """When a platform counts in the evaluation year that ends in ``year``."""
    before = year - 1
    spans: dict[str, list[tuple[date, date | None, str, date]]] = {
        "khoa-hoc": [(date(before, 9, 1), None, "101", date(before, 8, 25))],
        "lms": [(date(before, 12, 15), None, "140", date(before, 12, 10))],
        "video": [
            (date(before, 9, 1), date(before, 12, 31), "102", date(before, 8, 25)),
            (date(year, 1, 1), date(year, 5, 15), "163", date(before, 12, 28)),
            (date(year, 6, 15), None, "66", date(year, 6, 11)),
        ],
        "lop-hoc": [(date(before, 3, 1), date(year, 6, 30), "21", date(before, 2, 26))],
        "thu-vien": [],
    }
    return tuple(
        Recognition(from_=start, to=end, decision=Document(f"{number}/QĐ-TTCĐS", signed))
        for start, end, number, signed in spans[platform]
    )


def counts(platform: Platform, day: date, year: int) -> bool:
    """Whether it is recognised that day."""
    spans = recognitions(platform.id, year)
    return any((span.from_ or day) <= day <= (span.to or day) for span in spans)


_COURSES: Final = """
CDS  240 exam Completed         khoa-hoc:chuyen-doi-so lms:41 video:chuyen-doi-so thu-vien:cds
ATTT 180 exam CompletedOrPassed khoa-hoc:an-toan-thong-tin video:attt video:attt-v2 lop-hoc:ATTT02
AILD 300 exam CompletedAndPassed khoa-hoc:ai-lanh-dao lms:52
QTDL 240 exam Passed            khoa-hoc:quan-tri-du-lieu lms:44
KNS  300 exam CompletedOrPassed khoa-hoc:ky-nang-so lms:45 lop-hoc:KNS05
BVDL 150 exam Passed            khoa-hoc:bao-ve-du-lieu video:bao-ve-du-lieu thu-vien:bvdl
DVC  120 none Completed         lms:47 video:dich-vu-cong
SHDS 240 exam CompletedAndPassed khoa-hoc:so-hoa-di-san lms:48
SPS  180 exam CompletedOrPassed khoa-hoc:su-pham-so lop-hoc:SPS09
CTS  300 none Completed         khoa-hoc:cong-cu-cong-tac video:cong-cu-cong-tac lop-hoc:CTS11
TQDL 240 none Completed         lms:51 video:bang-tinh
BQS  120 none CompletedOrPassed khoa-hoc:ban-quyen-so thu-vien:bqs
TTNT 200 exam CompletedOrPassed khoa-hoc:ai-hang-ngay lms:56 video:ai-hang-ngay
TACS 600 none Completed         khoa-hoc:tieng-anh lop-hoc:TA14 thu-vien:tacs
"""
"""Course, nominal minutes, exam, what completes it, and the activities that are it."""

TITLES: Final = {
    "CDS": "Chuyển đổi số cơ bản",
    "ATTT": "An toàn thông tin cho cán bộ, công chức",
    "AILD": "Trí tuệ nhân tạo cho lãnh đạo, quản lý",
    "QTDL": "Quản trị dữ liệu",
    "KNS": "Kỹ năng số theo nghiệp vụ",
    "BVDL": "Bảo vệ dữ liệu cá nhân",
    "DVC": "Dịch vụ công trực tuyến toàn trình",
    "SHDS": "Số hóa di sản văn hóa",
    "SPS": "Sư phạm số",
    "CTS": "Công cụ cộng tác số",
    "TQDL": "Phân tích dữ liệu bằng bảng tính",
    "BQS": "Bản quyền số trong biểu diễn",
    "TTNT": "Trí tuệ nhân tạo trong công việc hằng ngày",
    "TACS": "Tiếng Anh giao tiếp công sở",
}


def _course(row: str) -> Course:
    id_, minutes, exam, move_on, *offers = row.split()
    activities: dict[str, tuple[str, ...]] = {}
    for platform, end in (offer.split(":") for offer in offers):
        sender = next(sender for sender in PLATFORMS if sender.id == platform)
        activities[platform] = (*activities.get(platform, ()), sender.activity(end))
    return Course(
        id=id_,
        vi=TITLES[id_],
        nominal_minutes=Decimal(minutes),
        exam=exam == "exam",
        move_on=cast(MoveOn, move_on),
        activities=activities,
    )


COURSES: Final = tuple(map(_course, _COURSES.strip().splitlines()))
ELECTIVES: Final = ("CTS", "TQDL", "BQS", "TTNT", "TACS", "DVC")

POSITIONS: Final = tuple(
    JobPosition(id=id_, vi=vi, required_courses=tuple(courses.split()), required_level=level)
    for id_, vi, courses, level in (
        ("LD", "Lãnh đạo, quản lý", "CDS ATTT AILD QTDL", 5),
        ("CV", "Chuyên viên", "CDS ATTT KNS BVDL", 4),
        ("CNTT", "Công nghệ thông tin", "CDS ATTT QTDL BVDL", 6),
        ("VT", "Văn thư, hành chính", "CDS ATTT DVC", 3),
        ("DS", "Viên chức di sản, thư viện", "CDS ATTT SHDS", 4),
        ("GV", "Giảng viên", "CDS ATTT KNS SPS", 4),
        ("NS", "Nghệ sĩ", "CDS ATTT", 3),
        ("PV", "Lái xe, bảo vệ, phục vụ", "", 0),
    )
)
