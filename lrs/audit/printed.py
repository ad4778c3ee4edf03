"""A checkpoint on paper: one page to print, sign, stamp and keep in a safe.

What is on paper cannot be changed later with the database. The page holds the note as text and as
a QR code, so that it can be read back and compared with the log at any time. It needs no script,
no font and no picture from elsewhere.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import segno

from lrs.audit.checkpoints import Checkpoint, SignedCheckpoint
from lrs.audit.notes import Note, Verifier
from lrs.audit.policy import cosigned_at

QR_BYTES: Final = 700  # a code of 101 modules, half a millimetre each
LINES: Final = 4  # signature lines that have room, the log's among them
NAMED: Final = 5  # witnesses that have room
_ED25519_BYTES: Final = 72  # time and signature of a cosignature


class Printed(NamedTuple):
    """The page, and the note in its QR code."""

    html: str
    note: Note


def printed(
    signed: SignedCheckpoint,
    note: Note,
    vkey: str,
    *,
    time_zone: str,
    now: datetime,
    witnesses: Sequence[tuple[str, Verifier]] = (),
) -> Printed:
    """The page of a checkpoint, of which ``note`` is the note with the cosignatures held.

    ``witnesses`` are those of a policy, by its names. Signatures of ML-DSA-44 are as long as the
    page and stay in the file; how many there are is said.
    """
    zone = ZoneInfo(time_zone)
    checkpoint = Checkpoint.parse(note.text)
    short = _short_enough(note)
    code = segno.make(str(short).encode(), error="m", boost_error=False, micro=False)
    left_out = len(note.signatures) - len(short.signatures)
    facts = (
        ("Nhật ký", "log", checkpoint.origin),
        ("Số sự kiện", "events", _thousands(checkpoint.size)),
        ("Mã băm gốc", "root hash, hex", _grouped(checkpoint.root.hex())),
        ("Ký lúc", "signed", _shown(datetime.fromtimestamp(signed.signed / 1e6, UTC), zone)),
        ("Khóa của nhật ký", "key", vkey),
        ("Nhân chứng", "witnesses", _witnessed(note, witnesses, zone)),
    )
    values = {
        "day": f"{datetime.fromtimestamp(signed.signed / 1e6, zone):%d/%m/%Y}",
        "facts": "".join(_row(*fact) for fact in facts),
        "code": code.svg_inline(border=4, omitsize=True),
        "note": escape(str(short)),
        "left_out": _left_out(left_out),
        "size": _thousands(checkpoint.size),
        "printed": _shown(now, zone),
    }
    return Printed(PAGE.format_map(values), short)


def _short_enough(note: Note) -> Note:
    """The note with the log's signature and as many more as page and code have room for."""
    kept = note.signatures[:1]
    for signature in note.signatures[1:]:
        longer = Note(note.text, (*kept, signature))
        if len(kept) < LINES and len(str(longer).encode()) <= QR_BYTES:
            kept = longer.signatures
    return Note(note.text, kept)


def _witnessed(note: Note, witnesses: Sequence[tuple[str, Verifier]], zone: ZoneInfo) -> str:
    """Which witnesses cosigned and when; of those no policy knows, what they call themselves."""
    known = {(verifier.name, verifier.key_id): name for name, verifier in witnesses}
    said = []
    for signature in note.signatures[1:]:
        name = known.get((signature.name, signature.key_id))
        if name is not None:
            verifier = next(it for _, it in witnesses if it[:2] == signature[:2])
            if note.verified_by([verifier]):
                when = datetime.fromtimestamp(cosigned_at(note, verifier), UTC)
                said.append(f"{name} ({when.astimezone(zone):%d/%m/%Y %H:%M:%S})")
        elif len(signature.signature) == _ED25519_BYTES:
            said.append(f"{signature.name} (chưa kiểm, not verified)")
    more = f" … (+{len(said) - NAMED})" if len(said) > NAMED else ""
    return ", ".join(said[:NAMED]) + more or "chưa có (none)"


def _left_out(count: int) -> str:
    if not count:
        return ""
    return (
        f"<p class=en>Còn {count} chữ ký khác, chỉ có trong tệp điện tử."
        f" Signatures that are in the electronic file alone: {count}.</p>"
    )


def _row(name: str, english: str, value: str) -> str:
    return (
        f"<tr><th>{escape(name)}<br><span class=en>{escape(english)}</span></th>"
        f"<td>{escape(value)}</td></tr>"
    )


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    offset = f"{local:%z}"
    return f"{local:%d/%m/%Y %H:%M:%S} (UTC{offset[:3]}:{offset[3:]})"


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _grouped(digits: str) -> str:
    """In groups of eight, for eyes that compare."""
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))


PAGE: Final = """\
<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Điểm kiểm tra {size} - {day}</title>
<style>
@page {{ size: A4; margin: 0; }}
* {{ box-sizing: border-box; }}
html {{ background: #fff; color: #000; }}
body {{ display: flex; flex-direction: column; margin: 0 auto; height: 296mm; overflow: hidden;
  padding: 13mm 16mm 10mm; width: 210mm;
  font: 10pt/1.3 "Times New Roman", "Liberation Serif", "DejaVu Serif", serif; }}
main {{ flex: 0 1 auto; overflow: hidden; }}
h1 {{ font-size: 17pt; margin: 0; text-align: center; }}
h2 {{ font-size: 11.5pt; margin: 4mm 0 1mm; }}
h2.first {{ margin-top: 0; }}
.en {{ color: #444; font-size: 8.5pt; font-style: italic; font-weight: normal; }}
.day {{ margin: 1mm 0 4mm; text-align: center; }}
.facts {{ border-collapse: collapse; width: 100%; }}
.facts th, .facts td {{ border-bottom: 0.3pt solid #888; padding: 0.9mm 0; text-align: left;
  vertical-align: top; }}
.facts th {{ font-weight: bold; line-height: 1.1; padding-right: 4mm; width: 42mm; }}
.facts td {{ overflow-wrap: anywhere; }}
.read {{ display: flex; gap: 5mm; margin-top: 3mm; }}
.read svg {{ display: block; flex: none; height: 62mm; width: 62mm; }}
pre {{ border: 0.3pt solid #888; font: 7.6pt/1.3 "DejaVu Sans Mono", "Liberation Mono", monospace;
  margin: 0; overflow-wrap: anywhere; padding: 2mm; white-space: pre-wrap; }}
ol {{ margin: 0; padding-left: 6mm; }}
code {{ font: 8.5pt "DejaVu Sans Mono", "Liberation Mono", monospace; }}
.signing {{ display: flex; flex: 1 0 30mm; gap: 8mm; margin-top: 5mm; text-align: center; }}
.signing div {{ flex: 1; }}
footer {{ border-top: 0.3pt solid #888; color: #444; flex: none; font-size: 8.5pt;
  padding-top: 1mm; }}
</style>
</head>
<body>
<main>
<h1>ĐIỂM KIỂM TRA CỦA NHẬT KÝ HỌC BẠ</h1>
<p class=day>Ngày {day}<br><span class=en>Checkpoint of the learning-record log</span></p>
<table class=facts>{facts}</table>
<div class=read>
{code}
<div>
<h2 class=first>Văn bản đã ký <span class=en>the signed note, as in the code</span></h2>
<pre>{note}</pre>
{left_out}
</div>
</div>
<h2>Cách kiểm tra <span class=en>how to check</span></h2>
<ol>
<li>Giữ tờ này ở nơi người vận hành hệ thống không sửa, không thay được.
<span class=en>Keep this page where those who run the system cannot replace it.</span></li>
<li>Khi cần, quét mã QR và lưu nguyên văn thành tệp <code>diem.txt</code>.
<span class=en>Scan the QR code; save its text, unchanged, as a file.</span></li>
<li>Chạy <code>lrs audit verify --since diem.txt</code>, hoặc với bản xuất:
<code>python verify_log.py BUNDLE --since diem.txt</code>.
<span class=en>Run either: on the store, or on an exported bundle without the product.</span>
</li>
<li>Kết quả phải là hợp lệ. Nếu không, {size} sự kiện đầu của nhật ký đã bị sửa sau ngày ký.
<span class=en>It must say valid; otherwise the first {size} events were changed since.</span></li>
</ol>
</main>
<div class=signing>
<div>Người lập<br><span class=en>prepared by (signature, full name)</span></div>
<div>Người chứng kiến<br><span class=en>witnessed by (signature, full name)</span></div>
<div>Thủ trưởng đơn vị<br><span class=en>head of unit (signature, stamp)</span></div>
</div>
<footer>In lúc {printed}. Trang 1/1. Trang này không có dữ liệu cá nhân.
<span class=en>Printed at that time; one page; no personal data.</span></footer>
</body>
</html>
"""
