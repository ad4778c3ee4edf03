"""The page of a checkpoint: what it says, and that its code holds the note."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
import segno

from lrs.audit.checkpoints import SignedCheckpoint
from lrs.audit.cosignatures import Cosigner
from lrs.audit.notes import ML_DSA_44, Note, Signer, Verifier
from lrs.audit.printed import QR_BYTES, Printed, printed
from tests.lrs.witness.growing import GrowingLog

SIGNED = datetime(2026, 11, 29, 18, 30, 5, tzinfo=UTC)  # the 30th in Việt Nam
WITNESSES = [Cosigner.generate(f"w{number}.example") for number in range(4)]


def page(
    log: GrowingLog, *cosigners: Cosigner, known: list[tuple[str, Verifier]] | None = None
) -> Printed:
    text = log.checkpoint(len(log.leaves)).text
    note = log.signer.note(text).signed_by(*(it.sign(text, 1_795_977_000) for it in cosigners))
    signed = SignedCheckpoint(1, len(log.leaves), log.note(len(log.leaves)), 0)
    signed = signed._replace(signed=int(SIGNED.timestamp() * 1e6))
    return printed(
        signed,
        note,
        log.signer.vkey,
        time_zone="Asia/Ho_Chi_Minh",
        now=datetime(2026, 12, 1, 2, 0, tzinfo=UTC),
        witnesses=known or [],
    )


class Text(HTMLParser):
    """What a reader sees, and every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.seen.append(data)

    @property
    def text(self) -> str:
        return "".join(self.seen)


def modules(html: str) -> list[list[int]]:
    """The code as drawn: strokes of the path of its SVG, without the quiet border of 4."""
    [side] = re.findall(r'<svg viewBox="0 0 (\d+) \1"', html)
    [path] = re.findall(r'<path[^>]* d="([^"]+)"', html)
    drawn = [[0] * int(side) for _ in range(int(side))]
    x, y = 0, 0.0
    for move, to_x, to_y, length in re.findall(r"([Mm])(-?\d+) ?(-?[\d.]+)h(\d+)", path):
        x, y = (int(to_x), float(to_y)) if move == "M" else (x + int(to_x), y + float(to_y))
        for _ in range(int(length)):
            drawn[int(y)][x] = 1
            x += 1
    return [row[4:-4] for row in drawn[4:-4]]


def test_the_page_says_what_the_checkpoint_says_in_the_time_of_viet_nam():
    log = GrowingLog(1234)
    text = Text(page(log, WITNESSES[0], known=[("thanh tra", WITNESSES[0].verifier)]).html).text
    root = log.checkpoint(1234).root.hex()
    for said in (
        "lrs.example/log",
        "1.234",
        " ".join(re.findall("." * 8, root)),
        "30/11/2026 01:30:05 (UTC+07:00)",
        "Ngày 30/11/2026",
        log.signer.vkey,
        "thanh tra (30/11/2026 01:30:00)",
        "In lúc 01/12/2026 09:00:00 (UTC+07:00)",
        "lrs audit verify --since",
        "Người chứng kiến",
    ):
        assert said in text, said


def test_the_code_is_the_note_on_the_page():
    for cosigners in ((), WITNESSES[:2]):
        shown = page(GrowingLog(70), *cosigners)
        assert len(shown.note.signatures) == 1 + len(cosigners)
        assert str(shown.note) in Text(shown.html).text
        code = segno.make(str(shown.note).encode(), error="m", boost_error=False, micro=False)
        assert modules(shown.html) == [list(row) for row in code.matrix]
    other = segno.make(b"another note", error="m", boost_error=False, micro=False)
    assert modules(shown.html) != [list(row) for row in other.matrix]


def test_the_note_on_the_page_verifies():
    log = GrowingLog(70)
    shown = Note.parse(str(page(log, *WITNESSES).note))
    known = [log.signer.verifier, *(it.verifier for it in WITNESSES)]
    assert shown.verified_by(known) == known[:4]  # three witnesses have room, and the log


def test_long_signatures_stay_in_the_file_and_that_is_said():
    large = Cosigner.generate("pq.example", ML_DSA_44)
    shown = page(GrowingLog(70), large, *WITNESSES, known=[("lượng tử", large.verifier)])
    assert len(str(shown.note).encode()) <= QR_BYTES
    text = Text(shown.html).text
    assert "Còn 2 chữ ký khác" in text
    assert "lượng tử (30/11/2026" in text
    assert "w0.example (chưa kiểm, not verified)" in text
    assert "chữ ký khác" not in Text(page(GrowingLog(70)).html).text


@pytest.mark.parametrize(
    "name", ["a<script>alert(1)</script>.example", "b\"&'<b>.example", "đ" * 90]
)
def test_names_are_text_and_nothing_else(name: str):
    log = GrowingLog(3, name, Signer.generate(name))
    shown = page(log, Cosigner.generate(name), WITNESSES[0])
    read = Text(shown.html)
    assert name in read.text
    assert str(shown.note) in read.text
    assert {"script", "b"}.isdisjoint({tag for tag, _ in read.elements})
    assert shown.note.verified_by([log.signer.verifier])


def test_the_page_is_whole_by_itself():
    read = Text(page(GrowingLog(3), *WITNESSES).html)
    for tag, attributes in read.elements:
        assert tag not in {"script", "link", "img", "iframe", "object"}
        assert not {"src", "href", "style", "onload"} & attributes.keys(), (tag, attributes)
    assert "url(" not in page(GrowingLog(3)).html
    assert "@import" not in page(GrowingLog(3)).html
