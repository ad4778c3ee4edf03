"""Every rule a document can break, on one page, worded in Vietnamese and in English.

A message says what is wrong, a mend says exactly what to change. Both are format strings over the
facts of a problem; ``{place}`` is the property or item it is about, ``{value}`` what was found
there. A rule names the section that makes it one, in xAPI 1.0.3 and in xAPI 2.0 (IEEE 9274.1.1).
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Version = Literal["1.0", "2.0"]
Language = Literal["vi", "en"]


class Wording(NamedTuple):
    """What a reader of one language is told."""

    message: str
    mend: str


class Rule(NamedTuple):
    """Where a rule comes from and how it is explained."""

    section_1_0: str
    section_2_0: str
    vi: Wording
    en: Wording


TYPES: Final[Mapping[Language, Mapping[str, str]]] = {
    "vi": {
        "string": "chuỗi ký tự",
        "number": "số",
        "integer": "số nguyên",
        "boolean": "giá trị true hoặc false",
        "object": "đối tượng JSON",
        "array": "mảng JSON",
        "null": "null",
    },
    "en": {
        "string": "a string",
        "number": "a number",
        "integer": "an integer",
        "boolean": "true or false",
        "object": "an object",
        "array": "an array",
        "null": "null",
    },
}

_JSON: Final = ("xAPI-Communication 1.5.1, RFC 8259", "IEEE 9274.1.1 4.1.3, RFC 8259")
_FORMAT: Final = ("xAPI-Data 2.2", "IEEE 9274.1.1 4.2.4.1")
_DATA_TYPE: Final = "IEEE 9274.1.1 4.2.7"
_ACTOR: Final = "IEEE 9274.1.1 4.2.2.1"
_OBJECT: Final = "IEEE 9274.1.1 4.2.2.3"
_RESULT: Final = "IEEE 9274.1.1 4.2.2.4"
_CONTEXT: Final = "IEEE 9274.1.1 4.2.2.5"
_ATTACHMENT: Final = "IEEE 9274.1.1 4.2.2.6"

_REQUIRED_VI: Final = Wording(
    "Thiếu thuộc tính bắt buộc {property}.", "Thêm {property}, ví dụ {property}: {example}."
)
_REQUIRED_EN: Final = Wording(
    "The required property {property} is missing.",
    "Add {property}, for example {property}: {example}.",
)


def _required(section_1_0: str, section_2_0: str) -> Rule:
    return Rule(section_1_0, section_2_0, _REQUIRED_VI, _REQUIRED_EN)


RULES: Final[Mapping[str, Rule]] = {
    # ---- JSON text
    "json.empty": Rule(
        *_JSON,
        Wording("Nội dung trống nên không phải văn bản JSON.", "Gửi nội dung là một văn bản JSON."),
        Wording("The body is empty, which is not JSON text.", "Send JSON text as the body."),
    ),
    "json.bom": Rule(
        *_JSON,
        Wording(
            "Văn bản JSON bắt đầu bằng dấu thứ tự byte (BOM).",
            "Bỏ ba byte EF BB BF ở đầu: lưu và gửi văn bản ở dạng “UTF-8 không BOM”.",
        ),
        Wording(
            "The JSON text begins with a byte order mark (BOM).",
            "Remove the three bytes EF BB BF at the start: save and send “UTF-8 without BOM”.",
        ),
    ),
    "json.encoding": Rule(
        "xAPI-Communication 1.4",
        "IEEE 9274.1.1 4.1.3, RFC 8259 8.1",
        Wording(
            "Văn bản không phải UTF-8: byte {byte} ở vị trí {offset} không hợp lệ.",
            "Mã hóa toàn bộ văn bản bằng UTF-8 trước khi gửi.",
        ),
        Wording(
            "The text is not UTF-8: byte {byte} at offset {offset} is invalid.",
            "Encode the whole text as UTF-8 before sending it.",
        ),
    ),
    "json.truncated": Rule(
        *_JSON,
        Wording(
            "Văn bản JSON bị cắt cụt: hết ở dòng {line}, cột {column} khi giá trị chưa kết thúc.",
            'Gửi lại toàn bộ văn bản; kiểm tra Content-Length và các dấu đóng }}, ] và ".',
        ),
        Wording(
            "The JSON text is cut off: it ends at line {line}, column {column} inside a value.",
            'Send the whole text again; check Content-Length and the closing }}, ] and ".',
        ),
    ),
    "json.syntax": Rule(
        *_JSON,
        Wording(
            "Sai cú pháp JSON ở dòng {line}, cột {column}, tại {near}.",
            "Sửa văn bản tại chỗ đó; nên tạo JSON bằng thư viện thay vì ghép chuỗi.",
        ),
        Wording(
            "The JSON is malformed at line {line}, column {column}, at {near}.",
            "Mend the text there; let a library write JSON rather than joining strings.",
        ),
    ),
    "json.trailing": Rule(
        *_JSON,
        Wording(
            "Sau giá trị JSON còn thừa {near} ở dòng {line}, cột {column}.",
            "Chỉ gửi một giá trị JSON; nhiều bản ghi thì đặt trong một mảng [ … ].",
        ),
        Wording(
            "After the JSON value there is more text, {near}, at line {line}, column {column}.",
            "Send one JSON value only; put several statements into one array [ … ].",
        ),
    ),
    "json.not_a_number": Rule(
        *_JSON,
        Wording(
            "{near} ở dòng {line}, cột {column} không phải là số JSON.",
            "Bỏ thuộc tính này hoặc thay bằng một số hữu hạn; JSON không có NaN và Infinity.",
        ),
        Wording(
            "{near} at line {line}, column {column} is not a JSON number.",
            "Leave the property out or send a finite number; JSON has no NaN and no Infinity.",
        ),
    ),
    "json.number_range": Rule(
        *_JSON,
        Wording(
            "Số {near} ở dòng {line}, cột {column} vượt quá phạm vi số thực 64 bit.",
            "Gửi số có giá trị tuyệt đối dưới 1.8e308, hoặc gửi dưới dạng chuỗi ký tự.",
        ),
        Wording(
            "The number {near} at line {line}, column {column} exceeds a 64-bit float.",
            "Send a number whose absolute value is below 1.8e308, or send it as a string.",
        ),
    ),
    "json.surrogate": Rule(
        *_JSON,
        Wording(
            "Chuỗi ở dòng {line}, cột {column} chứa {near}, nửa cặp thay thế (surrogate) đứng lẻ.",
            "Gửi đủ cặp \\uD8xx\\uDCxx hoặc gửi thẳng ký tự đó bằng UTF-8; đừng cắt đôi ký tự.",
        ),
        Wording(
            "The string at line {line}, column {column} holds {near}, half of a surrogate pair.",
            "Send the whole pair \\uD8xx\\uDCxx or the character itself in UTF-8; do not cut it.",
        ),
    ),
    "json.duplicate_key": Rule(
        "xAPI-Data 2.2, RFC 7493 2.3",
        "IEEE 9274.1.1 4.2.4.1, RFC 7493 2.3",
        Wording(
            "Khóa {place} xuất hiện {count} lần trong cùng một đối tượng.",
            "Chỉ giữ lại một khóa {place}.",
        ),
        Wording(
            "The key {place} appears {count} times in one object.", "Keep only one key {place}."
        ),
    ),
    "json.depth": Rule(
        "RFC 8259 9",
        "RFC 8259 9",
        Wording(
            "JSON lồng nhau quá {maximum} cấp.",
            "Giảm số cấp lồng nhau xuống không quá {maximum}.",
        ),
        Wording(
            "The JSON is nested deeper than {maximum} levels.",
            "Nest no deeper than {maximum} levels.",
        ),
    ),
    # ---- types and properties
    "type": Rule(
        *_FORMAT,
        Wording(
            "Giá trị {value} là {actual}, trong khi ở đây phải là {expected}.",
            "Gửi {place} dưới dạng {expected}.",
        ),
        Wording(
            "The value {value} is {actual}; it must be {expected}.", "Send {place} as {expected}."
        ),
    ),
    "type.quoted": Rule(
        *_FORMAT,
        Wording(
            "Giá trị {value} là chuỗi ký tự, trong khi ở đây phải là {expected}.",
            "Bỏ dấu ngoặc kép: {bare}.",
        ),
        Wording(
            "The value {value} is a string; it must be {expected}.",
            "Remove the quotation marks: {bare}.",
        ),
    ),
    "null": Rule(
        *_FORMAT,
        Wording(
            "null chỉ được phép bên trong extensions.",
            "Bỏ hẳn {place}, hoặc cho nó một giá trị.",
        ),
        Wording("null is allowed inside extensions only.", "Remove {place} or give it a value."),
    ),
    "property.unknown": Rule(
        *_FORMAT,
        Wording(
            "Thuộc tính {place} không được phép ở đây.",
            "Bỏ {place}, hoặc chuyển nó vào extensions. Các thuộc tính được phép: {allowed}.",
        ),
        Wording(
            "The property {place} is not allowed here.",
            "Remove {place} or move it into extensions. Allowed properties: {allowed}.",
        ),
    ),
    "property.case": Rule(
        *_FORMAT,
        Wording("Thuộc tính {place} sai chữ hoa, chữ thường.", "Đổi tên thành {suggestion}."),
        Wording("The property {place} is in the wrong case.", "Rename it to {suggestion}."),
    ),
    "object_type": Rule(
        *_FORMAT,
        Wording(
            "objectType {value} không được phép ở đây.",
            "Đổi thành {suggestion}. Các giá trị được phép ở đây: {allowed}.",
        ),
        Wording(
            "The objectType {value} is not allowed here.",
            "Change it to {suggestion}. Values allowed here: {allowed}.",
        ),
    ),
    "object_type.required": Rule(
        "xAPI-Data 2.4.4, 2.4.6",
        "IEEE 9274.1.1 4.2.2.3, 4.2.2.5",
        Wording(
            "Thiếu objectType, là thuộc tính bắt buộc ở đây.",
            'Thêm "objectType": {suggestion}.',
        ),
        Wording("objectType is missing; it is required here.", 'Add "objectType": {suggestion}.'),
    ),
    # ---- formats
    "iri": Rule(
        "xAPI-Data 4.3",
        _DATA_TYPE,
        Wording(
            "{value} không phải là IRI hợp lệ.",
            "Gửi một IRI đầy đủ theo RFC 3987, ví dụ https://example.org/khoa-hoc/1.",
        ),
        Wording(
            "{value} is not a valid IRI.",
            "Send a whole IRI as in RFC 3987, for example https://example.org/courses/1.",
        ),
    ),
    "iri.scheme": Rule(
        "xAPI-Data 2.2",
        _DATA_TYPE,
        Wording(
            "IRI {value} không có lược đồ (phần đứng trước dấu hai chấm, như https:).",
            "Gửi IRI đầy đủ, ví dụ {suggestion}.",
        ),
        Wording(
            "The IRI {value} has no scheme (the part before the colon, such as https:).",
            "Send the whole IRI, for example {suggestion}.",
        ),
    ),
    "iri.uuid": Rule(
        "xAPI-Data 2.2",
        _DATA_TYPE,
        Wording(
            "{value} là UUID trần, không phải IRI.",
            "Thêm tiền tố urn:uuid: để thành {suggestion}.",
        ),
        Wording(
            "{value} is a bare UUID, not an IRI.",
            "Put urn:uuid: before it: {suggestion}.",
        ),
    ),
    "iri.character": Rule(
        "xAPI-Data 4.3",
        _DATA_TYPE,
        Wording(
            "IRI {value} chứa ký tự không được phép {character} ở vị trí {offset}.",
            "Mã hóa phần trăm (percent-encoding) ký tự đó: {suggestion}.",
        ),
        Wording(
            "The IRI {value} holds the character {character} at offset {offset}, "
            "which is not allowed.",
            "Percent-encode it: {suggestion}.",
        ),
    ),
    "extensions.key": Rule(
        "xAPI-Data 4.1",
        _DATA_TYPE,
        Wording(
            "Khóa {place} của extensions không phải là IRI.",
            "Đổi khóa thành IRI đầy đủ, ví dụ {suggestion}.",
        ),
        Wording(
            "The extensions key {place} is not an IRI.",
            "Make the key a whole IRI, for example {suggestion}.",
        ),
    ),
    "uuid": Rule(
        "xAPI-Data 4.4",
        _DATA_TYPE,
        Wording(
            "{value} không phải là UUID ở dạng chuẩn.",
            "Gửi 32 chữ số thập lục phân chia nhóm 8-4-4-4-12, "
            "ví dụ 12345678-1234-5678-1234-567812345678.",
        ),
        Wording(
            "{value} is not a UUID in its standard form.",
            "Send 32 hexadecimal digits grouped 8-4-4-4-12, "
            "for example 12345678-1234-5678-1234-567812345678.",
        ),
    ),
    "timestamp": Rule(
        "xAPI-Data 4.5",
        _DATA_TYPE,
        Wording(
            "{value} không phải là thời điểm ISO 8601 có thật.",
            "Gửi ngày, chữ T, giờ và múi giờ, ví dụ 2026-03-14T09:30:00.000+07:00.",
        ),
        Wording(
            "{value} is not an ISO 8601 date and time that exists.",
            "Send date, the letter T, time and time zone, "
            "for example 2026-03-14T09:30:00.000+07:00.",
        ),
    ),
    "timestamp.negative_zero": Rule(
        "xAPI-Data 4.5",
        _DATA_TYPE,
        Wording(
            "Thời điểm {value} có độ lệch múi giờ âm bằng không, nghĩa là không rõ múi giờ.",
            "Thay phần cuối {offset} bằng Z hoặc +00:00 nếu là giờ UTC: {suggestion}.",
        ),
        Wording(
            "The timestamp {value} has the offset minus zero, which means an unknown time zone.",
            "Replace the final {offset} by Z or +00:00 if it is UTC: {suggestion}.",
        ),
    ),
    "timestamp.rfc3339": Rule(
        "xAPI-Data 4.5",
        _DATA_TYPE,
        Wording(
            "Thời điểm {value} chưa theo RFC 3339, là dạng mà xAPI 2.0 yêu cầu.",
            "Ghi đủ năm-tháng-ngày, chữ T, giờ:phút:giây và múi giờ (Z hoặc ±hh:mm), "
            "ví dụ 2026-03-14T09:30:00.000+07:00.",
        ),
        Wording(
            "The timestamp {value} is not in the RFC 3339 form that xAPI 2.0 requires.",
            "Write year-month-day, the letter T, hours:minutes:seconds and a time zone "
            "(Z or ±hh:mm), for example 2026-03-14T09:30:00.000+07:00.",
        ),
    ),
    "duration": Rule(
        "xAPI-Data 4.6",
        _DATA_TYPE,
        Wording(
            "{value} không phải là khoảng thời gian ISO 8601.",
            "Viết như PT1H30M (1 giờ 30 phút), PT45.5S hoặc P3DT4H.",
        ),
        Wording(
            "{value} is not an ISO 8601 duration.",
            "Write it as PT1H30M (1 hour 30 minutes), PT45.5S or P3DT4H.",
        ),
    ),
    "duration.weeks": Rule(
        "xAPI-Data 4.6",
        _DATA_TYPE,
        Wording(
            "Khoảng thời gian {value} ghép tuần với đơn vị khác.",
            "Tuần phải đứng một mình như P4W; nếu không, đổi tuần ra ngày, ví dụ P4W1D thành P29D.",
        ),
        Wording(
            "The duration {value} joins weeks with another unit.",
            "Weeks stand alone, as in P4W; otherwise turn them into days: P4W1D is P29D.",
        ),
    ),
    "language_tag": Rule(
        "xAPI-Data 2.4.6",
        _CONTEXT,
        Wording(
            "{value} không phải là thẻ ngôn ngữ RFC 5646.",
            "Gửi thẻ như vi, vi-VN hoặc en-US.",
        ),
        Wording(
            "{value} is not an RFC 5646 language tag.", "Send a tag such as vi, vi-VN or en-US."
        ),
    ),
    "language_map.key": Rule(
        "xAPI-Data 4.2",
        _DATA_TYPE,
        Wording(
            "Khóa {place} không phải là thẻ ngôn ngữ RFC 5646.",
            "Đổi khóa thành thẻ như vi, vi-VN hoặc en-US; chưa rõ ngôn ngữ thì dùng und.",
        ),
        Wording(
            "The key {place} is not an RFC 5646 language tag.",
            "Make the key a tag such as vi, vi-VN or en-US; und if the language is unknown.",
        ),
    ),
    "mbox": Rule(
        "xAPI-Data 2.4.2.3",
        _ACTOR,
        Wording(
            "{value} không phải là một địa chỉ thư điện tử dạng mailto:.",
            "Gửi mailto: và đúng một địa chỉ, ví dụ mailto:an@example.org.",
        ),
        Wording(
            "{value} is not an e-mail address in mailto: form.",
            "Send mailto: and exactly one address, for example mailto:an@example.org.",
        ),
    ),
    "mbox.scheme": Rule(
        "xAPI-Data 2.4.2.3",
        _ACTOR,
        Wording("mbox {value} thiếu mailto: ở đầu.", "Đổi thành {suggestion}."),
        Wording("The mbox {value} lacks mailto: at its start.", "Change it to {suggestion}."),
    ),
    "mbox_sha1sum": Rule(
        "xAPI-Data 2.4.2.3",
        _ACTOR,
        Wording(
            "{value} không phải là mã băm SHA-1 dạng thập lục phân.",
            "Gửi 40 chữ số thập lục phân: SHA-1 của toàn bộ IRI mailto:, kể cả chữ mailto:.",
        ),
        Wording(
            "{value} is not a SHA-1 digest in hexadecimal.",
            "Send 40 hexadecimal digits: the SHA-1 of the whole mailto: IRI, scheme included.",
        ),
    ),
    "version": Rule(
        "xAPI-Data 2.4.10",
        "IEEE 9274.1.1 4.2.4.3",
        Wording(
            "Phiên bản {value} của bản ghi không được chấp nhận.",
            "Bỏ version để máy chủ tự ghi, hoặc gửi {suggestion}.",
        ),
        Wording(
            "The statement version {value} is not accepted.",
            "Leave version out so that the store sets it, or send {suggestion}.",
        ),
    ),
    "sha2": Rule(
        "xAPI-Data 2.4.11",
        _ATTACHMENT,
        Wording(
            "{value} không phải là mã băm SHA-2 dạng thập lục phân.",
            "Gửi SHA-256 của tệp đính kèm, gồm 64 chữ số thập lục phân.",
        ),
        Wording(
            "{value} is not a SHA-2 digest in hexadecimal.",
            "Send the SHA-256 of the attachment as 64 hexadecimal digits.",
        ),
    ),
    "media_type": Rule(
        "xAPI-Data 2.4.11",
        _ATTACHMENT,
        Wording(
            "{value} không phải là kiểu nội dung Internet.",
            "Gửi kiểu và kiểu con, ví dụ application/pdf hoặc text/plain; charset=utf-8.",
        ),
        Wording(
            "{value} is not an Internet media type.",
            "Send type and subtype, for example application/pdf or text/plain; charset=utf-8.",
        ),
    ),
    "attachment.length": Rule(
        "xAPI-Data 2.4.11",
        _ATTACHMENT,
        Wording(
            "length {value} không phải là số byte.",
            "Gửi kích thước tệp đính kèm tính bằng byte: một số nguyên không âm.",
        ),
        Wording(
            "The length {value} is not a number of octets.",
            "Send the size of the attachment in octets: an integer of 0 or more.",
        ),
    ),
    # ---- required properties
    "statement.required": _required("xAPI-Data 2.2", "IEEE 9274.1.1 4.2.2"),
    "verb.required": _required("xAPI-Data 2.4.3", "IEEE 9274.1.1 4.2.2.2"),
    "activity.required": _required("xAPI-Data 2.4.4.1", _OBJECT),
    "component.required": _required("xAPI-Data 2.4.4.1", _OBJECT),
    "statement_ref.required": _required("xAPI-Data 2.4.4.3", _OBJECT),
    "account.required": _required("xAPI-Data 2.4.2.4", _ACTOR),
    "attachment.required": _required("xAPI-Data 2.4.11", _ATTACHMENT),
    "context_agent.required": _required("xAPI-Data 2.4.6", _CONTEXT),
    "context_group.required": _required("xAPI-Data 2.4.6", _CONTEXT),
    # ---- agents and groups
    "agent.identifier_required": Rule(
        "xAPI-Data 2.4.2.1",
        _ACTOR,
        Wording(
            "Agent không có định danh.",
            "Thêm đúng một trong các thuộc tính mbox, mbox_sha1sum, openid, account.",
        ),
        Wording(
            "The Agent has no identifier.",
            "Add exactly one of mbox, mbox_sha1sum, openid, account.",
        ),
    ),
    "agent.identifier_single": Rule(
        "xAPI-Data 2.4.2.1, 2.4.2.2",
        _ACTOR,
        Wording(
            "Có nhiều định danh cùng lúc: {identifiers}.",
            "Chỉ giữ lại một trong các thuộc tính {identifiers}.",
        ),
        Wording(
            "There are several identifiers at once: {identifiers}.",
            "Keep only one of {identifiers}.",
        ),
    ),
    "agent.member": Rule(
        "xAPI-Data 2.4.2.1",
        _ACTOR,
        Wording(
            "Agent không có thành viên; chỉ Group mới có member.",
            'Thêm "objectType": "Group" nếu đây là một nhóm; nếu là một người thì bỏ member.',
        ),
        Wording(
            "An Agent has no members; only a Group has member.",
            'Add "objectType": "Group" if this is a group; remove member if it is a person.',
        ),
    ),
    "agent.anonymous": Rule(
        "xAPI-Data 2.4.2.2",
        _ACTOR,
        Wording(
            "Không thể hỏi theo nhóm ẩn danh, vì hai nhóm ẩn danh luôn khác nhau.",
            "Thêm định danh của nhóm: mbox, mbox_sha1sum, openid hoặc account.",
        ),
        Wording(
            "An anonymous group cannot be asked for: two of them are always distinct.",
            "Add the identifier of the group: mbox, mbox_sha1sum, openid or account.",
        ),
    ),
    "group.member_required": Rule(
        "xAPI-Data 2.4.2.2",
        _ACTOR,
        Wording(
            "Nhóm ẩn danh không có thành viên nào.",
            "Thêm member với ít nhất một Agent, hoặc thêm định danh của nhóm.",
        ),
        Wording(
            "The anonymous Group has no members.",
            "Add member with at least one Agent, or add an identifier of the group.",
        ),
    ),
    "authority.group": Rule(
        "xAPI-Data 2.4.9",
        "IEEE 9274.1.1 4.2.4.2",
        Wording(
            "authority là Group nhưng không phải nhóm ẩn danh gồm đúng hai Agent.",
            "Gửi authority là một Agent, hoặc bỏ hẳn authority để máy chủ tự ghi.",
        ),
        Wording(
            "The authority is a Group, but not an anonymous one of exactly two Agents.",
            "Send an Agent as authority, or leave authority out so that the store sets it.",
        ),
    ),
    # ---- objects
    "sub_statement.property": Rule(
        "xAPI-Data 2.4.4.3",
        _OBJECT,
        Wording("SubStatement không được có {place}.", "Bỏ {place} khỏi SubStatement."),
        Wording("A SubStatement must not have {place}.", "Remove {place} from the SubStatement."),
    ),
    "sub_statement.nested": Rule(
        "xAPI-Data 2.4.4.3",
        _OBJECT,
        Wording(
            "SubStatement nằm trong một SubStatement khác.",
            "Dùng Activity, Agent, Group hoặc StatementRef làm object của SubStatement.",
        ),
        Wording(
            "A SubStatement holds another SubStatement.",
            "Let the object of the SubStatement be an Activity, Agent, Group or StatementRef.",
        ),
    ),
    "interaction.type": Rule(
        "xAPI-Data 2.4.4.1",
        _OBJECT,
        Wording(
            "interactionType {value} không có trong danh sách của xAPI.",
            "Đổi thành {suggestion}. Các giá trị được phép: {allowed}.",
        ),
        Wording(
            "The interactionType {value} is not one that xAPI lists.",
            "Change it to {suggestion}. Allowed values: {allowed}.",
        ),
    ),
    "interaction.type_required": Rule(
        "xAPI-Data 2.4.4.1",
        _OBJECT,
        Wording(
            "definition có {properties} nhưng thiếu interactionType.",
            "Thêm interactionType, là một trong: {allowed}.",
        ),
        Wording(
            "The definition has {properties} but no interactionType.",
            "Add interactionType, one of: {allowed}.",
        ),
    ),
    "interaction.component_distinct": Rule(
        "xAPI-Data 2.4.4.1",
        _OBJECT,
        Wording(
            "id {value} đã được dùng cho một phần tử khác trong cùng danh sách.",
            "Đặt cho mỗi phần tử của danh sách một id khác nhau.",
        ),
        Wording(
            "The id {value} is used by an earlier component of the same list.",
            "Give every component of the list an id of its own.",
        ),
    ),
    # ---- results
    "score.scaled": Rule(
        "xAPI-Data 2.4.5.1",
        _RESULT,
        Wording(
            "score.scaled {value} nằm ngoài khoảng từ -1 đến 1.",
            "Chia cho điểm tối đa để có số từ -1 đến 1; gửi điểm gốc trong raw, min, max.",
        ),
        Wording(
            "The score.scaled {value} is outside -1 to 1.",
            "Divide by the highest score; send the original one as raw, min, max.",
        ),
    ),
    "score.range": Rule(
        "xAPI-Data 2.4.5.1",
        _RESULT,
        Wording(
            "score.min {minimum} không nhỏ hơn score.max {maximum}.",
            "Gửi min nhỏ hơn max, hoặc bỏ một trong hai.",
        ),
        Wording(
            "score.min {minimum} is not less than score.max {maximum}.",
            "Send min less than max, or leave one of them out.",
        ),
    ),
    "score.raw": Rule(
        "xAPI-Data 2.4.5.1",
        _RESULT,
        Wording(
            "score.raw {value} nằm ngoài khoảng từ min {minimum} đến max {maximum}.",
            "Gửi raw nằm giữa min và max, hoặc sửa min và max cho đúng thang điểm.",
        ),
        Wording(
            "score.raw {value} is outside min {minimum} to max {maximum}.",
            "Send raw between min and max, or correct min and max.",
        ),
    ),
    # ---- context and the statement as a whole
    "context.activity_only": Rule(
        "xAPI-Data 2.4.6",
        _CONTEXT,
        Wording(
            "context có {place} trong khi object thuộc loại {object_type}, không phải Activity.",
            "Bỏ {place} khỏi context.",
        ),
        Wording(
            "The context has {place} although the object is of type {object_type}, not Activity.",
            "Remove {place} from the context.",
        ),
    ),
    "context.version": Rule(
        "xAPI-Data 2.4.6",
        _CONTEXT,
        Wording(
            "{place} chỉ có trong xAPI 2.0, còn yêu cầu này theo xAPI 1.0.x.",
            "Gửi tiêu đề X-Experience-API-Version: 2.0.0, hoặc dùng instructor và team.",
        ),
        Wording(
            "{place} exists in xAPI 2.0 only, and this request follows xAPI 1.0.x.",
            "Send the header X-Experience-API-Version: 2.0.0, or use instructor and team.",
        ),
    ),
    "context.relevant_types": Rule(
        "xAPI-Data 2.4.6",
        _CONTEXT,
        Wording(
            "relevantTypes là mảng rỗng.",
            "Thêm ít nhất một IRI, hoặc bỏ hẳn relevantTypes.",
        ),
        Wording(
            "relevantTypes is an empty array.",
            "Add at least one IRI, or leave relevantTypes out.",
        ),
    ),
    "voiding.object": Rule(
        "xAPI-Data 2.3.2",
        "IEEE 9274.1.1 4.2.5",
        Wording(
            "Bản ghi hủy (động từ voided) phải có object là StatementRef.",
            'Gửi object dạng {{"objectType": "StatementRef", "id": "UUID của bản ghi cần hủy"}}.',
        ),
        Wording(
            "A voiding statement (verb voided) must have a StatementRef as its object.",
            'Send {{"objectType": "StatementRef", "id": "UUID of the statement to void"}} '
            "as the object.",
        ),
    ),
}
