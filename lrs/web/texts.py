"""What the documentation page says, in Vietnamese and in English."""

from collections.abc import Mapping
from typing import Final

from schemas.rules import Language

Text = Mapping[Language, str]


def _(vi: str, en: str) -> Text:
    return {"vi": vi, "en": en}


WORDS: Final[Mapping[str, Text]] = {
    "title": _("Giao diện lập trình", "Programming interfaces"),
    "intro": _(
        "Kho hồ sơ học tập (LRS) theo xAPI 1.0.3 và 2.0 (IEEE 9274.1.1). Mọi dữ liệu nhận được đều"
        " vào một nhật ký chỉ ghi thêm; mọi câu trả lời đều tính ra từ nhật ký đó.",
        "A learning-record store (LRS) for xAPI 1.0.3 and 2.0 (IEEE 9274.1.1). Everything it"
        " receives goes into one append-only log; everything it answers is computed from that log.",
    ),
    "first": _("Phát biểu đầu tiên", "A first statement"),
    "first_text": _(
        "Thay KEY và SECRET bằng khóa và mật khẩu do lệnh lrs credentials create in ra. Câu trả"
        " lời là mã (id) của phát biểu đã được ghi bền vững.",
        "Put the key and the secret that lrs credentials create printed in place of KEY and SECRET."
        " The answer is the id of the statement, which is durable by then.",
    ),
    "sign_in": _("Xác thực", "Signing in"),
    "sign_in_text": _(
        "Xác thực HTTP Basic với khóa và mật khẩu. Mỗi khóa có các phạm vi (scope) quy định được"
        " làm gì; dưới mỗi phương thức là các phạm vi cho phép gọi nó, có một trong số đó là đủ."
        " Khóa sai: 401. Phạm vi không đủ: 403. Gọi quá nhanh: 429 kèm Retry-After.",
        "HTTP Basic with a key and its secret. A credential has scopes that say what it may do;"
        " under each method are the scopes that allow it, any one of them is enough. A wrong"
        " credential: 401. Scopes that do not suffice: 403. Too fast: 429 with Retry-After.",
    ),
    "errors": _("Khi yêu cầu bị từ chối", "When a request is refused"),
    "errors_text": _(
        "Câu trả lời là application/problem+json (RFC 9457), liệt kê mọi lỗi cùng lúc: vị trí"
        " (JSON Pointer), giá trị, quy tắc và mục trong đặc tả, cách sửa; bằng tiếng Việt, hoặc"
        " tiếng Anh theo Accept-Language. Một yêu cầu bị từ chối không làm thay đổi gì.",
        "The answer is application/problem+json (RFC 9457) and lists every problem at once: where"
        " (JSON Pointer), the value, the rule and its section in the specification, and how to mend"
        " it; in Vietnamese, or by Accept-Language in English. A refused request changes nothing.",
    ),
    "xapi": _("xAPI", "xAPI"),
    "xapi_text": _(
        "Địa chỉ gốc là /xapi (hoặc /xAPI). Mọi yêu cầu, trừ /about, phải có header"
        " X-Experience-API-Version: 1.0.x hoặc 2.0.x; header này chọn phiên bản được áp dụng. HEAD"
        " trả lời như GET, không có nội dung. Tham số lạ bị từ chối chứ không bị bỏ qua.",
        "Its root is /xapi (or /xAPI). Every request but /about needs the header"
        " X-Experience-API-Version: 1.0.x or 2.0.x, which chooses the version that counts. HEAD"
        " answers as GET does, without the content. An unknown parameter is refused, not ignored.",
    ),
    "api": _("Giao diện riêng, /api/v1", "The store's own interface, /api/v1"),
    "api_text": _(
        "Được mô tả đầy đủ trong /openapi.json.",
        "Described in full in /openapi.json.",
    ),
    "operation": _("Vận hành", "Operation"),
    "operation_text": _(
        "/health/live: tiến trình còn chạy. /health/ready: 200 khi phục vụ được, 503 kèm lý do khi"
        " không. /metrics: số liệu cho Prometheus. Cả ba không cần xác thực.",
        "/health/live: the process runs. /health/ready: 200 when it can serve, 503 with reasons"
        " when it cannot. /metrics: numbers for Prometheus. None of them needs a credential.",
    ),
    "scopes": _("Phạm vi", "Scopes"),
    "no_scope": _("không cần xác thực", "open to all"),
    "required": _("bắt buộc", "required"),
    "answers": _("Trả lời", "Answers"),
}

RESOURCES: Final[Mapping[str, Text]] = {
    "/statements": _(
        "Phát biểu: ai đã làm gì với cái gì. Đã ghi thì không sửa, không xóa; chỉ có thể bị hủy"
        " (voided) bằng một phát biểu khác.",
        "Statements: who did what. Once stored they are neither changed nor deleted; another"
        " statement can void them.",
    ),
    "/statements/more": _(
        "Trang kế tiếp của một truy vấn; địa chỉ có sẵn trong thuộc tính more của trang trước.",
        "The next page of a query; the page before has its address in the property more.",
    ),
    "/activities/state": _(
        "Tài liệu trạng thái: điều một nền tảng ghi nhớ về một người trong một hoạt động.",
        "State documents: what a platform remembers about a person in an activity.",
    ),
    "/agents/profile": _(
        "Tài liệu hồ sơ của một người hoặc nhóm.",
        "Profile documents of an agent or a group.",
    ),
    "/activities/profile": _(
        "Tài liệu hồ sơ của một hoạt động.",
        "Profile documents of an activity.",
    ),
    "/agents": _(
        "Mọi định danh đã biết của một người, trong một đối tượng Person.",
        "All that identifies an agent, in one Person object.",
    ),
    "/activities": _(
        "Định nghĩa đầy đủ của một hoạt động, gộp từ các phát biểu đã nhận.",
        "The full definition of an activity, merged from the statements received.",
    ),
    "/about": _(
        "Các phiên bản xAPI được hỗ trợ.",
        "The versions of xAPI that are supported.",
    ),
}

_DOCUMENT: Final[Mapping[str, Text]] = {
    "GET": _(
        "Một tài liệu theo mã, kèm ETag; không có mã thì danh sách các mã.",
        "One document by its id, with its ETag; without the id, the list of ids.",
    ),
    "PUT": _(
        "Ghi tài liệu. Hồ sơ cần If-Match hoặc If-None-Match: * để không ghi đè nhầm.",
        "Store a document. Profiles need If-Match or If-None-Match: *, so that none is overwritten"
        " by mistake.",
    ),
    "POST": _(
        "Ghi tài liệu, hoặc gộp các thuộc tính cấp một khi cả hai là JSON.",
        "Store a document, or merge the top-level properties when both are JSON.",
    ),
    "DELETE": _("Xóa tài liệu.", "Delete the document."),
}

METHODS: Final[Mapping[tuple[str, str], Text]] = {
    ("/statements", "POST"): _(
        "Ghi một phát biểu hoặc một mảng phát biểu, tất cả hoặc không gì cả; trả về các mã. Tệp"
        " đính kèm gửi bằng multipart/mixed.",
        "Store one statement or an array, all or none; answers the ids. Attachments come as"
        " multipart/mixed.",
    ),
    ("/statements", "PUT"): _(
        "Ghi một phát biểu với mã cho trước. Gửi lại đúng phát biểu ấy thì không sao.",
        "Store one statement under the id given. Sending the same again does no harm.",
    ),
    ("/statements", "GET"): _(
        "Một phát biểu theo mã, hoặc mọi phát biểu thỏa bộ lọc, mới nhất trước, từng trang.",
        "One statement by its id, or those that meet the filters, newest first, page by page.",
    ),
    ("/statements/more", "GET"): _(
        "Trang kế tiếp. Không bao giờ hết hạn.", "The next page. It never expires."
    ),
    **{
        (path, method): text
        for path in ("/activities/state", "/agents/profile", "/activities/profile")
        for method, text in _DOCUMENT.items()
    },
    ("/activities/state", "DELETE"): _(
        "Xóa một tài liệu; không có stateId thì xóa mọi trạng thái của người đó trong hoạt động.",
        "Delete one document; without stateId, all states of that agent in the activity.",
    ),
    ("/agents", "GET"): _("Đối tượng Person.", "The Person object."),
    ("/activities", "GET"): _("Đối tượng Activity.", "The Activity object."),
    ("/about", "GET"): _("Phiên bản và phần mở rộng.", "Versions and extensions."),
}

PARAMETERS: Final[Mapping[str, Text]] = {
    "statementId": _("Mã (UUID) của phát biểu.", "The id (UUID) of the statement."),
    "voidedStatementId": _("Mã của một phát biểu đã bị hủy.", "The id of a voided statement."),
    "agent": _(
        "Một Agent hoặc Group có định danh, dạng JSON.",
        "An Agent or identified Group, as JSON.",
    ),
    "verb": _("IRI của động từ.", "The IRI of the verb."),
    "activity": _("IRI của hoạt động là đối tượng.", "The IRI of the activity that is the object."),
    "registration": _("Mã lượt đăng ký (UUID).", "The registration (UUID)."),
    "related_activities": _(
        "true: hoạt động ở bất cứ đâu trong phát biểu.",
        "true: the activity anywhere in the statement.",
    ),
    "related_agents": _(
        "true: người ở bất cứ đâu trong phát biểu.", "true: the agent anywhere in the statement."
    ),
    "since": _("Được ghi (stored) sau thời điểm này.", "Stored after this moment."),
    "until": _("Được ghi vào hoặc trước thời điểm này.", "Stored at or before this moment."),
    "limit": _(
        "Số phát biểu mỗi trang; 0: nhiều nhất có thể.",
        "Statements on a page; 0: as many as the store allows.",
    ),
    "ascending": _("true: cũ nhất trước.", "true: the oldest first."),
    "format": _(
        "exact: như đã nhận; ids: chỉ định danh; canonical: định nghĩa và ngôn ngữ do kho chọn.",
        "exact: as received; ids: identifiers alone; canonical: definitions and languages as the"
        " store has them.",
    ),
    "attachments": _(
        "true: kèm tệp đính kèm, dạng multipart/mixed.",
        "true: with attachment data, as multipart/mixed.",
    ),
    "query": _("Do kho đặt trong more.", "Set by the store, in more."),
    "activityId": _("IRI của hoạt động.", "The IRI of the activity."),
    "stateId": _("Mã của tài liệu trạng thái.", "The id of the state document."),
    "profileId": _("Mã của tài liệu hồ sơ.", "The id of the profile document."),
}
