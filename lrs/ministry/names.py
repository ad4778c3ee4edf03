"""Names of people who do not exist, put together as Vietnamese names are: family, middle, given.

Two people may have one name, as they do.
"""

from functools import lru_cache
from random import Random
from typing import Final
from unicodedata import normalize


def _weighted(text: str) -> tuple[list[str], list[int]]:
    """Names and how often each occurs, from ``name frequency, …``."""
    pairs = [entry.rsplit(" ", 1) for entry in text.split(", ")]
    return [name for name, _ in pairs], [int(frequency) for _, frequency in pairs]


FAMILY: Final = _weighted(
    "Nguyễn 300, Trần 110, Lê 95, Phạm 70, Phan 45, Hoàng 40, Vũ 35, Đặng 22, Bùi 21, Võ 20,"
    " Đỗ 16, Hồ 14, Ngô 14, Trương 13, Dương 11, Đinh 11, Huỳnh 10, Đoàn 9, Trịnh 9, Lương 8,"
    " Mai 8, Cao 7, Đào 7, Lý 7, Hà 6, Tạ 6, Lưu 5, Tô 5, Chu 4, Đàm 4, Kiều 3, Lò 3, Nông 3,"
    " Quách 3, Thạch 2, Vương 2, Ma 1, Sùng 1"
)
WOMEN: Final = (
    _weighted(
        "Thị 60, Thu 8, Thanh 8, Ngọc 9, Kim 6, Bích 4, Diễm 2, Hồng 7, Mỹ 4, Phương 7, Quỳnh 3,"
        " Thùy 6, Khánh 4, Minh 6, Tuyết 3, Thị Thu 5, Thị Minh 4, Thị Bích 3, Hoàng Bảo 1"
    ),
    _weighted(
        "Lan 5, Hằng 6, Thủy 6, Tuyền 2, Ánh 4, Oanh 3, Phượng 4, Quỳnh 3, Nhung 4, Duyên 3,"
        " Thảo 6, Giao 1, Vi 2, Nhi 2, Dương 2, Huyền 5, Nguyệt 3, Mai 5, Hương 7, Hà 6, Hạnh 4,"
        " Trang 6, Yến 4, Xuân 2, Ngân 3, Loan 3, Liễu 1, Thơ 1, Uyên 2, Khuê 1, Trâm 2, Châu 2"
    ),
)
MEN: Final = (
    _weighted(
        "Văn 40, Hữu 8, Quốc 7, Minh 9, Đình 7, Xuân 6, Công 6, Anh 5, Bá 3, Thế 4, Trọng 4,"
        " Việt 4, Hải 3, Tiến 4, Gia 3, Duy 4, Thanh 5, Nhật 3, Đức 6, Ngọc 4, Huy 2, Viết 2"
    ),
    _weighted(
        "Đức 4, Nghĩa 3, Khánh 3, Triết 1, Phúc 3, Trường 3, Thành 5, Dũng 6, Lộc 2, Vỹ 1, Hưng 5,"
        " Đăng 2, Đạt 4, Bảo 2, Khoa 3, Tùng 5, Quang 4, Tuấn 7, Hùng 6, Cường 5, Sơn 5, Long 4,"
        " Nam 4, Bình 3, Hiếu 4, Thắng 4, Kiên 3, Lâm 2, Vinh 3, Thịnh 2, Ước 1, Huỳnh 1"
    ),
)


def make_name(random: Random, is_woman: bool) -> str:
    family, (middle, given) = FAMILY, WOMEN if is_woman else MEN
    first = f"{random.choices(*family)[0]} {random.choices(*middle)[0]}"
    last = random.choices(*given)[0]
    return f"{first} {last if last not in first.split() else 'An'}"


@lru_cache(4096)
def short_name(name: str) -> str:
    """The given name and the initials of the others, in plain letters: ``lan.nt``."""
    letters = normalize("NFD", name.replace("Đ", "D").replace("đ", "d")).encode("ascii", "ignore")
    *others, given = letters.decode().lower().split()
    return f"{given}.{''.join(word[0] for word in others)}"
