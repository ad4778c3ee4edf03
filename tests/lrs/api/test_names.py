"""Vietnamese names: their order, and finding them."""

import unicodedata

import pytest

from lrs.api.names import folded, matches, order_of, title_order

IN_ORDER = [
    "Nguyễn Văn An",
    "Đỗ Anh",
    "Lê Thị Ánh",
    "Trần Thị Ánh",
    "Đặng Ăn",
    "Bùi Ân",
    "Lê Ân",
    "Phạm Ẩn",
    "Hoàng Ấn",
    "Vũ Dũng",
    "Vũ Đức",
    "Trần Văn Em",
    "Trần Văn Êm",
    "Lý Ô",
    "Lý Ơ",
]


def test_names_are_in_the_order_of_given_names_letters_and_tones() -> None:
    decomposed = [unicodedata.normalize("NFD", name) for name in IN_ORDER]
    for names in (IN_ORDER, decomposed):
        by_code_points = sorted(names)
        assert by_code_points != names
        assert sorted(by_code_points, key=order_of) == names


@pytest.mark.parametrize(
    ("first", "second"), [("ma", "mà"), ("mà", "mả"), ("mả", "mã"), ("mã", "má"), ("má", "mạ")]
)
def test_tones_have_an_order(first: str, second: str) -> None:
    assert order_of(first) < order_of(second)


def test_titles_are_in_the_order_of_their_words() -> None:
    titles = ["Vụ Gia đình", "Vụ Đào tạo", "Cục Điện ảnh", "Cục A"]
    in_order = ["Cục A", "Cục Điện ảnh", "Vụ Đào tạo", "Vụ Gia đình"]
    assert sorted(titles, key=title_order) == in_order


def test_what_is_no_vietnamese_word_has_a_place_too() -> None:
    names = ["", "1", "Zoë", "王伟", "!"]
    assert len(sorted(names, key=order_of)) == len(names)


@pytest.mark.parametrize(
    ("words", "name", "found"),
    [
        ("anh", "Lê Thị Ánh", True),
        ("ánh", "Lê Thị Ánh", True),
        ("LE anh", "Lê Thị Ánh", True),
        ("anh le", "Lê Thị Ánh", True),
        ("dang", "Đặng Ăn", True),
        ("đặng", "Dang An", True),
        ("nh", "Lê Thị Ánh", False),
        ("le le", "Lê Thị Ánh", True),
        ("le tran", "Lê Thị Ánh", False),
        ("", "Lê Thị Ánh", True),
    ],
)
def test_beginnings_of_words_are_found_in_any_order(words: str, name: str, found: bool) -> None:
    assert matches(folded(words), folded(name)) is found
    assert matches(folded(words), folded(unicodedata.normalize("NFD", name))) is found
