"""Every rule a request can break, on one page, worded in Vietnamese and in English.

What a body may say is in ``schemas.rules``; this is what a request may do: its headers, parameters
and credential, what the store holds already, and how much it takes at once. The same conventions
hold.
"""

from collections.abc import Mapping
from typing import Final

from schemas.rules import Rule, Wording

_ERRORS: Final = ("xAPI-Communication 3.2", "IEEE 9274.1.1 4.1.5")
_ENCODING: Final = ("xAPI-Communication 1.4", "IEEE 9274.1.1 4.1.2")
_FORM: Final = ("xAPI-Communication 1.3", "IEEE 9274.1.1 4.1.5")
_VALUE: Final = ("xAPI-Data 2.2", "IEEE 9274.1.1 4.1.6")
_VERSIONING: Final = ("xAPI-Communication 3.3", "IEEE 9274.1.1 4.1.7")
_AUTHENTICATION: Final = ("xAPI-Communication 4.0", "IEEE 9274.1.1 4.1.8")
_PERMISSION: Final = ("xAPI-Communication 3.2, 4.2", "IEEE 9274.1.1 4.1.5")
_STATEMENTS: Final = ("xAPI-Communication 2.1.1, 2.1.2", "IEEE 9274.1.1 4.1.6.1")
_QUERY: Final = ("xAPI-Communication 2.1.3", "IEEE 9274.1.1 4.1.6.1")
_CONTENT_TYPE: Final = ("xAPI-Communication 1.5", "IEEE 9274.1.1 4.1.3")
_MULTIPART: Final = ("xAPI-Communication 1.5.2, RFC 2046", "IEEE 9274.1.1 4.1.3, RFC 2046")
_SIGNATURE: Final = ("xAPI-Data 2.6", "IEEE 9274.1.1 4.2.6")
_DOCUMENT: Final = ("xAPI-Communication 2.2", "IEEE 9274.1.1 4.1.6")
_SESSION: Final = ("RFC 6265, RFC 6750", "RFC 6265, RFC 6750")
_LOG: Final = ("C2SP tlog-tiles", "C2SP tlog-tiles")
_PROOF: Final = ("C2SP tlog-proof", "C2SP tlog-proof")
_API: Final = ("RFC 9110 15.5.1", "RFC 9110 15.5.1")
_CONCURRENCY: Final = ("xAPI-Communication 3.1", "IEEE 9274.1.1 4.1.4")

_CURL_VI: Final = "Gửi Authorization: Basic và base64 của “khóa:mã bí mật”, như curl -u KHÓA:MÃ."
_CURL_EN: Final = "Send Authorization: Basic and the base64 of “key:secret”, as curl -u KEY:SECRET."

RULES: Final[Mapping[str, Rule]] = {
    # ---- the body on its way in
    "content-encoding": Rule(
        "RFC 9110 8.4",
        "RFC 9110 8.4",
        Wording(
            "Nội dung được nén hoặc mã hóa kiểu {value}; máy chủ chỉ đọc nội dung nguyên dạng.",
            "Gửi nội dung không nén và bỏ header Content-Encoding.",
        ),
        Wording(
            "The body is coded as {value}; only a body as it is can be read here.",
            "Send the body uncompressed and leave Content-Encoding out.",
        ),
    ),
    "body-too-large": Rule(
        *_ERRORS,
        Wording(
            "Nội dung dài {value} byte; giới hạn là {limit} byte.",
            "Chia thành nhiều yêu cầu nhỏ hơn, hoặc nhờ quản trị viên tăng LRS_MAX_BODY_BYTES.",
        ),
        Wording(
            "The body has {value} bytes; the limit is {limit} bytes.",
            "Divide it into smaller requests, or have LRS_MAX_BODY_BYTES raised.",
        ),
    ),
    "body-too-slow": Rule(
        *_ERRORS,
        Wording(
            "Nội dung chưa đến đủ sau {seconds} giây.",
            "Gửi lại; nếu đường truyền chậm thì chia thành nhiều yêu cầu nhỏ hơn.",
        ),
        Wording(
            "The body had not arrived whole after {seconds} seconds.",
            "Send it again; over a slow line, divide it into smaller requests.",
        ),
    ),
    "content-type-unreadable": Rule(
        *_DOCUMENT,
        Wording(
            "Content-Type {value} có ký tự mà một header không chứa được.",
            "Gửi một kiểu nội dung như application/json hoặc text/plain; charset=utf-8.",
        ),
        Wording(
            "The Content-Type {value} has characters no header can hold.",
            "Send a media type such as application/json or text/plain; charset=utf-8.",
        ),
    ),
    # ---- parameters
    "query-unreadable": Rule(
        *_ENCODING,
        Wording(
            "Không đọc được tham số: {value} không phải UTF-8 mã hóa phần trăm, hoặc có quá 100"
            " tham số.",
            "Mã hóa tên và giá trị bằng UTF-8 rồi mã hóa phần trăm (encodeURIComponent).",
        ),
        Wording(
            "The parameters cannot be read: {value} is not percent-encoded UTF-8, or has more than"
            " 100 parameters.",
            "Encode names and values as UTF-8, then percent-encode them (encodeURIComponent).",
        ),
    ),
    "parameter-twice": Rule(
        *_ERRORS,
        Wording("Tham số {parameter} được gửi nhiều lần.", "Chỉ gửi tham số {parameter} một lần."),
        Wording("The parameter {parameter} is sent more than once.", "Send {parameter} once only."),
    ),
    "parameter-unknown": Rule(
        *_ERRORS,
        Wording(
            "Tham số {parameter} không dùng được ở đây. Các tham số dùng được: {known}.",
            "Bỏ {parameter}, hoặc viết đúng tên, kể cả chữ hoa và chữ thường.",
        ),
        Wording(
            "The parameter {parameter} is not known here. Those that are: {known}.",
            "Leave {parameter} out, or write the name it should have, letter case included.",
        ),
    ),
    "parameter-case": Rule(
        *_ERRORS,
        Wording(
            "Tham số {parameter} viết sai chữ hoa, chữ thường.",
            "Viết đúng là {meant}.",
        ),
        Wording(
            "The parameter {parameter} is written in the wrong letter case.",
            "Write {meant}.",
        ),
    ),
    "parameter-missing": Rule(
        *_ERRORS,
        Wording(
            "Thiếu tham số bắt buộc {parameter}.", "Thêm tham số {parameter} vào địa chỉ yêu cầu."
        ),
        Wording(
            "The required parameter {parameter} is missing.",
            "Add the parameter {parameter} to the address of the request.",
        ),
    ),
    "parameter-json": Rule(
        *_VALUE,
        Wording(
            "Tham số {parameter} không phải văn bản JSON: {value}.",
            'Gửi một đối tượng JSON đã mã hóa phần trăm, như {{"mbox": "mailto:an@example.vn"}}.',
        ),
        Wording(
            "The parameter {parameter} is not JSON text: {value}.",
            'Send a percent-encoded JSON object such as {{"mbox": "mailto:an@example.vn"}}.',
        ),
    ),
    "parameter-anonymous": Rule(
        *_QUERY,
        Wording(
            "Tham số {parameter} là một nhóm ẩn danh; hai nhóm ẩn danh luôn khác nhau.",
            "Thêm định danh của nhóm: mbox, mbox_sha1sum, openid hoặc account.",
        ),
        Wording(
            "The parameter {parameter} is an anonymous group; two of them are always distinct.",
            "Add the identifier of the group: mbox, mbox_sha1sum, openid or account.",
        ),
    ),
    "agent-not-group": Rule(
        "xAPI-Communication 2.3, 2.4, 2.6",
        "IEEE 9274.1.1 4.1.6.2, 4.1.6.3, 4.1.6.5",
        Wording(
            "Cần một Agent, không phải Group.",
            'Gửi "objectType": "Agent" cùng định danh; có thể dùng định danh của chính nhóm đó.',
        ),
        Wording(
            "An Agent is wanted here, not a Group.",
            'Send "objectType": "Agent" and its identifier, which may be the one of the group.',
        ),
    ),
    "parameter-iri": Rule(
        *_VALUE,
        Wording(
            "Tham số {parameter} không phải IRI: {value}.",
            "Gửi một IRI đầy đủ, có phần đầu như https:, và mã hóa phần trăm.",
        ),
        Wording(
            "The parameter {parameter} is not an IRI: {value}.",
            "Send a whole IRI with its scheme, such as https:, percent-encoded.",
        ),
    ),
    "parameter-uuid": Rule(
        *_VALUE,
        Wording(
            "Tham số {parameter} không phải UUID: {value}.",
            "Gửi UUID dạng chuẩn, như 6690e6c9-3ef0-4ed3-8b37-7f3964730bee.",
        ),
        Wording(
            "The parameter {parameter} is not a UUID: {value}.",
            "Send a UUID in its standard form, as 6690e6c9-3ef0-4ed3-8b37-7f3964730bee.",
        ),
    ),
    "parameter-timestamp": Rule(
        *_VALUE,
        Wording(
            "Tham số {parameter} không phải thời điểm hợp lệ: {value}.",
            "Gửi dạng 2026-11-30T17:00:00.000Z; dấu + của múi giờ phải viết là %2B.",
        ),
        Wording(
            "The parameter {parameter} is not a timestamp: {value}.",
            "Send the form 2026-11-30T17:00:00.000Z; the + of a time zone is to be written %2B.",
        ),
    ),
    "parameter-boolean": Rule(
        *_QUERY,
        Wording(
            "Tham số {parameter} phải là true hoặc false, không phải {value}.",
            "Gửi {parameter}=true hoặc {parameter}=false.",
        ),
        Wording(
            "The parameter {parameter} is true or false, not {value}.",
            "Send {parameter}=true or {parameter}=false.",
        ),
    ),
    "parameter-limit": Rule(
        *_QUERY,
        Wording(
            "Tham số {parameter} phải là số nguyên không âm, không phải {value}.",
            "Gửi số bản ghi mỗi trang, như {parameter}=100; {parameter}=0 là mức lớn nhất.",
        ),
        Wording(
            "The parameter {parameter} is a nonnegative integer, not {value}.",
            "Send the statements of a page, as {parameter}=100; {parameter}=0 is the maximum.",
        ),
    ),
    "parameter-format": Rule(
        *_QUERY,
        Wording("Không có dạng {value}.", "Gửi format=exact, format=ids hoặc format=canonical."),
        Wording(
            "There is no format {value}.", "Send format=exact, format=ids or format=canonical."
        ),
    ),
    "both-statement-ids": Rule(
        *_QUERY,
        Wording(
            "statementId và voidedStatementId được gửi cùng lúc.",
            "Chỉ gửi một trong hai; voidedStatementId dành cho bản ghi đã bị hủy.",
        ),
        Wording(
            "statementId and voidedStatementId are sent together.",
            "Send one of them; voidedStatementId is for a statement that was voided.",
        ),
    ),
    "filter-with-statement-id": Rule(
        *_QUERY,
        Wording(
            "Tham số {parameter} không đi cùng statementId hoặc voidedStatementId.",
            "Bỏ {parameter}; bên cạnh hai tham số đó chỉ được có format và attachments.",
        ),
        Wording(
            "The parameter {parameter} does not go with statementId or voidedStatementId.",
            "Leave {parameter} out; only format and attachments may stand beside those two.",
        ),
    ),
    "more-unreadable": Rule(
        *_QUERY,
        Wording(
            "Liên kết trang sau không phải do kho này cấp, hoặc đã bị sửa.",
            "Dùng nguyên văn liên kết more của trang trước, hoặc hỏi lại từ đầu.",
        ),
        Wording(
            "This link to more was not given out by this store, or was changed.",
            "Use the more link of the page before exactly as it is, or ask again from the start.",
        ),
    ),
    "since-with-id": Rule(
        "xAPI-Communication 2.3, 2.6, 2.7",
        "IEEE 9274.1.1 4.1.6.2, 4.1.6.5, 4.1.6.6",
        Wording(
            "Tham số {parameter} chỉ dùng khi hỏi danh sách, không đi cùng {id}.",
            "Bỏ {parameter} để lấy một tài liệu, hoặc bỏ {id} để lấy danh sách.",
        ),
        Wording(
            "The parameter {parameter} is for asking which documents there are, not with {id}.",
            "Leave {parameter} out to get one document, or {id} to get the list.",
        ),
    ),
    # ---- the alternate request syntax
    "alternate-not-post": Rule(
        *_FORM,
        Wording(
            "Tham số method chỉ dùng với POST, không dùng với {value}.",
            "Gửi POST kèm ?method=…, hoặc bỏ tham số method.",
        ),
        Wording(
            "The parameter method goes with POST only, not with {value}.",
            "Send a POST with ?method=…, or leave method out.",
        ),
    ),
    "alternate-extra-parameter": Rule(
        *_FORM,
        Wording(
            "Bên cạnh method, địa chỉ yêu cầu không được có tham số {parameter}.",
            "Chuyển {parameter} vào biểu mẫu trong nội dung.",
        ),
        Wording(
            "Beside method the address must not have the parameter {parameter}.",
            "Move {parameter} into the form in the body.",
        ),
    ),
    "alternate-method": Rule(
        *_FORM,
        Wording(
            "Không có phương thức {value}.",
            "Gửi method=GET, PUT, POST, DELETE hoặc HEAD, viết hoa.",
        ),
        Wording(
            "There is no method {value}.",
            "Send method=GET, PUT, POST, DELETE or HEAD, in capitals.",
        ),
    ),
    "alternate-version": Rule(
        *_FORM,
        Wording(
            "xAPI 2.0 không còn cách gửi yêu cầu bằng biểu mẫu với tham số method.",
            "Gửi header, tham số và nội dung theo cách thường, hoặc dùng phiên bản 1.0.3.",
        ),
        Wording(
            "xAPI 2.0 has no requests in a form with the parameter method.",
            "Send headers, parameters and content the usual way, or use version 1.0.3.",
        ),
    ),
    "alternate-form": Rule(
        *_FORM,
        Wording(
            "Nội dung của yêu cầu có method không phải biểu mẫu.",
            "Gửi các header, tham số và content dưới dạng application/x-www-form-urlencoded.",
        ),
        Wording(
            "The body of a request with method is not a form.",
            "Send headers, parameters and content as application/x-www-form-urlencoded.",
        ),
    ),
    "alternate-no-content": Rule(
        *_FORM,
        Wording(
            "Biểu mẫu không có trường content.",
            "Đặt nội dung cần gửi vào trường content, mã hóa UTF-8.",
        ),
        Wording(
            "The form has no field content.",
            "Put what is to be sent into the field content, as UTF-8.",
        ),
    ),
    # ---- version
    "version-missing": Rule(
        *_VERSIONING,
        Wording(
            "Thiếu header X-Experience-API-Version.",
            "Gửi X-Experience-API-Version với một trong các phiên bản: {supported}.",
        ),
        Wording(
            "The header X-Experience-API-Version is missing.",
            "Send X-Experience-API-Version with one of these versions: {supported}.",
        ),
    ),
    "version-unsupported": Rule(
        *_VERSIONING,
        Wording(
            "Kho này không hỗ trợ xAPI phiên bản {value}.",
            "Gửi X-Experience-API-Version với một trong các phiên bản: {supported}.",
        ),
        Wording(
            "This store does not speak version {value} of xAPI.",
            "Send X-Experience-API-Version with one of these versions: {supported}.",
        ),
    ),
    # ---- who asks, and what they may
    "not-authenticated": Rule(
        *_AUTHENTICATION,
        Wording("Yêu cầu không có thông tin xác thực.", _CURL_VI),
        Wording("The request has no credential.", _CURL_EN),
    ),
    "credential-malformed": Rule(
        *_AUTHENTICATION,
        Wording("Không đọc được header Authorization.", _CURL_VI),
        Wording("The Authorization header cannot be read.", _CURL_EN),
    ),
    "credential-unknown": Rule(
        *_AUTHENTICATION,
        Wording(
            "Khóa hoặc mã bí mật không đúng.",
            "Kiểm tra lại cả hai; nếu mất mã bí mật, nhờ quản trị viên cấp mã mới.",
        ),
        Wording(
            "The key or the secret is wrong.",
            "Check both; if the secret is lost, have a new one issued.",
        ),
    ),
    "credential-revoked": Rule(
        *_AUTHENTICATION,
        Wording(
            "Thông tin xác thực này đã bị thu hồi.", "Nhờ quản trị viên cấp khóa và mã bí mật mới."
        ),
        Wording("This credential was revoked.", "Have a new key and secret issued."),
    ),
    "credential-expired": Rule(
        *_AUTHENTICATION,
        Wording(
            "Mã bí mật này đã hết hạn lúc {value}.",
            "Dùng mã bí mật mới; nếu chưa có, nhờ quản trị viên cấp.",
        ),
        Wording(
            "This secret expired at {value}.",
            "Use the new one; if there is none, have it issued.",
        ),
    ),
    "not-permitted": Rule(
        *_PERMISSION,
        Wording(
            "Thông tin xác thực không có quyền làm việc này. Quyền hiện có: {value}.",
            "Cần một trong các quyền: {needed}. Nhờ quản trị viên cấp.",
        ),
        Wording(
            "The credential may not do this. Its scopes are {value}.",
            "One of these scopes is needed: {needed}. Have a credential with it issued.",
        ),
    ),
    "void-not-permitted": Rule(
        "xAPI-Data 2.3.2",
        "IEEE 9274.1.1 4.2.5",
        Wording(
            "Không được hủy bản ghi {value}: bản ghi này do thông tin xác thực khác gửi.",
            "Hủy bằng thông tin xác thực đã gửi bản ghi, hoặc bằng thông tin có quyền all.",
        ),
        Wording(
            "The statement {value} may not be voided: another credential sent it.",
            "Void it with the credential that sent it, or with one of scope all.",
        ),
    ),
    "rate-limit": Rule(
        *_ERRORS,
        Wording(
            "Thông tin xác thực này gửi quá {rate} yêu cầu mỗi giây.",
            "Gửi lại sau {seconds} giây; gộp nhiều bản ghi vào một yêu cầu.",
        ),
        Wording(
            "This credential sends more requests a second than {rate}.",
            "Send it again after {seconds} s; put many statements into one request.",
        ),
    ),
    # ---- what there is and what can be done with it
    "not-found": Rule(
        *_ERRORS,
        Wording(
            "Địa chỉ này không có gì.",
            "Kiểm tra địa chỉ; các tài nguyên xAPI ở dưới /xapi, như /xapi/statements.",
        ),
        Wording(
            "There is nothing at this address.",
            "Check the address; the xAPI resources are below /xapi, such as /xapi/statements.",
        ),
    ),
    "method-not-allowed": Rule(
        *_ERRORS,
        Wording("Tài nguyên này không nhận {value}.", "Dùng một trong các phương thức: {allowed}."),
        Wording("This resource does not take {value}.", "Use one of these methods: {allowed}."),
    ),
    "no-such-statement": Rule(
        *_QUERY,
        Wording(
            "Không có bản ghi {value}, hoặc thông tin xác thực này không được xem.",
            "Kiểm tra id; bản ghi đã hủy thì hỏi bằng voidedStatementId.",
        ),
        Wording(
            "There is no statement {value}, or this credential may not read it.",
            "Check the id; ask for a voided statement with voidedStatementId.",
        ),
    ),
    "no-such-voided-statement": Rule(
        *_QUERY,
        Wording(
            "Không có bản ghi đã hủy {value}, hoặc thông tin xác thực này không được xem.",
            "Kiểm tra id; bản ghi chưa bị hủy thì hỏi bằng statementId.",
        ),
        Wording(
            "There is no voided statement {value}, or this credential may not read it.",
            "Check the id; ask for a statement that is not voided with statementId.",
        ),
    ),
    "no-such-document": Rule(
        *_DOCUMENT,
        Wording(
            "Không có tài liệu {value} trong ngữ cảnh này.",
            "Kiểm tra id và các tham số; bỏ id để xem danh sách. Tài liệu có registration và không"
            " có registration là hai tài liệu khác nhau.",
        ),
        Wording(
            "There is no document {value} in this context.",
            "Check the id and the parameters; leave the id out to see the list. A document with a"
            " registration and one without are two documents.",
        ),
    ),
    # ---- statements
    "statements-content-type": Rule(
        *_CONTENT_TYPE,
        Wording(
            "Bản ghi không thể gửi với Content-Type {value}.",
            "Gửi application/json, hoặc multipart/mixed; boundary=… nếu có tệp đính kèm.",
        ),
        Wording(
            "Statements cannot be sent with Content-Type {value}.",
            "Send application/json, or multipart/mixed; boundary=… if there are attachments.",
        ),
    ),
    "batch-too-large": Rule(
        *_ERRORS,
        Wording(
            "Yêu cầu có {value} bản ghi; giới hạn là {limit}.",
            "Chia thành nhiều yêu cầu, mỗi yêu cầu tối đa {limit} bản ghi.",
        ),
        Wording(
            "The request has {value} statements; the limit is {limit}.",
            "Divide it into requests of at most {limit} statements.",
        ),
    ),
    "statement-too-many-names": Rule(
        *_ERRORS,
        Wording(
            "Bản ghi nêu {value} tác nhân và hoạt động khác nhau; giới hạn là {limit}.",
            "Chia thành nhiều bản ghi, mỗi bản ghi nêu tối đa {limit} tác nhân và hoạt động.",
        ),
        Wording(
            "The statement names {value} different agents and activities; the limit is {limit}.",
            "Divide it into statements that name at most {limit} agents and activities each.",
        ),
    ),
    "batch-repeats-id": Rule(
        *_STATEMENTS,
        Wording(
            "Id {value} trùng với bản ghi khác trong cùng yêu cầu (tại {first}).",
            "Mỗi bản ghi cần một id riêng; bỏ bản gửi trùng.",
        ),
        Wording(
            "The id {value} is that of another statement of this request (at {first}).",
            "Give each statement an id of its own; leave out what is sent twice.",
        ),
    ),
    "statement-id-mismatch": Rule(
        *_STATEMENTS,
        Wording(
            "Id {value} trong bản ghi khác với tham số statementId.",
            "Gửi cùng một id ở cả hai nơi, hoặc bỏ id trong bản ghi.",
        ),
        Wording(
            "The id {value} in the statement is not that of the parameter statementId.",
            "Send the same id in both places, or leave it out of the statement.",
        ),
    ),
    "put-takes-one": Rule(
        *_STATEMENTS,
        Wording(
            "PUT nhận đúng một bản ghi, không nhận mảng.",
            "Gửi bản ghi đó là một đối tượng, hoặc gửi mảng bằng POST.",
        ),
        Wording(
            "A PUT takes one statement and no array.",
            "Send the statement as an object, or the array with POST.",
        ),
    ),
    "statement-conflict": Rule(
        *_STATEMENTS,
        Wording("Đã có bản ghi khác mang id {value}.", "Gửi bản ghi này với id mới."),
        Wording("Another statement has the id {value}.", "Send this one with a new id."),
    ),
    # ---- attachments
    "first-part-not-json": Rule(
        *_MULTIPART,
        Wording(
            "Phần đầu tiên có kiểu {value}, không phải application/json.",
            "Đặt các bản ghi vào phần đầu tiên với Content-Type: application/json.",
        ),
        Wording(
            "The first part is of type {value}, not application/json.",
            "Put the statements into the first part with Content-Type: application/json.",
        ),
    ),
    "multipart-no-boundary": Rule(
        *_MULTIPART,
        Wording(
            "Content-Type {value} không có boundary.",
            "Gửi multipart/mixed; boundary=… với chuỗi ngăn cách các phần của nội dung.",
        ),
        Wording(
            "The Content-Type {value} has no boundary.",
            "Send multipart/mixed; boundary=… with what separates the parts of the body.",
        ),
    ),
    "multipart-boundary-not-found": Rule(
        *_MULTIPART,
        Wording(
            "Không thấy chuỗi ngăn cách {value} trong nội dung.",
            "Mở đầu mỗi phần bằng một dòng gồm -- và đúng chuỗi boundary trong header.",
        ),
        Wording(
            "The boundary {value} is not found in the body.",
            "Begin each part with a line of -- and the boundary exactly as in the header.",
        ),
    ),
    "multipart-truncated": Rule(
        *_MULTIPART,
        Wording(
            "Nội dung bị cắt cụt: không có dòng kết thúc của {value}.",
            "Gửi lại toàn bộ; kết thúc bằng dòng gồm --, boundary rồi --.",
        ),
        Wording(
            "The body is cut off: the closing line of {value} is missing.",
            "Send it whole; end it with a line of --, the boundary and --.",
        ),
    ),
    "multipart-empty": Rule(
        *_MULTIPART,
        Wording(
            "Nội dung nhiều phần nhưng không có phần nào.",
            "Đặt các bản ghi vào phần đầu tiên, rồi đến các tệp đính kèm.",
        ),
        Wording(
            "The multipart body has no part.",
            "Put the statements into the first part, the attachments after it.",
        ),
    ),
    "multipart-part-headers": Rule(
        *_MULTIPART,
        Wording(
            "Phần {part} không có dòng trống sau các header.",
            "Chèn một dòng trống giữa header và dữ liệu của phần {part}.",
        ),
        Wording(
            "Part {part} has no empty line after its headers.",
            "Put an empty line between the headers and the data of part {part}.",
        ),
    ),
    "part-not-binary": Rule(
        *_MULTIPART,
        Wording(
            "Phần {part} không có Content-Transfer-Encoding: binary.",
            "Thêm header này và gửi dữ liệu nguyên dạng, không phải base64.",
        ),
        Wording(
            "Part {part} has no Content-Transfer-Encoding: binary.",
            "Add this header and send the data as it is, not as base64.",
        ),
    ),
    "part-no-hash": Rule(
        *_MULTIPART,
        Wording(
            "Phần {part} không có header X-Experience-API-Hash.",
            "Thêm mã băm SHA-2 của dữ liệu, giống sha2 của tệp đính kèm trong bản ghi.",
        ),
        Wording(
            "Part {part} has no header X-Experience-API-Hash.",
            "Add the SHA-2 of the data, which is the sha2 of the attachment in the statement.",
        ),
    ),
    "part-hash-differs": Rule(
        *_MULTIPART,
        Wording(
            "Mã băm {value} không phải của dữ liệu trong phần {part}; của dữ liệu đó là {actual}.",
            "Gửi dữ liệu đúng từng byte, hoặc tính lại mã băm SHA-2 của nó.",
        ),
        Wording(
            "The hash {value} is not that of the data of part {part}, which is {actual}.",
            "Send the data byte for byte, or compute its SHA-2 again.",
        ),
    ),
    "part-not-announced": Rule(
        *_MULTIPART,
        Wording(
            "Không bản ghi nào nhắc đến dữ liệu có mã băm {value}.",
            "Thêm tệp đính kèm có sha2 này vào một bản ghi, hoặc bỏ phần đó.",
        ),
        Wording(
            "No statement announces the data whose hash is {value}.",
            "Add an attachment with this sha2 to a statement, or leave the part out.",
        ),
    ),
    "attachment-no-data": Rule(
        *_MULTIPART,
        Wording(
            "Tệp đính kèm {value} không có dữ liệu đi kèm và cũng không có fileUrl.",
            "Gửi dữ liệu trong một phần của multipart/mixed, hoặc thêm fileUrl.",
        ),
        Wording(
            "The attachment {value} has no data with it and no fileUrl.",
            "Send its data in a part of multipart/mixed, or add fileUrl.",
        ),
    ),
    "attachment-length-differs": Rule(
        *_MULTIPART,
        Wording(
            "length là {value}, khác với độ dài của dữ liệu: {actual} byte.",
            "Ghi length là số byte của dữ liệu được gửi.",
        ),
        Wording(
            "length is {value}, which is not the length of the data: {actual} bytes.",
            "Let length be the number of bytes of the data sent.",
        ),
    ),
    "attachment-type-differs": Rule(
        *_MULTIPART,
        Wording(
            "contentType là {value}, khác với Content-Type của phần chứa dữ liệu: {actual}.",
            "Gửi cùng một kiểu nội dung ở cả hai nơi.",
        ),
        Wording(
            "contentType is {value}, and the Content-Type of the part with the data {actual}.",
            "Send the same media type in both places.",
        ),
    ),
    # ---- signatures
    "signature-type": Rule(
        *_SIGNATURE,
        Wording("Chữ ký có contentType {value}.", "Ghi contentType là application/octet-stream."),
        Wording(
            "The signature has contentType {value}.",
            "Let contentType be application/octet-stream.",
        ),
    ),
    "signature-malformed": Rule(
        *_SIGNATURE,
        Wording(
            "Chữ ký không phải JWS dạng gọn: ba phần base64url không có dấu = ở cuối, ngăn cách"
            " bằng dấu chấm.",
            "Tạo chữ ký bằng thư viện JWS (RFC 7515, compact serialization).",
        ),
        Wording(
            "The signature is no compact JWS: three parts of base64url, without = at their end,"
            " separated by dots.",
            "Let a JWS library make it (RFC 7515, compact serialization).",
        ),
    ),
    "signature-algorithm": Rule(
        *_SIGNATURE,
        Wording("Không chấp nhận thuật toán chữ ký {value}.", "Ký bằng RS256, RS384 hoặc RS512."),
        Wording("The signature algorithm {value} is not accepted.", "Use RS256, RS384 or RS512."),
    ),
    "signature-payload": Rule(
        *_SIGNATURE,
        Wording(
            "Nội dung được ký không phải một đối tượng JSON.",
            "Ký văn bản JSON của bản ghi, trước khi thêm chữ ký vào.",
        ),
        Wording(
            "What is signed is no JSON object.",
            "Sign the JSON text of the statement as it was before the signature was added.",
        ),
    ),
    "signature-differs": Rule(
        *_SIGNATURE,
        Wording(
            "Bản ghi được ký khác với bản ghi được gửi.",
            "Ký đúng bản ghi này, hoặc gửi đúng bản ghi đã ký, cùng id, timestamp và attachments"
            " của nó.",
        ),
        Wording(
            "The statement signed is not the statement sent.",
            "Sign this statement, or send the one that was signed, with its id, timestamp and"
            " attachments.",
        ),
    ),
    "signature-certificate": Rule(
        *_SIGNATURE,
        Wording(
            "Không đọc được chứng thư trong x5c, hoặc khóa của nó không phải RSA.",
            "Gửi các chứng thư X.509 dạng DER, mã hóa base64, chứng thư ký đứng đầu.",
        ),
        Wording(
            "A certificate in x5c cannot be read, or its key is not RSA.",
            "Send X.509 certificates as base64 of DER, the one that signs first.",
        ),
    ),
    "signature-chain": Rule(
        *_SIGNATURE,
        Wording(
            "Chuỗi chứng thư trong x5c bị đứt: không kiểm được rằng mỗi chứng thư do chứng thư kế"
            " tiếp cấp.",
            "Xếp các chứng thư theo thứ tự từ chứng thư ký đến nơi cấp.",
        ),
        Wording(
            "The chain in x5c is broken: it cannot be verified that each certificate was issued by"
            " the next one.",
            "Order the certificates from the one that signs to the one that issues.",
        ),
    ),
    "signature-invalid": Rule(
        *_SIGNATURE,
        Wording(
            "Chữ ký không khớp với chứng thư đầu tiên trong x5c.",
            "Ký lại bằng khóa riêng của chứng thư đó; không sửa JWS sau khi ký.",
        ),
        Wording(
            "The signature does not fit the first certificate in x5c.",
            "Sign again with the private key of that certificate; do not change the JWS after.",
        ),
    ),
    # ---- documents
    "precondition-failed": Rule(
        *_CONCURRENCY,
        Wording(
            'If-Match là {value} nhưng tài liệu hiện có ETag "{etag}".',
            "Đọc lại tài liệu, áp dụng thay đổi lên bản mới, rồi gửi với ETag mới.",
        ),
        Wording(
            'If-Match is {value}, and the ETag of the document is "{etag}".',
            "Read the document again, make the change to what it is now, and send its new ETag.",
        ),
    ),
    "precondition-absent": Rule(
        *_CONCURRENCY,
        Wording(
            "If-Match là {value} nhưng không có tài liệu nào.",
            "Gửi If-None-Match: * để tạo tài liệu mới.",
        ),
        Wording(
            "If-Match is {value}, and there is no document.",
            "Send If-None-Match: * to store a new one.",
        ),
    ),
    "precondition-exists": Rule(
        *_CONCURRENCY,
        Wording(
            'If-None-Match là {value} nhưng đã có tài liệu, với ETag "{etag}".',
            'Đọc tài liệu hiện có; để thay nó, gửi If-Match: "{etag}".',
        ),
        Wording(
            'If-None-Match is {value}, and there is a document, with the ETag "{etag}".',
            'Read what is there; to replace it send If-Match: "{etag}".',
        ),
    ),
    "document-exists": Rule(
        *_CONCURRENCY,
        Wording(
            'Đã có tài liệu mang id này, với ETag "{etag}"; yêu cầu không nói là muốn thay nó.',
            'Xem tài liệu hiện có, rồi gửi If-Match: "{etag}" để thay nó.',
        ),
        Wording(
            'There is a document with this id, its ETag is "{etag}"; the request does not say it'
            " is to be replaced.",
            'Check the current state of the document, then send If-Match: "{etag}" to replace it.',
        ),
    ),
    "precondition-missing": Rule(
        *_CONCURRENCY,
        Wording(
            "PUT một hồ sơ phải có If-Match hoặc If-None-Match.",
            "Gửi If-None-Match: * để tạo mới, hoặc If-Match với ETag của tài liệu cần thay.",
        ),
        Wording(
            "A PUT of a profile needs If-Match or If-None-Match.",
            "Send If-None-Match: * for a new one, or If-Match with the ETag of what it replaces.",
        ),
    ),
    "document-contended": Rule(
        *_ERRORS,
        Wording("Quá nhiều yêu cầu khác đang sửa tài liệu này cùng lúc.", "Gửi lại sau một giây."),
        Wording(
            "Too many others are changing this document at once.", "Send it again in a second."
        ),
    ),
    "posted-not-json": Rule(
        *_DOCUMENT,
        Wording(
            "Đã có tài liệu, và nội dung có kiểu {value} không thể gộp vào nó.",
            "Gửi một đối tượng JSON với Content-Type: application/json, hoặc thay cả tài liệu"
            " bằng PUT.",
        ),
        Wording(
            "There is a document, and content of type {value} cannot be merged into it.",
            "Send a JSON object with Content-Type: application/json, or replace the whole document"
            " with PUT.",
        ),
    ),
    "stored-not-json": Rule(
        *_DOCUMENT,
        Wording("Tài liệu hiện có kiểu {value} nên không gộp được.", "Thay cả tài liệu bằng PUT."),
        Wording(
            "The document is of type {value}, so nothing can be merged into it.",
            "Replace the whole document with PUT.",
        ),
    ),
    "posted-not-object": Rule(
        *_DOCUMENT,
        Wording(
            "Nội dung ghi là application/json nhưng không phải một đối tượng JSON.",
            "Gửi một đối tượng {{ … }}; nội dung khác thì gửi bằng PUT.",
        ),
        Wording(
            "The body is labelled application/json and is no JSON object.",
            "Send an object {{ … }}; send anything else with PUT.",
        ),
    ),
    "stored-not-object": Rule(
        *_DOCUMENT,
        Wording(
            "Tài liệu hiện có ghi là application/json nhưng không phải một đối tượng JSON, nên"
            " không gộp được.",
            "Thay cả tài liệu bằng PUT.",
        ),
        Wording(
            "The document is labelled application/json and is no JSON object, so nothing can be"
            " merged into it.",
            "Replace the whole document with PUT.",
        ),
    ),
    # ---- people who sign in
    "session-missing": Rule(
        *_SESSION,
        Wording(
            "Bạn chưa đăng nhập.",
            "Đăng nhập bằng POST /api/v1/session; khóa xAPI không mở được phần này.",
        ),
        Wording(
            "You are not signed in.",
            "Sign in with POST /api/v1/session; an xAPI credential does not open this part.",
        ),
    ),
    "session-ended": Rule(
        *_SESSION,
        Wording("Phiên đăng nhập đã kết thúc.", "Đăng nhập lại."),
        Wording("The session has ended.", "Sign in again."),
    ),
    "sign-in-failed": Rule(
        *_SESSION,
        Wording(
            "Tên đăng nhập hoặc mật khẩu không đúng.",
            "Kiểm tra lại cả hai; nếu quên mật khẩu, nhờ quản trị viên đặt lại.",
        ),
        Wording(
            "The name or the password is wrong.",
            "Check both; if the password is lost, have another one set.",
        ),
    ),
    "sign-in-too-often": Rule(
        "RFC 6585 4",
        "RFC 6585 4",
        Wording(
            "Đã thử đăng nhập quá nhiều lần.",
            "Thử lại sau {seconds} giây; nếu quên mật khẩu, nhờ quản trị viên đặt lại.",
        ),
        Wording(
            "There were too many attempts to sign in.",
            "Try again after {seconds} seconds; if the password is lost, have another one set.",
        ),
    ),
    "cross-site": Rule(
        "Fetch Metadata, RFC 6454",
        "Fetch Metadata, RFC 6454",
        Wording(
            "Yêu cầu đến từ một trang web khác: {value}.",
            "Gửi từ chính trang của kho, hoặc từ chương trình không phải trình duyệt.",
        ),
        Wording(
            "The request comes from another site: {value}.",
            "Send it from the store's own pages, or from a program that is no browser.",
        ),
    ),
    "role-not-permitted": Rule(
        "RFC 9110 15.5.4",
        "RFC 9110 15.5.4",
        Wording(
            "Tài khoản này không có quyền làm việc này. Vai trò hiện có: {value}.",
            "Cần một trong các vai trò: {needed}. Nhờ quản trị viên cấp.",
        ),
        Wording(
            "This account may not do this. Its roles are {value}.",
            "One of these roles is needed: {needed}. Have it given.",
        ),
    ),
    "permission-missing": Rule(
        "RFC 9110 15.5.4",
        "RFC 9110 15.5.4",
        Wording(
            "Tài khoản này không được phép: {value}.",
            "Nhờ quản trị viên cấp riêng quyền {value} nếu công việc cần đến.",
        ),
        Wording(
            "This account lacks the permission {value}.",
            "Have {value} granted to it, if its work needs that.",
        ),
    ),
    "nothing-there": Rule(
        "RFC 9110 15.5.5",
        "RFC 9110 15.5.5",
        Wording(
            "Không có {value}, hoặc tài khoản này không được biết đến.",
            "Kiểm tra mã; danh sách ở địa chỉ cấp trên cho biết những gì xem được.",
        ),
        Wording(
            "There is no {value}, or not for this account.",
            "Check the id; the list one level up shows what can be seen.",
        ),
    ),
    "password-wrong": Rule(
        *_SESSION,
        Wording("Mật khẩu hiện tại không đúng.", "Nhập lại mật khẩu đang dùng."),
        Wording("The current password is wrong.", "Enter the password used until now."),
    ),
    "password-short": Rule(
        *_SESSION,
        Wording(
            "Mật khẩu quá ngắn.", "Chọn mật khẩu có ít nhất {least} ký tự, như một câu dễ nhớ."
        ),
        Wording(
            "The password is too short.",
            "Choose one of at least {least} characters, such as a sentence.",
        ),
    ),
    "password-long": Rule(
        *_SESSION,
        Wording("Mật khẩu quá dài.", "Chọn mật khẩu có nhiều nhất {most} ký tự."),
        Wording("The password is too long.", "Choose one of at most {most} characters."),
    ),
    "password-plain": Rule(
        *_SESSION,
        Wording(
            "Mật khẩu là tên đăng nhập, hoặc chỉ lặp lại vài ký tự.",
            "Chọn mật khẩu khó đoán hơn, như một câu dễ nhớ.",
        ),
        Wording(
            "The password is the name of the account, or a few characters repeated.",
            "Choose one that is harder to guess, such as a sentence.",
        ),
    ),
    # ---- what the store's own interface is sent
    "json-expected": Rule(
        "RFC 9110 15.5.16",
        "RFC 9110 15.5.16",
        Wording("Nội dung có kiểu {value}.", "Gửi JSON với Content-Type: application/json."),
        Wording("The body is of type {value}.", "Send JSON with Content-Type: application/json."),
    ),
    "member-missing": Rule(
        *_API,
        Wording("Thiếu {place}.", "Thêm {place} theo mô tả trong /docs."),
        Wording("{place} is missing.", "Add {place} as /docs describes it."),
    ),
    "member-unknown": Rule(
        *_API,
        Wording(
            "Không dùng được {place} ở đây.", "Bỏ {place}, hoặc viết đúng tên như trong /docs."
        ),
        Wording(
            "{place} is not known here.", "Leave {place} out, or write its name as /docs has it."
        ),
    ),
    "value-unfit": Rule(
        *_API,
        Wording("{name} không thể là {value}.", "Gửi giá trị đúng kiểu như mô tả trong /docs."),
        Wording("{name} cannot be {value}.", "Send a value of the kind /docs describes."),
    ),
    # ---- the log as everybody may read it
    "tile-unknown": Rule(
        *_LOG,
        Wording(
            "Không có {value} trong cây của điểm kiểm tra đã ký gần nhất.",
            "Đọc /log/checkpoint để biết kích thước cây; đường dẫn có dạng tile/0/x001/067 hoặc"
            " tile/entries/000.p/5.",
        ),
        Wording(
            "There is no {value} in the tree of the last signed checkpoint.",
            "Read the size of the tree from /log/checkpoint; a path is written tile/0/x001/067 or"
            " tile/entries/000.p/5.",
        ),
    ),
    "event-unknown": Rule(
        *_PROOF,
        Wording(
            "Nhật ký không có sự kiện {value}.",
            "Kiểm tra mã bản ghi, hoặc vị trí trong header X-Hocba-Log-Positions khi gửi.",
        ),
        Wording(
            "The log holds no event {value}.",
            "Check the statement id, or the position in X-Hocba-Log-Positions when it was sent.",
        ),
    ),
    "event-once": Rule(
        *_PROOF,
        Wording(
            "Cần đúng một trong hai tham số statementId và position.",
            "Gửi statementId=UUID của bản ghi, hoặc position=số thứ tự trong nhật ký.",
        ),
        Wording(
            "Exactly one of the parameters statementId and position is needed.",
            "Send statementId=the UUID of a statement, or position=its place in the log.",
        ),
    ),
    "event-not-signed": Rule(
        *_PROOF,
        Wording(
            "Sự kiện {value} đã được ghi, nhưng điểm kiểm tra gần nhất mới ký cho {size} sự kiện.",
            "Hỏi lại sau thời gian trong Retry-After; thường chỉ mất một, hai giây.",
        ),
        Wording(
            "Event {value} is recorded; the last checkpoint was signed for {size} events only.",
            "Ask again after the time in Retry-After; a second or two is usual.",
        ),
    ),
    "log-not-signed": Rule(
        *_LOG,
        Wording("Nhật ký chưa ký điểm kiểm tra nào.", "Hỏi lại sau thời gian trong Retry-After."),
        Wording(
            "The log has not signed a checkpoint yet.", "Ask again after the time in Retry-After."
        ),
    ),
    "log-not-witnessed": Rule(
        *_LOG,
        Wording(
            "Chưa có điểm kiểm tra nào đủ chữ ký của nhân chứng.",
            "Đọc /log/checkpoint, hoặc đặt LRS_WITNESS_POLICY_FILE và chờ các nhân chứng.",
        ),
        Wording(
            "No checkpoint has the cosignatures of a quorum of witnesses.",
            "Read /log/checkpoint, or set LRS_WITNESS_POLICY_FILE and wait for the witnesses.",
        ),
    ),
    "log-damaged": Rule(
        *_LOG,
        Wording(
            "Cơ sở dữ liệu thiếu {value}, dù đã được ký.",
            "Báo cho quản trị viên; lệnh `lrs audit verify` cho biết thiếu những gì.",
        ),
        Wording(
            "The database lacks {value}, which was signed for.",
            "Tell whoever runs the store; `lrs audit verify` says what is missing.",
        ),
    ),
    "opening-not-permitted": Rule(
        *_PROOF,
        Wording(
            "Thông tin xác thực này không được mở sự kiện đó. Quyền hiện có: {value}.",
            "Chỉ mở được bản ghi do chính nó gửi, hoặc mọi bản ghi nếu có quyền all hay all/read.",
        ),
        Wording(
            "This credential may not open that event. Its scopes are {value}.",
            "It opens the statements it sent, or all statements with scope all or all/read.",
        ),
    ),
    "opening-whole-store": Rule(
        *_PROOF,
        Wording(
            "Tài khoản kiểm toán này chỉ xem được các đơn vị {value}.",
            "Dùng tài khoản kiểm toán cho toàn bộ kho, không giới hạn đơn vị.",
        ),
        Wording(
            "This auditor's account sees only the units {value}.",
            "Use an auditor's account for the whole store, without units.",
        ),
    ),
    "value-number": Rule(
        *_API,
        Wording("{name} phải là số nguyên, không phải {value}.", "Gửi một số nguyên, như 50."),
        Wording("{name} is an integer, not {value}.", "Send an integer such as 50."),
    ),
    "value-range": Rule(
        *_API,
        Wording("{name} không nhận giá trị {value}.", "Gửi một giá trị {bound}."),
        Wording("{name} does not take {value}.", "Send a value {bound}."),
    ),
    "value-choice": Rule(
        *_API,
        Wording("{name} không nhận giá trị {value}.", "Gửi một trong: {choices}."),
        Wording("{name} does not take {value}.", "Send one of: {choices}."),
    ),
    "value-boolean": Rule(
        *_API,
        Wording("{name} phải là true hoặc false, không phải {value}.", "Gửi true hoặc false."),
        Wording("{name} is true or false, not {value}.", "Send true or false."),
    ),
    "as-of-unreadable": Rule(
        *_API,
        Wording(
            "as_of không phải vị trí hay thời điểm: {value}.",
            "Gửi số vị trí, như 120, hoặc thời điểm, như 2026-11-30T17:00:00Z.",
        ),
        Wording(
            "as_of is neither a position nor a time: {value}.",
            "Send a position such as 120, or a time such as 2026-11-30T17:00:00Z.",
        ),
    ),
    "as-of-ahead": Rule(
        *_API,
        Wording(
            "Nhật ký chưa đến vị trí {value}.",
            "Gửi vị trí không quá {reached}, hoặc bỏ as_of để lấy hiện tại.",
        ),
        Wording(
            "The log has not reached position {value}.",
            "Send one up to {reached}, or leave as_of out for what is now.",
        ),
    ),
    "cursor-unreadable": Rule(
        *_API,
        Wording(
            "cursor không dùng được ở đây: {value}.",
            "Lấy cursor từ next của trang trước, với cùng bộ lọc; hoặc bắt đầu lại từ đầu.",
        ),
        Wording(
            "The cursor does not fit here: {value}.",
            "Take it from next of the page before, with the same filters; or begin without one.",
        ),
    ),
    "sheet-invalid": Rule(
        *_API,
        Wording("Bảng điểm: {reason_vi}.", "Cách sửa: {mend_vi}."),
        Wording("The score sheet: {reason_en}.", "To mend it: {mend_en}."),
    ),
    # ---- whose record is read
    "purpose-missing": Rule(
        *_API,
        Wording(
            "Câu trả lời có hồ sơ của người khác; kho này yêu cầu ghi mục đích đọc.",
            "Thêm tham số purpose hoặc header X-Purpose, như purpose=Thẩm định quý II.",
        ),
        Wording(
            "The answer shows records of others; this store asks what they are read for.",
            "Add the parameter purpose or the header X-Purpose, as in purpose=Appraisal, Q2.",
        ),
    ),
    "purpose-unfit": Rule(
        *_API,
        Wording(
            "Mục đích đọc không dùng được: {value}.",
            "Ghi một dòng không trống, nhiều nhất {most} ký tự; header thì mã hóa UTF-8.",
        ),
        Wording(
            "This is no purpose: {value}.",
            "Send one line of up to {most} characters, not empty; in a header, as UTF-8.",
        ),
    ),
    "reading-unrecorded": Rule(
        *_API,
        Wording(
            "Hiện không ghi lại được ai đang đọc hồ sơ, nên không đưa ra hồ sơ.",
            "Gửi lại sau thời gian trong Retry-After.",
        ),
        Wording(
            "Who reads these records cannot be recorded now, so they are not shown.",
            "Send it again after the time in Retry-After.",
        ),
    ),
    # ---- the store itself
    "log-busy": Rule(
        *_ERRORS,
        Wording(
            "Hàng đợi ghi đã đầy; chưa có gì được lưu.", "Gửi lại sau thời gian trong Retry-After."
        ),
        Wording(
            "Too much waits to be written; nothing was stored.",
            "Send it again after the time in Retry-After.",
        ),
    ),
    "store-unreadable": Rule(
        *_ERRORS,
        Wording(
            "Cơ sở dữ liệu hiện không trả lời; chưa có gì thay đổi.",
            "Gửi lại sau thời gian trong Retry-After.",
        ),
        Wording(
            "The database does not answer now; nothing was changed.",
            "Send it again after the time in Retry-After.",
        ),
    ),
    "log-unavailable": Rule(
        *_ERRORS,
        Wording(
            "Hiện không ghi được; chưa biết yêu cầu đã được lưu hay chưa.",
            "Gửi lại đúng yêu cầu này, với cùng id; bản ghi đã lưu sẽ không bị lặp.",
        ),
        Wording(
            "The store cannot write now; it is not known whether the request was stored.",
            "Send the same request again with the same ids; what was stored is not repeated.",
        ),
    ),
}
