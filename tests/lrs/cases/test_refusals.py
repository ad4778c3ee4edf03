"""Every way a case is refused: the worked case with one thing wrong, and where that is told."""

from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from typing import NamedTuple

import pytest

from lrs.cases import text_files
from lrs.cases.folder import DEFINED
from lrs.cases.problems import CaseProblem
from lrs.cases.rules import RULES
from lrs.cases.schemes import SUBJECTS
from tests.lrs.cases.golden import (
    APPEAL,
    BDHVS,
    CATALOGUE,
    DECLARATIONS,
    ORDER,
    ORGANISATION,
    PERIOD,
    PERSON_SHEET,
    UNIT_SHEET,
    Edit,
    copied,
    line_of,
    problems_of,
)

MEMBERS = ", ".join(f'{{"mbox": "mailto:a{number}@b.example"}}' for number in range(1001))
TEAM = f'"team": {{"objectType": "Group", "member": [{MEMBERS}]}}'


class Wrong(NamedTuple):
    """An edit, the rule it breaks and the line that is told: by what stands on it, or its number.

    None: the file as a whole.
    """

    rule: str
    file: str
    old: str
    new: str
    marker: str | int | None
    told_of: str = ""  # the file that is told, if it is another


NAME = '"Kỳ đánh giá 2026"'
MINUTES = "nominal_minutes: 120"
DECISION = 'decision: {number: "140/QĐ-TTCĐS", date: 2025-12-10}'
HEAD = "category: cong_chuc, head: true"
SECOND_POST = (
    '{person: P1, unit: "Y", position: CHUYEN_VIEN, category: cong_chuc, primary: false,'
    " from: 2025-10-01}"
)
KK_1 = "{id: KK-001, kind: digital_material, person: P1,"
TWO = "{platform: khoahocmo, lines: 2}"
CREDIT = '"b2000015-0000-4000-8000-000000000002", waive: [PLATFORM_NOT_RECOGNISED]'
A1_1 = '"timestamp": "2025-11-30T16:20:00Z"}'
VOID_OF_B2_1 = (
    '{"id": "e5000099-0000-4000-8000-000000000005",'
    ' "actor": {"account": {"homePage": "https://bdhvs.example", "name": "admin"}},'
    ' "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},'
    ' "object": {"objectType": "StatementRef", "id": "b2000001-0000-4000-8000-000000000002"},'
    ' "timestamp": "2026-10-15T20:00:00+07:00"}'
)

YAML = [
    Wrong("yaml.tab", PERIOD, "", "\tholiday: 1\n", "\tholiday"),
    Wrong("yaml.token", PERIOD, NAME, "@ky", "@ky"),
    Wrong("yaml.colon", PERIOD, NAME, "Kỳ: 2026: hai", "Kỳ: 2026"),
    Wrong("yaml.bracket", PERIOD, "{after_lines: 84}", "{after_lines: 84", "after_lines"),
    Wrong("yaml.indent", CATALOGUE, f"    {MINUTES}", f"   {MINUTES}", MINUTES),
    Wrong("yaml.quote", PERIOD, NAME, NAME[:-1], NAME[:-1]),
    Wrong("yaml.syntax", PERIOD, NAME, r'"Kỳ \q"', r"\q"),
    Wrong("yaml.character", PERIOD, "đánh giá", "đánh\x01giá", "\x01"),
    Wrong("yaml.documents", PERIOD, "", "---\nformat: lrs-case/1\n", "---"),
    Wrong("yaml.depth", PERIOD, "[]", "[" * 70 + "]" * 70, "[["),
    Wrong("yaml.alias", PERIOD, "[]", "*none", "*none"),
    Wrong("yaml.tag", PERIOD, "Asia/Ho_Chi_Minh", "!!str Asia/Ho_Chi_Minh", "!!str"),
    Wrong("yaml.key", PERIOD, "", "? [a]\n: b\n", "? [a]"),
]
KEYS = [
    Wrong("format", PERIOD, "lrs-case/1", "lrs-case/2", "lrs-case/2"),
    Wrong("key.missing", PERIOD, "format: lrs-case/1\n", "", "id: KY-2026"),
    Wrong("key.missing", ORGANISATION, HEAD, "head: true", "person: P1, unit: X"),
    Wrong("key.missing", ORGANISATION, 'name: "Lê Minh Châu"', "name: null", "id: P3"),
    Wrong("key.unknown", PERIOD, "", "weather: fine\n", "weather"),
    Wrong("key.unknown", CATALOGUE, DECISION, f"{DECISION[:-1]}, by: x}}", "by: x"),
    Wrong("key.misspelt", ORGANISATION, "absences:", "absence:", "absence:"),
    Wrong("key.misspelt", ORGANISATION, HEAD, f"{HEAD}, heads: 1", "heads"),
    Wrong("key.repeated", PERIOD, "", "id: KY-2027\n", "KY-2027"),
    Wrong("key.repeated", PERSON_SHEET, "", "max: 90\n", "max: 90"),
    Wrong("key.repeated", CATALOGUE, "      khoahocmo:", "      onetouch:", "at-thong-tin"),
]
VALUES = [
    Wrong("type.mapping", ORGANISATION, '"binh.tt"}\n', '"binh.tt"}\n      - x\n', "- x"),
    Wrong("type.list", PERIOD, "[]", "2026-02-28", "2026-02-28"),
    Wrong("type.text", PERIOD, NAME, "[a]", "[a]"),
    Wrong("text.quote", ORGANISATION, 'name: "1002"', "name: 1002", "name: 1002"),
    Wrong("text.quote", ORGANISATION, 'id: "Y"', "id: yes", "id: yes"),
    Wrong("text.quote", ORGANISATION, 'id: "Y"', "id: NO", "id: NO"),
    Wrong("text.quote", ORGANISATION, "type: nha_hat", "type: 12:30", "12:30"),
    Wrong("text.quote", DECLARATIONS, '"12/KH-CX"', "2026-02-21", "2026-02-21"),
    Wrong("text.empty", ORGANISATION, '"Lê Minh Châu"', '" "', 'name: " "'),
    Wrong("text.nfc", ORGANISATION, '"binh.tt"', '"bi\u0300nh.tt"', "nh.tt"),
    Wrong("text.iri", CATALOGUE, "https://lms.example/mod/scorm/view.php?id=44", "id 44", "id 44"),
    Wrong("text.mbox", ORGANISATION, "mailto:chau", "chau", "chau.le"),
    Wrong("text.sha1", ORGANISATION, '"99a2c636', '"99a2', "99a2"),
    Wrong("id.form", ORGANISATION, "  - id: P3", "  - id: P 3", "id: P 3"),
    Wrong("choice", ORGANISATION, "vien_chuc, head: false", "vien, head: false", "vien,"),
    Wrong("choice", CATALOGUE, "CompletedAndPassed", "Finished", "Finished"),
    Wrong("type.flag", ORGANISATION, "evaluated: false", "evaluated: 1", "evaluated: 1"),
    Wrong("type.flag", ORGANISATION, "primary: false", 'primary: "false"', '"false"'),
    Wrong("type.integer", CATALOGUE, "required_level: 4", "required_level: 04", "04}"),
    Wrong("type.integer", CATALOGUE, "required_level: 4", "required_level: true", "true}"),
    Wrong("type.integer", ORDER, TWO, TWO.replace("2", "2.0"), "2.0"),
    Wrong("number.least", ORDER, TWO, TWO.replace("2", "0"), "lines: 0"),
    Wrong("number.least", CATALOGUE, MINUTES, "nominal_minutes: -120", "-120"),
    *(
        Wrong("type.number", CATALOGUE, MINUTES, f"nominal_minutes: {written}", written)
        for written in ("1e2", "1.2e+2", ".inf", ".nan", "2:00", "0170", "1_20", "0x78", '"120"')
    ),
    Wrong("type.number", PERSON_SHEET, "cap_factor: 1.5", "cap_factor: 1.5e+0", "1.5e"),
    Wrong("type.date", PERIOD, "2026-10-31", "31/10/2026", "31/10/2026"),
    Wrong("type.date", PERIOD, "2026-10-31", "2026-10-31T00:00:00Z", "T00:00"),
    Wrong("date.exists", PERIOD, "2026-10-31", "2026-02-30", "2026-02-30"),
    Wrong("date.exists", UNIT_SHEET, "deadline: 2026-03-31", "deadline: 2026-02-30", "02-30"),
    Wrong("date.early", ORGANISATION, "2010-05-19", "1810-05-19", "1810-05-19"),
    Wrong("dates.order", ORGANISATION, "from: 2026-01-01", "from: 2026-07-01", "2026-07-01"),
    Wrong("dates.order", CATALOGUE, "to: 2026-04-30", "to: 2025-04-30", "2025-04-30"),
    Wrong("dates.order", DECLARATIONS, "level: 4,", "level: 4, valid_to: 2025-10-01,", "valid_to"),
    Wrong("list.repeated", CATALOGUE, "[R1, R2, R5]", "[R1, R2, R1]", "[R1, R2, R1]"),
]
RECORDS = [
    Wrong("id.repeated", DECLARATIONS, "{id: KK-002,", "{id: KK-001,", "Bộ câu hỏi ôn tập"),
    Wrong(
        "record.repeated",
        ORGANISATION,
        "absences:\n",
        f"  - {SECOND_POST.replace('cong_chuc', 'vien_chuc')}\nabsences:\n",
        "category: vien_chuc, primary",
    ),
    Wrong(
        "record.repeated",
        ORGANISATION,
        "absences:\n",
        "  - {person: P1, unit: X, position: LANH_DAO, category: cong_chuc, head: true,"
        " from: 2023-05-01, to: null}  # again\nabsences:\n",
        "# again",
    ),
    Wrong("reference", ORGANISATION, "person: P2, unit: X", "person: P2, unit: Z", "unit: Z"),
    Wrong("reference", ORGANISATION, "{person: P3, type", "{person: P4, type", "P4"),
    Wrong("reference", ORGANISATION, "position: NGHE_SI", "position: NGHE_Si", "NGHE_Si"),
    Wrong("reference", ORGANISATION, "type: cuc, parent: BO", "type: cuc, parent: B0", "B0"),
    Wrong("reference", CATALOGUE, "[R1, R2, R5]", "[R1, R2, R6]", "R6"),
    Wrong("reference", CATALOGUE, "      khoahocmo:", "      khoahocmoi:", "at-thong-tin"),
    Wrong("reference", DECLARATIONS, KK_1, KK_1.replace("P1", "P9"), "P9"),
    Wrong("reference", DECLARATIONS, "{unit: X, submitted", "{unit: X1, submitted", "X1"),
    Wrong("reference", DECLARATIONS, "{person: P1, framework", "{person: P0, framework", "P0"),
    Wrong("reference", ORDER, TWO, TWO.replace("mo", "moi"), "khoahocmoi"),
    Wrong("identifier.one", ORGANISATION, "      - openid", "        openid", "an.nguyen@bo"),
    Wrong("identifier.shared", ORGANISATION, '"binh.tt"}', '"an.nv"}  # P1', "# P1"),
    Wrong("membership.overlap", ORGANISATION, "2026-07-31", "2026-08-01", "from: 2026-08-01"),
    Wrong("membership.overlap", ORGANISATION, "primary: false", "primary: true", "primary: true"),
    Wrong(
        "unit.two_heads",
        ORGANISATION,
        "category: vien_chuc, head: false",
        "category: vien_chuc, head: true",
        "from: 2026-08-01",
    ),
    Wrong("unit.cycle", ORGANISATION, "type: bo, parent: null", "type: bo, parent: X", '"Cục X"'),
    Wrong("platform.credential", CATALOGUE, "khoahocmo-2026", "bdhvs-2026", "id: khoahocmo"),
    Wrong("course.activity", CATALOGUE, "ban-quyen-so", "ai-lanh-dao", "id: E3"),
    Wrong("item.no_subject", DECLARATIONS, KK_1, KK_1.removesuffix(" person: P1,"), "KK-001"),
    Wrong("item.two_subjects", DECLARATIONS, KK_1, f"{KK_1} unit: X,", "KK-001"),
    Wrong("item.reason", DECLARATIONS, '"Chưa qua thẩm định nội dung"', '" "', "KK-002"),
]
PERIODS_AND_SHEETS = [
    Wrong("period.start", PERIOD, "start: 2025-12-01", "start: 2025-12-02", "start:"),
    Wrong("period.end", PERIOD, "end: 2026-11-30", "end: 2026-11-29", "end:"),
    Wrong("dates.order", PERIOD, "end: 2026-11-30", "end: 2025-11-30", "start:"),
    Wrong("period.timezone", PERIOD, "Asia/Ho_Chi_Minh", "Asia/Hanoi", "Hanoi"),
    Wrong("period.timezone", PERIOD, "Asia/Ho_Chi_Minh", "../passwd", "passwd"),
    Wrong("period.timezone", PERIOD, "Asia/Ho_Chi_Minh", "Asia", "Asia"),
    Wrong("period.freeze", PERIOD, "{after_lines: 84}", "after_all", "after_all"),
    Wrong("freeze.inside", PERIOD, "after_lines: 84", "after_lines: 83", "after_lines"),
    Wrong("freeze.beyond", PERIOD, "after_lines: 84", "after_lines: 88", "after_lines"),
    Wrong("sheet.bands.last", PERSON_SHEET, "min: 0,", "min: 1,", "CHUA_DAT"),
    Wrong("sheet.decimals", PERSON_SHEET, "per_item: 5,", "per_item: 5.005,", "5.005"),
    Wrong("sheet.key.unknown", PERSON_SHEET, "", "weights: []\n", "weights"),
    Wrong("sheet.key.missing", PERSON_SHEET, "    kind: hours_linear\n", "", "id: B"),
]
STATEMENTS = [
    Wrong("statements.file", "statements/bdhvs.json", "", "{}\n", None),
    Wrong("statements.platform", "statements/moodle.jsonl", "", "", None),
    Wrong(
        "statements.unused",
        ORDER,
        TWO,
        TWO.replace("2", "1"),
        "a1000013",
        "statements/khoahocmo.jsonl",
    ),
    Wrong("order.lines", ORDER, TWO, TWO.replace("2", "3"), "khoahocmo"),
    Wrong("batch.repeated", BDHVS, '"id": "a1000002', '"id": "a1000001', "11-30T17:30:00Z"),
    Wrong("statement.blank", BDHVS, A1_1, f"{A1_1}\n", 2),
    Wrong("statement.id", BDHVS, '"id": "a1000001-0000-4000-8000-000000000001", ', "", A1_1),
    Wrong("statement.id_case", BDHVS, '"a1000001-0000', '"A1000001-0000', "A1000001"),
    Wrong("statement.timestamp", BDHVS, f", {A1_1}", "}", "a1000001"),
    Wrong("statement.timestamp_form", BDHVS, "30T16:20:00Z", "30T16:20:00.0000Z", "a1000001"),
    Wrong("statement.timestamp_form", BDHVS, "30T16:20:00Z", "30T16:20:00", "a1000001"),
    Wrong("statement.property", BDHVS, A1_1, f'{A1_1[:-1]}, "version": "1.0.3"}}', "a1000001"),
    Wrong("statement.names", BDHVS, f"}}, {A1_1}", f", {TEAM}}}, {A1_1}", "a1000001"),
    Wrong("statement.property", BDHVS, A1_1, f'{A1_1[:-1]}, "attachments": []}}', "a1000001"),
    Wrong("statement.duration", BDHVS, '"PT3600S"', '"PT3600.125S"', "3600.125"),
    Wrong("statement.void", BDHVS, A1_1, f"{A1_1}\n{VOID_OF_B2_1}", "e5000099"),
    Wrong("json.duplicate_key", BDHVS, A1_1, f'{A1_1[:-1]}, "id": "x"}}', "a1000001"),
    Wrong("timestamp", BDHVS, "11-30T16:20:00Z", "11-31T16:20:00Z", "a1000001"),
]


def appended(rule: str, correction: str, marker: str) -> Wrong:
    return Wrong(rule, APPEAL, "", f"      - {{{correction}}}\n", marker)


APPEALS = [
    Wrong("appeal.rejected", APPEAL, "decision: accepted", "decision: rejected", "corrections:"),
    Wrong("dates.order", APPEAL, "decided: 2026-12-15", "decided: 2026-12-08", "2026-12-08"),
    Wrong("waiver", APPEAL, CREDIT, CREDIT.replace("PLATFORM_NOT_RECOGNISED", "VOIDED"), "VOIDED"),
    Wrong(
        "waiver.none", APPEAL, CREDIT, CREDIT.replace("PLATFORM_NOT_RECOGNISED", ""), "waive: []"
    ),
    Wrong("waiver.needs", APPEAL, CREDIT, f"{CREDIT[:-1]}, UNMAPPED_COURSE]", "UNMAPPED"),
    Wrong("waiver.needs", APPEAL, CREDIT, f"{CREDIT[:-1]}, UNRESOLVED_ACTOR]", "UNRESOLVED"),
    Wrong("waiver.without", APPEAL, CREDIT, f"{CREDIT}, course: R2", "course: R2"),
    Wrong("key.unknown", APPEAL, CREDIT, f"{CREDIT}, item: KK-001", "KK-001"),
    Wrong("reference", APPEAL, CREDIT, CREDIT.replace("b2000015", "b2000099"), "b2000099"),
    Wrong("reference", APPEAL, "    person: P2", "    person: P5", "P5"),
    Wrong(
        "reference",
        APPEAL,
        CREDIT,
        f"{CREDIT[:-1]}, UNMAPPED_COURSE], course: R9",
        "course: R9",
    ),
    appended("reference", "kind: decide_declaration, item: KK-9, decision: accepted", "KK-9"),
    appended("choice", "kind: forgive", "forgive"),
    appended(
        "identifier.shared",
        'kind: link_identity, person: P2, identifier: {mbox: "mailto:chau.le@nhahat.example"}',
        "link_identity",
    ),
]


def named() -> Iterator[tuple[str, Wrong]]:
    for number, wrong in enumerate(WRONG):
        yield f"{wrong.rule}-{number}", wrong


WRONG = [*YAML, *KEYS, *VALUES, *RECORDS, *PERIODS_AND_SHEETS, *STATEMENTS, *APPEALS]


@pytest.mark.parametrize("wrong", [pytest.param(wrong, id=id_) for id_, wrong in named()])
def test_what_is_wrong_is_told_with_its_line_and_its_mend(wrong: Wrong, tmp_path: Path) -> None:
    folder = copied(tmp_path, Edit(wrong.file, wrong.old, wrong.new))
    file = wrong.told_of or wrong.file
    marker = wrong.marker
    line = line_of(folder, file, marker) if isinstance(marker, str) else marker
    found = problems_of(folder)
    assert (wrong.rule, file, line) in [(told.rule, told.file, told.line) for told in found]
    for problem in found:
        assert_worded(problem)


def assert_worded(problem: CaseProblem) -> None:
    for wording in (problem.vi, problem.en):
        for text in wording:
            assert text.endswith((".", "?", "”")), text
            assert "{{" not in text, text


ELSEWHERE = {  # tested below, with YAML, with changes, with workbooks and with OneRoster
    "appeal.closed",
    "cell.converted",
    "cell.day",
    "cell.error",
    "cell.flag",
    "cell.formula",
    "csv.columns",
    "csv.row",
    "file.empty",
    "file.encoding",
    "file.folder",
    "file.missing",
    "file.name",
    "file.size",
    "file.unreadable",
    "file.utf16",
    "order.file",
    "period.frozen",
    "roster.bulk",
    "roster.folder",
    "roster.user_ids",
    "roster.version",
    "scheme.changed",
    "scheme.subject",
    "workbook.column",
    "workbook.header",
    "workbook.sheet",
    "workbook.sheets",
    "workbook.unreadable",
    "yaml.aliases",
}


def test_every_rule_is_tested() -> None:
    assert {wrong.rule for wrong in WRONG} | ELSEWHERE >= set(RULES)
    assert set(RULES) >= ELSEWHERE


def told(folder: Path) -> set[tuple[str, str, int | None]]:
    return {(problem.rule, problem.file, problem.line) for problem in problems_of(folder)}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert told(tmp_path / "none") == {("file.folder", str(tmp_path / "none"), None)}


@pytest.mark.parametrize("file", [*DEFINED][:-1])
def test_a_missing_file_is_the_only_problem(file: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / file).unlink()
    assert told(folder) == {("file.missing", file, None)}


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"---\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_the_only_problem(content: bytes, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / CATALOGUE).write_bytes(content)
    assert told(folder) == {("file.empty", CATALOGUE, None)}


def test_a_directory_in_place_of_a_file(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / APPEAL).unlink()
    (folder / APPEAL).mkdir()
    assert told(folder) == {("file.unreadable", APPEAL, None)}


def test_an_appeal_file_under_another_name_is_not_passed_over(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / APPEAL).rename(folder / "appeals.yaml")
    assert told(folder) == {("file.name", "appeals.yaml", None)}


def test_a_file_in_utf_16(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    text = (folder / PERIOD).read_text()
    (folder / PERIOD).write_bytes(text.encode("utf-16"))
    assert told(folder) == {("file.utf16", PERIOD, 1)}


def test_a_file_in_another_encoding_is_told_by_its_line(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    content = (folder / PERIOD).read_bytes()
    (folder / PERIOD).write_bytes(content.replace("Kỳ".encode(), b"K\xfd"))
    assert told(folder) == {("file.encoding", PERIOD, 3)}


def test_a_file_beyond_all_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = copied(tmp_path)
    monkeypatch.setattr(text_files, "MAXIMUM_BYTES", (folder / ORGANISATION).stat().st_size - 1)
    assert ("file.size", ORGANISATION, None) in told(folder)


def test_a_batch_of_a_platform_without_a_file(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "statements/khoahocmo.jsonl").unlink()
    line = line_of(folder, ORDER, "khoahocmo")
    assert told(folder) == {("order.file", ORDER, line)}


def test_the_two_score_sheets_exchanged(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    person, unit = (folder / file for file in SUBJECTS)
    texts = person.read_text(), unit.read_text()
    unit.write_text(texts[0])
    person.write_text(texts[1])
    assert {rule for rule, _, _ in told(folder)} == {"scheme.subject"}


def test_leaf_maxima_that_do_not_add_up(tmp_path: Path) -> None:
    folder = copied(tmp_path, Edit(PERSON_SHEET, "max: 30", "max: 29"))
    assert ("sheet.sum", PERSON_SHEET) in {found[:2] for found in told(folder)}


def test_an_address_and_its_digest_are_one_identifier(tmp_path: Path) -> None:
    digest = sha1(b"mailto:chau.le@nhahat.example", usedforsecurity=False).hexdigest().upper()
    edit = Edit(ORGANISATION, "99a2c636ba3e38e16d154de48953c1fe792f4821", digest)
    folder = copied(tmp_path, edit)
    line = line_of(folder, ORGANISATION, "chau.le")
    assert told(folder) == {("identifier.shared", ORGANISATION, line)}


def test_one_broken_record_is_one_problem(tmp_path: Path) -> None:
    """Not a second one for everything that refers to it."""
    folder = copied(tmp_path, Edit(ORGANISATION, '"Nguyễn Văn An"', "2026"))
    assert [problem.rule for problem in problems_of(folder)] == ["text.quote"]


@pytest.mark.parametrize(
    "asked", ["khoahocmoi, lines: 2", "khoahocmo, lines: two", "khoahocmo, lines: 3"]
)
def test_what_is_wrong_in_the_order_is_not_told_of_lines_and_freeze_as_well(
    asked: str, tmp_path: Path
) -> None:
    folder = copied(tmp_path, Edit(ORDER, "khoahocmo, lines: 2", asked))
    assert [problem.file for problem in problems_of(folder)] == [ORDER]


def test_a_batch_when_the_lines_are_used_up(tmp_path: Path) -> None:
    folder = copied(tmp_path, Edit(ORDER, "", "  - {platform: khoahocmo, lines: 1}  # more\n"))
    assert told(folder) == {("order.lines", ORDER, line_of(folder, ORDER, "# more"))}


def test_a_membership_of_no_days_is_not_told_to_overlap(tmp_path: Path) -> None:
    folder = copied(tmp_path, Edit(ORGANISATION, "from: 2021-09-01", "from: 2027-01-01"))
    assert [problem.rule for problem in problems_of(folder)] == ["dates.order"]


def test_overlapping_memberships_of_one_head_are_not_two_heads(tmp_path: Path) -> None:
    row = '{person: P2, unit: "Y", position: LANH_DAO, category: vien_chuc, head: true, from: '
    again = f"  - {row}2026-09-01}}\nabsences:\n"
    folder = copied(tmp_path, Edit(ORGANISATION, "absences:\n", again))
    assert [problem.rule for problem in problems_of(folder)] == ["membership.overlap"]


def test_every_row_within_a_long_one_overlaps(tmp_path: Path) -> None:
    row = "  - {person: P1, unit: X, position: LANH_DAO, category: cong_chuc, from: "
    rows = f"{row}2024-01-01, to: 2024-02-01}}\n{row}2025-01-01, to: 2025-02-01}}\n"
    folder = copied(tmp_path, Edit(ORGANISATION, "absences:\n", f"{rows}absences:\n"))
    found = problems_of(folder)
    assert [problem.rule for problem in found] == ["membership.overlap"] * 2


def test_all_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = copied(
        tmp_path,
        Edit(ORGANISATION, "2010-05-19", "1810-05-19"),
        Edit(ORGANISATION, "evaluated: false", "evaluated: never"),
        Edit(CATALOGUE, "[R1, R2, R5]", "[R1, R2, R7]"),
        Edit(PERIOD, "2026-10-31", "31/10/2026"),
        Edit(PERSON_SHEET, "min: 0,", "min: 1,"),
        Edit(DECLARATIONS, '"Chưa qua thẩm định nội dung"', '""'),
        Edit(ORDER, TWO, TWO.replace("2", "3")),
        Edit(BDHVS, '"PT3600S"', '"PT3600.125S"'),
        Edit(APPEAL, "    person: P2", "    person: P5"),
    )
    assert {(rule, file) for rule, file, _ in told(folder)} == {
        ("date.early", ORGANISATION),
        ("type.flag", ORGANISATION),
        ("reference", CATALOGUE),
        ("type.date", PERIOD),
        ("sheet.bands.last", PERSON_SHEET),
        ("item.reason", DECLARATIONS),
        ("order.lines", ORDER),
        ("statement.duration", BDHVS),
        ("reference", APPEAL),
    }
