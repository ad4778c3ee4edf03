"""What people may be, and what they may be permitted beyond it.

A role says which questions may be asked (``lrs.api.access``), an account's units about whom. What
lies outside its units does not exist for an account.
"""

from collections.abc import Mapping
from typing import Final

from schemas.rules import Language

ROLES: Final[Mapping[str, Mapping[Language, str]]] = {
    "admin": {
        "vi": "Quản trị: xem ai có tài khoản, quyền gì; không xem kết quả.",
        "en": "Administrator: sees who has which account; sees no results.",
    },
    "evaluator": {
        "vi": "Người thẩm định: kết quả, giải thích và minh chứng chờ xử lý của các đơn vị mình.",
        "en": "Evaluator: results, explanations and evidence queues of their units.",
    },
    "unit_head": {
        "vi": "Thủ trưởng: kết quả và giải thích của đơn vị mình.",
        "en": "Head: results and explanations of their unit.",
    },
    "council": {
        "vi": "Hội đồng: kết quả, giải thích và phép thử phương án chấm điểm.",
        "en": "Council: results, explanations and trials of score sheets.",
    },
    "auditor": {
        "vi": "Kiểm toán: đọc mọi thứ, kể cả danh sách tài khoản; không đề xuất gì.",
        "en": "Auditor: reads everything, the accounts included; proposes nothing.",
    },
    "learner": {
        "vi": "Người học: hồ sơ, kết quả và giải thích của chính mình.",
        "en": "Learner: their own record, results and explanations.",
    },
}

SEES_UNITS: Final = frozenset(("evaluator", "unit_head", "council", "auditor"))
"""Roles that need units to see anything."""

PERMISSIONS: Final[Mapping[str, Mapping[Language, str]]] = {
    "party": {
        "vi": "Xem dữ liệu đảng viên và những gì tính từ dữ liệu đó.",
        "en": "See party membership and what is computed from it.",
    },
    "privacy": {
        "vi": "Đề nghị và phê duyệt việc xóa dữ liệu của một người; cần hai tài khoản.",
        "en": "Propose and approve that a person is forgotten; it takes two accounts.",
    },
}
"""Granted one by one, whatever the role."""
