"""Every way a score sheet can be wrong, on one page, worded in Vietnamese and in English.

A reason says what is wrong, a mend says what to change. Both are format strings over the facts of a
problem; ``{value}`` is what was found there.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from schemas.rules import Language, Wording

Path = tuple[str | int, ...]
NO_FACTS: Final[Mapping[str, Any]] = MappingProxyType({})
LONGEST_VALUE: Final = 120


class Words(NamedTuple):
    vi: Wording
    en: Wording


class SheetProblem(NamedTuple):
    """What is wrong at one place of a sheet; ``path`` are the keys and indices from its root.

    The path of a missing key ends with the mapping it is missing from.
    """

    path: Path
    rule: str
    facts: Mapping[str, Any] = NO_FACTS

    def reason(self, language: Language) -> str:
        return self._wording(language).message.format_map(self.facts)

    def mend(self, language: Language) -> str:
        return self._wording(language).mend.format_map(self.facts)

    def _wording(self, language: Language) -> Wording:
        words = WORDS[self.rule]
        return words.vi if language == "vi" else words.en


def shown(value: Any) -> str:
    """A value as it is quoted in a message: short, and never deeper than its outside."""
    match value:
        case Mapping():
            return "{…}"
        case list() | tuple():
            return "[…]"
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


WORDS: Final[Mapping[str, Words]] = {
    # ---- the shape
    "mapping": Words(
        Wording("Chỗ này phải là một nhóm khóa: giá trị.", "Viết {{…}} thay cho {value}."),
        Wording("A mapping of keys to values is expected here.", "Write {{…}} instead of {value}."),
    ),
    "list": Words(
        Wording("Chỗ này phải là một danh sách.", "Viết [{value}] hoặc mỗi phần tử một dòng “- ”."),
        Wording("A list is expected here.", "Write [{value}], or one item a line after “- ”."),
    ),
    "empty": Words(
        Wording("Danh sách này trống.", "Ghi ít nhất một phần tử."),
        Wording("This list is empty.", "Give at least one item."),
    ),
    "key.unknown": Words(
        Wording(
            "Khóa “{key}” không có trong định dạng ở chỗ này.",
            "Bỏ khóa này hoặc dùng một trong: {known}.",
        ),
        Wording(
            "The key “{key}” is not part of the format here.", "Remove it, or use one of: {known}."
        ),
    ),
    "key.missing": Words(
        Wording("Thiếu khóa “{key}”.", "Thêm “{key}: …”."),
        Wording("The key “{key}” is missing.", "Add “{key}: …”."),
    ),
    "key.subject": Words(
        Wording(
            "“{key}” chỉ dùng cho bộ tiêu chí cá nhân.",
            "Bỏ “{key}” khỏi bộ tiêu chí đơn vị.",
        ),
        Wording(
            "“{key}” is for score sheets of persons only.",
            "Remove “{key}” from the score sheet of units.",
        ),
    ),
    # ---- single values
    "text": Words(
        Wording("Chỗ này phải là văn bản có nội dung.", 'Đặt trong ngoặc kép, ví dụ "{value}".'),
        Wording("Text that is not empty is expected here.", 'Put it in quotes, such as "{value}".'),
    ),
    "id": Words(
        Wording(
            "“{value}” không dùng làm mã được.",
            "Chỉ dùng chữ, số và các dấu . _ - ; đặt mã toàn chữ số trong ngoặc kép.",
        ),
        Wording(
            "“{value}” is no identifier.",
            "Use letters, digits and . _ - only; quote one that is all digits.",
        ),
    ),
    "number": Words(
        Wording("“{value}” không phải số thập phân chính xác.", "Viết một số như 0.80 hoặc 15."),
        Wording("“{value}” is not an exact decimal number.", "Write a number such as 0.80 or 15."),
    ),
    "whole": Words(
        Wording("“{value}” không phải số nguyên.", "Viết một số nguyên, ví dụ 15."),
        Wording("“{value}” is not a whole number.", "Write a whole number, such as 15."),
    ),
    "decimals": Words(
        Wording(
            "{value} có hơn 2 chữ số thập phân; điểm, trần và mức mỗi mục có nhiều nhất 2.",
            "Làm tròn thành số có nhiều nhất 2 chữ số thập phân.",
        ),
        Wording(
            "{value} has more than 2 decimals; scores, caps and amounts per item have at most 2.",
            "Write it with at most 2 decimals.",
        ),
    ),
    "least": Words(
        Wording("{value} nhỏ hơn mức được phép.", "Viết một số từ {least} trở lên."),
        Wording("{value} is too small.", "Write a number of at least {least}."),
    ),
    "positive": Words(
        Wording("{value} phải lớn hơn 0.", "Viết một số lớn hơn 0."),
        Wording("{value} must be above 0.", "Write a number above 0."),
    ),
    "most": Words(
        Wording("{value} lớn hơn mức được phép.", "Viết một số không quá {most}."),
        Wording("{value} is too large.", "Write a number of at most {most}."),
    ),
    "boolean": Words(
        Wording("“{value}” không phải true hoặc false.", "Viết true hoặc false."),
        Wording("“{value}” is neither true nor false.", "Write true or false."),
    ),
    "day": Words(
        Wording(
            "“{value}” không phải ngày có thật từ năm 1900.", "Viết ngày theo dạng 2026-03-31."
        ),
        Wording(
            "“{value}” is no date that exists, from 1900 on.", "Write the date as in 2026-03-31."
        ),
    ),
    "choice": Words(
        Wording("“{value}” không có trong các giá trị cho phép.", "Dùng một trong: {known}."),
        Wording("“{value}” is not one of the values allowed.", "Use one of: {known}."),
    ),
    # ---- the sheet as a whole
    "rounding": Words(
        Wording(
            "Chỉ có một cách làm tròn: nửa lên, 2 chữ số thập phân.",
            "Viết rounding: {{mode: half_up, decimals: 2}}.",
        ),
        Wording(
            "There is one way of rounding: half up, 2 decimals.",
            "Write rounding: {{mode: half_up, decimals: 2}}.",
        ),
    ),
    "id.repeated": Words(
        Wording("Mã “{value}” được dùng hai lần.", "Đặt cho chỗ này một mã khác."),
        Wording("The identifier “{value}” is used twice.", "Give this one another identifier."),
    ),
    "id.reserved": Words(
        Wording(
            "“{value}” là tên của một cột kết quả, không dùng làm mã tiêu chí được.",
            "Đặt mã khác các tên: {known}.",
        ),
        Wording(
            "“{value}” names a result of its own and cannot be a criterion.",
            "Use an identifier other than: {known}.",
        ),
    ),
    "cycle": Words(
        Wording(
            "Tiêu chí “{value}” nằm trong chính nó.", "Bỏ “{value}” khỏi các mục con của chính nó."
        ),
        Wording(
            "The criterion “{value}” is nested in itself.",
            "Take “{value}” out of its own children.",
        ),
    ),
    "kind.unknown": Words(
        Wording("Không có loại tiêu chí “{value}”.", "Dùng một trong: {known}."),
        Wording("There is no kind of criterion “{value}”.", "Use one of: {known}."),
    ),
    "kind.subject": Words(
        Wording(
            "Loại “{value}” không dùng cho bộ tiêu chí {subject_vi}.", "Dùng một trong: {known}."
        ),
        Wording("The kind “{value}” is not for a sheet of a {subject}.", "Use one of: {known}."),
    ),
    "kind.cycle": Words(
        Wording(
            "“{value}” tính từ điểm cá nhân, nên điểm cá nhân tính từ nó sẽ quay vòng.",
            "Chỉ dùng “{value}” trong bộ tiêu chí đơn vị.",
        ),
        Wording(
            "“{value}” is computed from personal scores: a personal score from it would depend"
            " on itself.",
            "Use “{value}” in a sheet of units only.",
        ),
    ),
    "kind.repeated": Words(
        Wording(
            "Loại “{value}” đã có ở tiêu chí “{other}”; mỗi bộ chỉ có một tiêu chí loại này.",
            "Gộp hai tiêu chí hoặc đổi loại của một tiêu chí.",
        ),
        Wording(
            "The criterion “{other}” is of the kind “{value}” already; a sheet has one at most.",
            "Join the two, or change the kind of one.",
        ),
    ),
    "sum": Words(
        Wording(
            "Điểm tối đa của các tiêu chí cộng lại là {sum}, không phải {max}.",
            "Sửa “max” của các tiêu chí sao cho tổng bằng {max}.",
        ),
        Wording(
            "The maxima of the criteria add up to {sum}, not to {max}.",
            "Change the “max” of the criteria so that they add up to {max}.",
        ),
    ),
    "above_max": Words(
        Wording("{value} cao hơn điểm tối đa {max} của tiêu chí.", "Giảm xuống không quá {max}."),
        Wording(
            "{value} is above the maximum {max} of the criterion.", "Lower it to at most {max}."
        ),
    ),
    "descending": Words(
        Wording(
            "Các mức phải xếp từ cao xuống thấp: {value} không nhỏ hơn {before} ở trên.",
            "Xếp “{key}” giảm dần, không lặp lại.",
        ),
        Wording(
            "Bands go from high to low: {value} is not below {before} above it.",
            "Order them by descending “{key}”, without repetition.",
        ),
    ),
    "bands.last": Words(
        Wording(
            "Mức xếp loại cuối cùng bắt đầu từ {value}, không phải từ 0.",
            "Ghi min: 0 cho mức cuối cùng.",
        ),
        Wording("The last band starts at {value}, not at 0.", "Give the last band min: 0."),
    ),
    "criterion.unknown": Words(
        Wording("Không có tiêu chí “{value}”.", "Dùng mã của một tiêu chí có điểm: {known}."),
        Wording("There is no criterion “{value}”.", "Use the id of a scored criterion: {known}."),
    ),
    "band.unknown": Words(
        Wording("Không có mức xếp loại “{value}”.", "Dùng một trong: {known}."),
        Wording("There is no band “{value}”.", "Use one of: {known}."),
    ),
    "band.lowest": Words(
        Wording("“{value}” là mức thấp nhất, không còn mức nào bên dưới.", "Dùng một mức cao hơn."),
        Wording("“{value}” is the lowest band: none is below it.", "Use a higher band."),
    ),
    "course.unknown": Words(
        Wording("Không có khóa học “{value}” trong danh mục.", "Dùng mã của một khóa học đã có."),
        Wording("There is no course “{value}” in the catalogue.", "Use the id of a known course."),
    ),
}
