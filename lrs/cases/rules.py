"""Every rule of a case, on one page, worded in Vietnamese and in English.

A message says what is wrong, a mend says what to change. Both are format strings over the facts of
a problem. Statements have the rules of ``schemas.rules`` besides, score sheets those of
``schemas.scheme_problems``.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from schemas.rules import Language, Wording


class Rule(NamedTuple):
    vi: Wording
    en: Wording


def _rule(vi: str, vi_mend: str, en: str, en_mend: str) -> Rule:
    return Rule(Wording(vi, vi_mend), Wording(en, en_mend))


KINDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "vi": {
        "unit": "đơn vị",
        "person": "người",
        "platform": "nền tảng",
        "course": "khóa học",
        "position": "vị trí việc làm",
        "item": "mục kê khai",
        "report": "báo cáo",
        "statement": "bản ghi xAPI",
        "appeal": "kiến nghị",
        "period": "kỳ đánh giá",
        "scheme": "bộ tiêu chí",
    },
    "en": {
        "unit": "unit",
        "person": "person",
        "platform": "platform",
        "course": "course",
        "position": "job position",
        "item": "declared item",
        "report": "report",
        "statement": "statement",
        "appeal": "appeal",
        "period": "period",
        "scheme": "score sheet",
    },
}

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "vi": {
        "null": "giá trị trống (null)",
        "boolean": "giá trị đúng/sai",
        "number": "một số",
        "date": "một ngày hoặc giờ",
        "mapping": "một nhóm khóa: giá trị",
        "list": "một danh sách",
        "store": "dữ liệu đã có trong kho",
        "line": "{file}, dòng {line}",
    },
    "en": {
        "null": "an absent value (null)",
        "boolean": "a truth value",
        "number": "a number",
        "date": "a date or time",
        "mapping": "a mapping",
        "list": "a list",
        "store": "what the store holds already",
        "line": "{file}, line {line}",
    },
}

RULES: Final[Mapping[str, Rule]] = {
    # ---- files
    "file.folder": _rule(
        "Không có thư mục này.",
        "Chỉ đến thư mục chứa organisation.yaml và các tệp đi cùng.",
        "There is no such folder.",
        "Name the folder that holds organisation.yaml and the files beside it.",
    ),
    "file.missing": _rule(
        "Thiếu tệp này.",
        "Thêm tệp vào thư mục; tên viết đúng từng chữ như ở đây.",
        "This file is missing.",
        "Add it to the folder, under exactly this name.",
    ),
    "file.unreadable": _rule(
        "Không đọc được tệp này ({said}).",
        "Kiểm tra quyền đọc và chắc rằng đây là một tệp.",
        "This file cannot be read ({said}).",
        "Check that it is a file and that it may be read.",
    ),
    "file.name": _rule(
        "Tệp này sẽ bị bỏ qua vì tên không thuộc định dạng.",
        "Đổi tên thành {near}.",
        "This file would be passed over: its name is not part of the format.",
        "Rename it to {near}.",
    ),
    "file.empty": _rule(
        "Tệp trống.",
        "Ghi nội dung, bắt đầu bằng dòng “format: …”.",
        "The file is empty.",
        "Write its content, beginning with “format: …”.",
    ),
    "file.size": _rule(
        "Tệp lớn hơn {megabytes} MB.",
        "Chia dữ liệu thành nhiều kỳ hoặc nhiều thư mục.",
        "The file is larger than {megabytes} MB.",
        "Spread the data over several folders.",
    ),
    "file.utf16": _rule(
        "Tệp được lưu ở dạng UTF-16.",
        "Lưu lại ở dạng UTF-8.",
        "The file is in UTF-16.",
        "Save it as UTF-8.",
    ),
    "file.encoding": _rule(
        "Tệp không phải UTF-8: byte {byte} không hợp lệ ở dòng này.",
        "Lưu lại toàn bộ tệp ở dạng UTF-8.",
        "The file is not UTF-8: the byte {byte} on this line is invalid.",
        "Save the whole file as UTF-8.",
    ),
    "format": _rule(
        "Tệp không ghi đúng định dạng của nó.",
        "Ghi dòng đầu: “format: {expected}”.",
        "The file does not name its format.",
        "Make its first line “format: {expected}”.",
    ),
    # ---- YAML
    "yaml.syntax": _rule(
        "Không đọc được như YAML: {said}.",
        "Sửa dòng này hoặc dòng ngay trên.",
        "This is not readable as YAML: {said}.",
        "Correct this line or the one above it.",
    ),
    "yaml.tab": _rule(
        "Dòng này thụt vào bằng dấu tab.",
        "Thụt vào bằng dấu cách.",
        "This line is indented with a tab.",
        "Indent with spaces.",
    ),
    "yaml.token": _rule(
        "Ở đây có một dấu không thể đứng đầu một giá trị, như @, ` hoặc %.",
        "Đặt giá trị trong ngoặc kép.",
        "A value begins with a character that none can begin with, such as @, ` or %.",
        "Put the value in quotes.",
    ),
    "yaml.colon": _rule(
        "Dấu “: ” đứng ở chỗ không thể có khóa mới.",
        "Đặt văn bản chứa “: ” trong ngoặc kép, hoặc sửa khoảng thụt đầu dòng.",
        "“: ” stands where no key can be.",
        "Put a text that holds “: ” in quotes, or correct the indentation.",
    ),
    "yaml.bracket": _rule(
        "Dấu [ hoặc {{ mở ở dòng này không được đóng, hoặc thiếu dấu phẩy ở giữa.",
        "Thêm dấu ] hoặc }} ở cuối, dấu phẩy giữa các mục.",
        "The [ or {{ of this line is not closed, or a comma is missing in between.",
        "Add the ] or }} at its end, and commas between the items.",
    ),
    "yaml.indent": _rule(
        "Dòng này thụt vào không khớp với các dòng cùng cấp.",
        "Cho các dòng cùng cấp bắt đầu ở cùng một cột.",
        "This line is not indented like the others of its level.",
        "Begin all lines of a level at the same column.",
    ),
    "yaml.quote": _rule(
        "Dấu ngoặc kép mở ở dòng này không được đóng.",
        "Thêm dấu đóng ngoặc.",
        "The quote opened on this line is never closed.",
        "Close it.",
    ),
    "yaml.character": _rule(
        "Có ký tự điều khiển không được phép.",
        "Xóa ký tự đó.",
        "There is a control character, which is not allowed.",
        "Remove it.",
    ),
    "yaml.documents": _rule(
        "Tệp có nhiều tài liệu YAML.",
        "Chỉ giữ một tài liệu: bỏ dòng “---”.",
        "The file holds several YAML documents.",
        "Keep one: remove the line “---”.",
    ),
    "yaml.depth": _rule(
        "Lồng nhau quá {maximum} cấp.",
        "Giảm số cấp lồng nhau.",
        "Nested deeper than {maximum} levels.",
        "Nest less deeply.",
    ),
    "yaml.alias": _rule(
        "“*{name}” không chỉ đến giá trị nào ở trên.",
        "Viết lại giá trị đầy đủ; đặt văn bản bắt đầu bằng * trong ngoặc kép.",
        "“*{name}” names no value above.",
        "Write the value out; put a text that begins with * in quotes.",
    ),
    "yaml.aliases": _rule(
        "Các nhãn neo của YAML nhân dữ liệu lên quá {maximum} giá trị.",
        "Viết lại các giá trị đầy đủ.",
        "The aliases of this file multiply it beyond {maximum} values.",
        "Write the values out.",
    ),
    "yaml.tag": _rule(
        "Không dùng được thẻ kiểu “{tag}” của YAML.",
        "Bỏ thẻ; đặt văn bản bắt đầu bằng ! trong ngoặc kép.",
        "The YAML tag “{tag}” is not allowed.",
        "Remove it; put a text that begins with ! in quotes.",
    ),
    "yaml.key": _rule(
        "Khóa phải là văn bản, không phải danh sách hay nhóm.",
        "Viết “khóa: giá trị”.",
        "A key is a text, not a list or a mapping.",
        "Write “key: value”.",
    ),
    # ---- keys
    "key.unknown": _rule(
        "Khóa “{key}” không có trong định dạng ở chỗ này.",
        "Bỏ khóa này hoặc dùng một trong: {known}.",
        "The key “{key}” is not part of the format here.",
        "Remove it, or use one of: {known}.",
    ),
    "key.misspelt": _rule(
        "Khóa “{key}” không có trong định dạng ở chỗ này.",
        "Có phải “{near}”? Các khóa dùng được: {known}.",
        "The key “{key}” is not part of the format here.",
        "Is “{near}” meant? What may stand here: {known}.",
    ),
    "key.missing": _rule(
        "Thiếu “{key}”.", "Thêm “{key}: …”.", "“{key}” is missing.", "Add “{key}: …”."
    ),
    "key.repeated": _rule(
        "Khóa “{key}” đã có ở dòng {line}.",
        "Chỉ giữ một trong hai.",
        "The key “{key}” stands on line {line} already.",
        "Keep one of the two.",
    ),
    # ---- single values
    "type.mapping": _rule(
        "Chỗ này phải là một nhóm khóa: giá trị.",
        "Viết các khóa: {keys}.",
        "A mapping of keys to values is expected here.",
        "Write these keys: {keys}.",
    ),
    "type.list": _rule(
        "Chỗ này phải là một danh sách.",
        "Viết [ … ] hoặc mỗi mục một dòng “- ”; danh sách trống là [].",
        "A list is expected here.",
        "Write [ … ], or one item a line after “- ”; an empty list is [].",
    ),
    "type.text": _rule(
        "Chỗ này phải là văn bản, không phải {meaning}.",
        "Viết một văn bản trong ngoặc kép.",
        "Text is expected here, not {meaning}.",
        "Write a text in quotes.",
    ),
    "text.quote": _rule(
        "“{value}” không có ngoặc kép: YAML hiểu là {meaning}, trong khi chỗ này phải là văn bản.",
        'Đặt trong ngoặc kép: "{value}".',
        "Without quotes, YAML takes “{value}” for {meaning}, where a text is expected.",
        'Put it in quotes: "{value}".',
    ),
    "text.empty": _rule(
        "Văn bản ở đây trống.", "Ghi nội dung.", "The text is empty.", "Write what it is."
    ),
    "text.nfc": _rule(
        "“{value}” không ở dạng Unicode dựng sẵn (NFC), nên không so được với bản ghi.",
        "Gõ lại bằng bảng mã Unicode dựng sẵn.",
        "“{value}” is not in the composed form of Unicode (NFC): it would equal no statement.",
        "Write it again in composed Unicode.",
    ),
    "text.iri": _rule(
        "“{value}” không phải IRI.",
        "Viết địa chỉ đầy đủ, ví dụ https://example.org/khoa-hoc/1.",
        "“{value}” is not an IRI.",
        "Write a whole address, such as https://example.org/course/1.",
    ),
    "text.mbox": _rule(
        "“{value}” không phải địa chỉ thư dạng mailto:.",
        "Viết như mailto:an@example.org.",
        "“{value}” is not a mailto: address.",
        "Write it as in mailto:an@example.org.",
    ),
    "text.sha1": _rule(
        "“{value}” không phải mã SHA-1.",
        "Ghi 40 chữ số thập lục phân: SHA-1 của cả “mailto:…”, đặt trong ngoặc kép.",
        "“{value}” is not a SHA-1 digest.",
        "Write 40 hexadecimal digits, the SHA-1 of the whole “mailto:…”, in quotes.",
    ),
    "id.form": _rule(
        "“{value}” không dùng làm mã được.",
        "Chỉ dùng chữ, số và các dấu . _ - , nhiều nhất 200 ký tự.",
        "“{value}” is no identifier.",
        "Use letters, digits and . _ - only, 200 characters at most.",
    ),
    "choice": _rule(
        "“{value}” không có trong các giá trị cho phép.",
        "Dùng một trong: {choices}.",
        "“{value}” is not one of the values allowed.",
        "Use one of: {choices}.",
    ),
    "type.flag": _rule(
        "{value} không phải true hoặc false.",
        "Viết true hoặc false, không có ngoặc kép.",
        "{value} is neither true nor false.",
        "Write true or false, without quotes.",
    ),
    "type.integer": _rule(
        "{value} không phải số nguyên.",
        "Viết các chữ số thập phân, không ngoặc kép, không bắt đầu bằng 0: 12.",
        "{value} is not a whole number.",
        "Write decimal digits, without quotes and without a leading 0, as in 12.",
    ),
    "type.number": _rule(
        "{value} không phải số thập phân chính xác.",
        "Viết như 0.80 hoặc 15: không ngoặc kép, không lũy thừa, không dấu phân cách.",
        "{value} is not an exact decimal number.",
        "Write it as in 0.80 or 15: no quotes, no exponent, no separators.",
    ),
    "number.least": _rule(
        "{value} nhỏ hơn mức được phép.",
        "Viết một số từ {least} trở lên.",
        "{value} is too small.",
        "Write a number of at least {least}.",
    ),
    "type.date": _rule(
        "{value} không phải một ngày.",
        "Viết năm-tháng-ngày, ví dụ 2026-04-30.",
        "{value} is not a date.",
        "Write year-month-day, as in 2026-04-30.",
    ),
    "date.exists": _rule(
        "Không có ngày {value}.", "Sửa lại ngày.", "There is no day {value}.", "Correct the date."
    ),
    "date.early": _rule(
        "{value} trước năm {year}.",
        "Sửa lại năm; nếu không rõ ngày bắt đầu thì bỏ trống.",
        "{value} is before {year}.",
        "Correct the year; leave the date out if the beginning is not known.",
    ),
    "dates.order": _rule(
        "{from_} sau {to}: khoảng ngày này không có ngày nào.",
        "Sửa một trong hai; cả hai ngày đều được tính.",
        "{from_} is after {to}.",
        "Correct one of them; both days are included.",
    ),
    "list.repeated": _rule(
        "“{value}” có hai lần trong danh sách.",
        "Chỉ giữ một.",
        "“{value}” is in the list twice.",
        "Keep one.",
    ),
    # ---- records
    "id.repeated": _rule(
        "Mã {kind} “{value}” đã dùng ở {other}.",
        "Đặt mã khác, hoặc bỏ bớt một.",
        "The {kind} “{value}” is defined at {other} already.",
        "Give this one another id, or remove one.",
    ),
    "record.repeated": _rule(
        "Mục này trùng với {other}.",
        "Gộp thành một mục.",
        "This says of the same thing what {other} says.",
        "Make one entry of the two.",
    ),
    "reference": _rule(
        "Không có {kind} “{value}”.",
        "Thêm {kind} này, hoặc sửa mã; chữ hoa và chữ thường khác nhau.",
        "There is no {kind} “{value}”.",
        "Add it, or correct the id; capitals matter.",
    ),
    "identifier.one": _rule(
        "Mỗi định danh có đúng một trong account, mbox, mbox_sha1sum, openid; ở đây có {count}.",
        "Ghi mỗi định danh thành một mục riêng.",
        "An identifier is exactly one of account, mbox, mbox_sha1sum, openid; here are {count}.",
        "Make a separate entry of each.",
    ),
    "identifier.shared": _rule(
        "Định danh này của “{person}” đã là của “{holder}” ({other}).",
        "Chỉ để định danh ở một người; mbox và SHA-1 của nó là một.",
        "This identifier of “{person}” is one of “{holder}” already ({other}).",
        "Leave it with one person; an mbox and its SHA-1 are the same identifier.",
    ),
    "membership.overlap": _rule(
        "“{person}” có hai quan hệ công tác chính trùng ngày: {unit} và {second} ({other}).",
        "Cho quan hệ trước kết thúc sớm hơn, hoặc ghi primary: false cho việc kiêm nhiệm.",
        "Two primary memberships of “{person}” overlap: {unit} and {second} ({other}).",
        "End the earlier one before, or mark a second post with primary: false.",
    ),
    "unit.two_heads": _rule(
        "Đơn vị “{unit}” có hai người đứng đầu cùng ngày: “{person}” và “{second}” ({other}).",
        "Chỉ để head: true ở một người, hoặc sửa ngày.",
        "The unit “{unit}” has two heads on one day: “{person}” and “{second}” ({other}).",
        "Leave head: true with one of them, or correct the dates.",
    ),
    "unit.cycle": _rule(
        "Đơn vị nằm dưới chính nó: {cycle}.",
        "Sửa “parent” của một trong các đơn vị này.",
        "A unit is above itself: {cycle}.",
        "Correct the “parent” of one of these units.",
    ),
    "platform.credential": _rule(
        "Khóa “{value}” đã là của nền tảng “{holder}” ({other}).",
        "Mỗi nền tảng một khóa riêng.",
        "The credential “{value}” is that of the platform “{holder}” already ({other}).",
        "Give each platform a credential of its own.",
    ),
    "course.activity": _rule(
        "Hoạt động “{value}” của nền tảng “{platform}” đã là của khóa “{holder}” ({other}).",
        "Chỉ để hoạt động ở một khóa học.",
        "The activity “{value}” of “{platform}” is the course “{holder}” already ({other}).",
        "List it for one course only.",
    ),
    "item.no_subject": _rule(
        "Mục kê khai không nói về ai.",
        "Thêm “person: …” hoặc “unit: …”.",
        "The item is about nobody.",
        "Add “person: …” or “unit: …”.",
    ),
    "item.two_subjects": _rule(
        "Mục kê khai nói về cả một người và một đơn vị.",
        "Chỉ giữ “person” hoặc “unit”.",
        "The item is about both a person and a unit.",
        "Keep “person” or “unit”.",
    ),
    "item.reason": _rule(
        "Mục “{value}” bị từ chối mà không có lý do.",
        'Thêm “reason: "…"”.',
        "The item “{value}” is rejected without a reason.",
        'Add “reason: "…"”.',
    ),
    # ---- period and score sheets
    "period.start": _rule(
        "Kỳ bắt đầu ngày {value}, không phải ngày đầu tháng.",
        "Ghi ngày đầu tháng, ví dụ {correct}.",
        "The period starts on {value}, which is not the first day of a month.",
        "Start it on the first of a month, such as {correct}.",
    ),
    "period.end": _rule(
        "Kỳ kết thúc ngày {value}, không phải ngày cuối tháng.",
        "Ghi ngày cuối tháng, ví dụ {correct}.",
        "The period ends on {value}, which is not the last day of a month.",
        "End it on the last of a month, such as {correct}.",
    ),
    "period.timezone": _rule(
        "Không có múi giờ “{value}”.",
        "Ghi tên như Asia/Ho_Chi_Minh.",
        "There is no time zone “{value}”.",
        "Write a name such as Asia/Ho_Chi_Minh.",
    ),
    "period.freeze": _rule(
        "Thời điểm chốt không đúng dạng.",
        "Viết “freeze: {{after_lines: 84}}” hoặc “freeze: after_all_lines”; bỏ nếu kỳ còn mở.",
        "This is no way to say where the log is frozen.",
        "Write “freeze: {{after_lines: 84}}” or “freeze: after_all_lines”; leave it out while the"
        " period is open.",
    ),
    "freeze.inside": _rule(
        "Dòng {value} nằm giữa một lần gửi.",
        "Chốt sau dòng {before} hoặc sau dòng {after}.",
        "Line {value} is inside a batch.",
        "Freeze after line {before} or after line {after}.",
    ),
    "freeze.beyond": _rule(
        "Chốt sau dòng {value}, nhưng chỉ có {total} dòng.",
        "Viết “freeze: after_all_lines” hoặc một số không quá {total}.",
        "The freeze is after line {value}, and there are {total} lines.",
        "Write “freeze: after_all_lines”, or a number of at most {total}.",
    ),
    "period.frozen": _rule(
        "Kỳ “{value}” đã chốt; dữ kiện của kỳ đã chốt không đổi được nữa ({changed}).",
        "Để các mục này như đã ghi, hoặc mở một kỳ mới.",
        "The period “{value}” is frozen; its facts cannot change any more ({changed}).",
        "Leave these as they were recorded, or open a new period.",
    ),
    "scheme.subject": _rule(
        "Bộ tiêu chí này có subject: {value}.",
        "Ghi subject: {expected}, hoặc đổi hai tệp cho nhau.",
        "This score sheet has the subject {value}.",
        "Write subject: {expected}, or exchange the two files.",
    ),
    "scheme.changed": _rule(
        "Bộ tiêu chí “{value}” phiên bản {version} đã ban hành với nội dung khác.",
        "Ghi phiên bản mới: version: {next}.",
        "Version {version} of the score sheet “{value}” is in force with another content.",
        "Give it a new version: version: {next}.",
    ),
    # ---- workbooks
    "workbook.unreadable": _rule(
        "Không đọc được tệp này như sổ tính Excel ({said}).",
        "Lưu lại ở dạng .xlsx.",
        "This cannot be read as an Excel workbook ({said}).",
        "Save it as .xlsx.",
    ),
    "workbook.sheets": _rule(
        "Không có trang tính nào theo mẫu.",
        "Dùng tệp mẫu; các trang: {expected}.",
        "None of the sheets is one of the template.",
        "Use the template; its sheets are {expected}.",
    ),
    "workbook.sheet": _rule(
        "Trang “{title}” sẽ bị bỏ qua vì tên không theo mẫu.",
        "Đổi tên thành “{near}”.",
        "The sheet “{title}” would be passed over: its name is not one of the template.",
        "Rename it to “{near}”.",
    ),
    "workbook.header": _rule(
        "Trang không có dòng tên cột tiếng Anh.",
        "Chép lại dòng 2 của tệp mẫu: {keys}.",
        "The sheet has no row of keys.",
        "Copy row 2 of the template: {keys}.",
    ),
    "workbook.column": _rule(
        "Cột “{key}” không có trong mẫu, hoặc có hai lần.",
        "Bỏ cột này hoặc dùng một trong: {known}.",
        "The column “{key}” is not in the template, or stands twice.",
        "Remove it, or use one of: {known}.",
    ),
    "cell.formula": _rule(
        "Ô này là một công thức.",
        "Chép ô rồi dán lại dưới dạng giá trị.",
        "The cell is a formula.",
        "Copy it and paste it as a value.",
    ),
    "cell.error": _rule(
        "Ô này báo lỗi {value}.",
        "Ghi giá trị hoặc để trống.",
        "The cell holds the error {value}.",
        "Write a value or leave it empty.",
    ),
    "cell.converted": _rule(
        "Chương trình bảng tính đã đổi ô này thành số hoặc ngày ({value}).",
        "Định dạng cột là Văn bản rồi nhập lại.",
        "The spreadsheet turned this cell into a number or a date ({value}).",
        "Format the column as text and write it again.",
    ),
    "cell.day": _rule(
        "“{value}” không phải một ngày.",
        "Viết như 30/04/2026.",
        "“{value}” is not a date.",
        "Write it as in 30/04/2026.",
    ),
    "cell.flag": _rule(
        "“{value}” không phải {yes} hoặc {no}.",
        "Ghi {yes} hoặc {no}.",
        "“{value}” is neither {yes} nor {no}.",
        "Write {yes} or {no}.",
    ),
    # ---- CSV and OneRoster
    "roster.folder": _rule(
        "Đây không phải thư mục, cũng không phải tệp zip.",
        "Chỉ đến thư mục hoặc tệp zip chứa manifest.csv.",
        "This is neither a folder nor a zip file.",
        "Name the folder or the zip file that holds manifest.csv.",
    ),
    "roster.version": _rule(
        "Đây không phải bộ tệp OneRoster 1.2 (oneroster.version: {value}).",
        "Xuất lại theo OneRoster 1.2.",
        "These are not the files of OneRoster 1.2 (oneroster.version: {value}).",
        "Export them as OneRoster 1.2.",
    ),
    "roster.bulk": _rule(
        "Tệp này được gửi ở chế độ “{value}”, không phải toàn bộ dữ liệu.",
        "Xuất lại ở chế độ bulk.",
        "This file is sent as “{value}”, not as a whole.",
        "Export it in bulk mode.",
    ),
    "csv.columns": _rule(
        "Thiếu cột {columns}.",
        "Xuất lại với đủ các cột; tên cột phân biệt chữ hoa.",
        "The columns {columns} are missing.",
        "Export the file with all its columns; capitals matter.",
    ),
    "csv.row": _rule(
        "Dòng này không đúng dạng CSV: {said}.",
        "Mỗi dòng có số ô bằng dòng tiêu đề; ô chứa dấu phẩy đặt trong ngoặc kép.",
        "This is not readable as CSV: {said}.",
        "Give every row as many fields as the header has; quote those that hold a comma.",
    ),
    "roster.user_ids": _rule(
        "“{value}” không phải danh sách định danh {{loại:mã}}.",
        "Viết như {{LDAP:an.nv}}, nhiều định danh cách nhau bằng dấu phẩy.",
        "“{value}” is no list of {{type:id}}.",
        "Write it as in {{LDAP:an.nv}}, with commas between several.",
    ),
    # ---- statements and their order
    "statements.file": _rule(
        "Tệp này không phải <nền tảng>.jsonl nên sẽ bị bỏ qua.",
        "Đổi tên thành <mã nền tảng>.jsonl, hoặc bỏ khỏi thư mục.",
        "This file is not called <platform>.jsonl and would be passed over.",
        "Name it <id of the platform>.jsonl, or remove it from the folder.",
    ),
    "statements.platform": _rule(
        "Không có nền tảng “{value}” trong catalogue.yaml.",
        "Thêm nền tảng này, hoặc đổi tên tệp.",
        "There is no platform “{value}” in catalogue.yaml.",
        "Add the platform, or rename the file.",
    ),
    "statements.unused": _rule(
        "Từ dòng {number} còn {count} dòng không có trong order.yaml.",
        "Thêm các lần gửi vào order.yaml, hoặc bỏ các dòng này.",
        "From line {number} on, {count} lines are used by no batch of order.yaml.",
        "Add batches to order.yaml, or remove the lines.",
    ),
    "order.file": _rule(
        "Không có tệp {file}.",
        "Thêm tệp này, hoặc bỏ lần gửi.",
        "There is no file {file}.",
        "Add it, or remove the batch.",
    ),
    "order.lines": _rule(
        "Lần gửi cần {count} dòng, {file} chỉ còn {left}.",
        "Sửa số dòng, hoặc thêm dòng vào tệp.",
        "The batch asks for {count} lines; {file} has {left} left.",
        "Correct the number, or add the lines.",
    ),
    "batch.repeated": _rule(
        "Bản ghi “{value}” đã có ở dòng {number}, trong cùng một lần gửi.",
        "Chia thành hai lần gửi trong order.yaml.",
        "The statement “{value}” is on line {number} already, in the same batch.",
        "Make two batches of it in order.yaml.",
    ),
    "statement.blank": _rule(
        "Dòng trống giữa các bản ghi.", "Xóa dòng này.", "The line is empty.", "Remove it."
    ),
    "statement.id": _rule(
        "Bản ghi không có “id”.",
        "Thêm “id”: một UUID chữ thường.",
        "The statement has no “id”.",
        "Add “id”: a UUID in lower case.",
    ),
    "statement.id_case": _rule(
        "“{value}” có chữ hoa.",
        "Viết {correct}.",
        "“{value}” has capitals.",
        "Write {correct}.",
    ),
    "statement.timestamp": _rule(
        "Bản ghi không có “timestamp”.",
        "Thêm thời điểm xảy ra, ví dụ 2026-04-15T20:00:00+07:00.",
        "The statement has no “timestamp”.",
        "Add when it happened, as in 2026-04-15T20:00:00+07:00.",
    ),
    "statement.timestamp_form": _rule(
        "“{value}” không có múi giờ, không đủ giây, hoặc có hơn 3 chữ số lẻ của giây.",
        "Viết như 2026-04-15T20:00:00+07:00 hoặc 2026-04-15T13:00:00.500Z.",
        "“{value}” has no offset, no seconds, or more than 3 decimals.",
        "Write it as in 2026-04-15T20:00:00+07:00 or 2026-04-15T13:00:00.500Z.",
    ),
    "statement.property": _rule(
        "Bản ghi của một hồ sơ không có “{key}”.",
        "Bỏ “{key}”.",
        "The statements of a case have no “{key}”.",
        "Remove “{key}”.",
    ),
    "statement.names": _rule(
        "Bản ghi nêu {names} người, nhóm và hoạt động; nhiều nhất là {limit}.",
        "Chia thành nhiều bản ghi.",
        "The statement names {names} agents and activities; the most are {limit}.",
        "Split it into several statements.",
    ),
    "statement.duration": _rule(
        "Thời lượng “{value}” có hơn 2 chữ số lẻ của giây.",
        "Làm tròn đến phần trăm giây.",
        "The duration “{value}” has more than 2 decimals of a second.",
        "Round it to a hundredth of a second.",
    ),
    "statement.void": _rule(
        "Bản ghi hủy “{value}” nằm ở tệp khác với bản ghi đó (nền tảng “{platform}”).",
        "Chuyển sang tệp của nền tảng “{platform}”.",
        "This voids “{value}”, which is in the file of the platform “{platform}”.",
        "Move it to the file of “{platform}”.",
    ),
    # ---- appeals
    "appeal.rejected": _rule(
        "Kiến nghị bị bác mà vẫn có điều chỉnh.",
        "Bỏ các điều chỉnh, hoặc sửa “decision”.",
        "The appeal is rejected and yet has corrections.",
        "Remove them, or correct the “decision”.",
    ),
    "appeal.closed": _rule(
        "Kiến nghị “{value}” thuộc kỳ “{period}” đã khóa; kết quả đã khóa không đổi được nữa.",
        "Mở lại kỳ trước bằng lệnh lrs period reopen {period} --reason …, rồi nhập lại.",
        "The appeal “{value}” is about the period “{period}”, which is closed: its results stand.",
        "Reopen it first with lrs period reopen {period} --reason …, then import again.",
    ),
    "waiver": _rule(
        "Không được bỏ qua lý do “{value}”.",
        "Chỉ bỏ qua được: {choices}.",
        "The reason “{value}” cannot be waived.",
        "What can be: {choices}.",
    ),
    "waiver.none": _rule(
        "Điều chỉnh không bỏ qua lý do nào.",
        "Ghi ít nhất một lý do trong “waive”.",
        "The correction waives nothing.",
        "Name at least one reason in “waive”.",
    ),
    "waiver.needs": _rule(
        "Bỏ qua {waiver} thì phải ghi “{key}”.",
        "Thêm “{key}: …”.",
        "To waive {waiver}, the “{key}” must be named.",
        "Add “{key}: …”.",
    ),
    "waiver.without": _rule(
        "“{key}” chỉ có nghĩa khi bỏ qua {waiver}.",
        "Thêm {waiver} vào “waive”, hoặc bỏ “{key}”.",
        "“{key}” means something only where {waiver} is waived.",
        "Add {waiver} to “waive”, or remove “{key}”.",
    ),
}
