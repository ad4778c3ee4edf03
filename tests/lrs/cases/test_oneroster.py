"""An organisation as OneRoster 1.2 CSV."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from lrs.cases import CaseProblem, CaseRefused, changes
from lrs.cases.oneroster import Unsaid, read_oneroster
from schemas.events import Kind
from schemas.register import (
    Account,
    Course,
    Identifier,
    JobPosition,
    Membership,
    Person,
    Record,
    Unit,
)

MANIFEST = """\
propertyName,value
manifest.version,1.0
oneroster.version,1.2
file.classes,absent
file.orgs,bulk
file.users,bulk
file.roles,bulk
source.systemName,Nhân sự
"""
ORGS = """\
sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId
BO,,,"Bộ Văn hóa, Thể thao và Du lịch",national,,
X,,,Cục X,department,,BO
"""
USERS = """\
sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,\
identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,\
preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns
P1,,,true,an.nv,"{LDAP:an.nv},{https://lms.example:1001}",An,Nguyễn,Văn,,an@bo.example,,,,,,,,,,X,
P2,,,true,binh.tt,{Card:77},Bình,Trần,,,,,,,,,,,,,X,
"""
ROLES = """\
sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,\
userProfileSourcedId
r1,,,P1,primary,principal,2023-05-01,,X,
r2,,,P1,secondary,ext:CHUYEN_VIEN,,,BO,
r3,,,P2,primary,ext:CHUYEN_VIEN,2021-09-01,2026-07-31,X,
"""
FILES = {"manifest.csv": MANIFEST, "orgs.csv": ORGS, "users.csv": USERS, "roles.csv": ROLES}
LDAP = Unsaid(home_pages={"LDAP": "https://bdhvs.example"})


def written(directory: Path, **changed: tuple[str, str]) -> Path:
    """The files in a folder; of a file by its name, ``old`` becomes ``new``."""
    for name, text in FILES.items():
        old, new = changed.get(name.removesuffix(".csv"), ("", ""))
        assert not old or text.count(old) == 1
        (directory / name).write_text(text.replace(old, new) if old else text)
    return directory


def problems_of(folder: Path) -> list[CaseProblem]:
    with pytest.raises(CaseRefused) as refused:
        read_oneroster(folder)
    assert all(problem.mend("vi") for problem in refused.value.problems)
    return refused.value.problems


def test_units_people_identifiers_and_memberships(tmp_path: Path) -> None:
    records = read_oneroster(written(tmp_path), LDAP).records
    assert [*records[Unit].values()] == [
        Unit(id="BO", vi="Bộ Văn hóa, Thể thao và Du lịch", type="national"),
        Unit(id="X", vi="Cục X", type="department", parent="BO"),
    ]
    assert [*records[Person].values()] == [
        Person(id="P1", name="Nguyễn Văn An"),
        Person(id="P2", name="Trần Bình"),
    ]
    assert [*records[Identifier].values()] == [
        Identifier(person="P1", mbox="mailto:an@bo.example"),
        Identifier(person="P1", account=Account("https://bdhvs.example", "an.nv")),
        Identifier(person="P1", account=Account("https://lms.example", "1001")),
    ]
    assert [*records[Membership].values()] == [
        Membership(
            person="P1",
            unit="X",
            position="principal",
            category="vien_chuc",
            head=True,
            from_=date(2023, 5, 1),
        ),
        Membership(
            person="P1", unit="BO", position="CHUYEN_VIEN", category="vien_chuc", primary=False
        ),
        Membership(
            person="P2",
            unit="X",
            position="CHUYEN_VIEN",
            category="vien_chuc",
            from_=date(2021, 9, 1),
            to=date(2026, 7, 31),
        ),
    ]


def test_a_zip_file_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    folder = written(tmp_path / "files")
    with zipfile.ZipFile(tmp_path / "roster.zip", "w") as archive:
        for name in FILES:
            archive.write(folder / name, name)
    assert read_oneroster(tmp_path / "roster.zip") == read_oneroster(folder)


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_problem(tmp_path: Path) -> None:
    expected = read_oneroster(written(tmp_path))
    for file in tmp_path.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert read_oneroster(tmp_path) == expected


def test_what_a_roster_leaves_open_is_said_beside_it(tmp_path: Path) -> None:
    unsaid = Unsaid(category="cong_chuc", heads=frozenset({"CHUYEN_VIEN"}))
    rows = [*read_oneroster(written(tmp_path), unsaid).records[Membership].values()]
    assert {row.category for row in rows if isinstance(row, Membership)} == {"cong_chuc"}
    assert [row.head for row in rows if isinstance(row, Membership)] == [False, True, True]


def test_the_category_of_a_role_may_be_said_in_a_column_of_its_own(tmp_path: Path) -> None:
    header, *rows = ROLES.splitlines()
    lines = [f"{header},metadata.category", f"{rows[0]},can_bo", *(f"{row}," for row in rows[1:])]
    written(tmp_path)
    (tmp_path / "roles.csv").write_text("\n".join(lines))
    found = read_oneroster(tmp_path).records[Membership].values()
    assert [row.category for row in found if isinstance(row, Membership)] == [
        "can_bo",
        "vien_chuc",
        "vien_chuc",
    ]


def test_identifiers_that_a_roster_does_not_know_stay(tmp_path: Path) -> None:
    described = read_oneroster(written(tmp_path))
    linked = Identifier(person="P1", openid="https://id.example/an")
    left = Membership(person="P2", unit="BO", position="CHUYEN_VIEN", category="vien_chuc")
    recorded: dict[type[Record], dict[str, Record]] = {
        JobPosition: {id_: JobPosition(id=id_, vi=id_) for id_ in ("principal", "CHUYEN_VIEN")},
        Course: {},
        Person: {"P2": Person(id="P2", name="Trần Bình")},
        Unit: {"BO": Unit(id="BO", vi="Bộ")},
        Identifier: {linked.key: linked},
        Membership: {left.key: left},
    }
    kinds = [change.kind for change in changes(described, recorded)]
    assert Kind.IDENTIFIER_UNLINKED not in kinds
    assert kinds[0] == Kind.MEMBERSHIP_WITHDRAWN


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "line"),
    [
        ("manifest", "oneroster.version,1.2", "oneroster.version,1.1", "roster.version", 3),
        ("manifest", "file.users,bulk", "file.users,delta", "roster.bulk", 6),
        ("manifest", "file.orgs,bulk\n", "", "roster.bulk", 1),
        ("orgs", "parentSourcedId", "parent", "csv.columns", 1),
        ("orgs", "X,,,Cục X", "X,,Cục X", "csv.row", 3),
        ("orgs", '"Bộ Văn hóa', '"Bộ" Văn hóa', "csv.row", 2),
        ("orgs", "X,,,Cục X", "BO,,,Cục X", "id.repeated", 3),
        ("orgs", "X,,,Cục X", "X,,,", "key.missing", 3),
        ("orgs", "national,,\n", "national,,X\n", "unit.cycle", 3),
        ("users", "an@bo.example", "an", "text.mbox", 2),
        ("users", "{Card:77}", "Card:77", "roster.user_ids", 3),
        ("users", "{Card:77}", "{Card:}", "roster.user_ids", 3),
        ("users", "{Card:77}", '"{Card:77}, 78"', "roster.user_ids", 3),
        ("users", "{Card:77}", "{https://lms.example:1001}", "identifier.shared", 3),
        ("roles", "P1,primary", "P1,main", "choice", 2),
        ("roles", "2026-07-31", "2020-07-31", "dates.order", 4),
        ("roles", "2026-07-31", "31/07/2026", "type.date", 4),
        ("roles", "P1,secondary", "P1,primary", "membership.overlap", 2),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, rule: str, line: int
) -> None:
    [problem] = problems_of(written(tmp_path, **{file: (old, new)}))
    assert (problem.rule, problem.file, problem.line) == (rule, f"{file}.csv", line)


def test_a_row_may_have_line_ends_of_its_own(tmp_path: Path) -> None:
    folder = written(tmp_path, orgs=("Bộ Văn hóa, Thể", "Bộ Văn hóa,\nThể"))
    (folder / "orgs.csv").write_text((folder / "orgs.csv").read_text() + "Z Z,,,Z,x,,\n")
    assert [problem.line for problem in problems_of(folder)] == [5]


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file(tmp_path: Path, file: str) -> None:
    folder = written(tmp_path)
    (folder / file).unlink()
    assert [(problem.rule, problem.file) for problem in problems_of(folder)] == [
        ("file.missing", file)
    ]


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "orgs.csv").write_bytes(ORGS.encode().replace("ộ".encode(), b"\xf4"))
    assert [problem.rule for problem in problems_of(folder)] == ["file.encoding"]


def test_what_is_neither_a_folder_nor_a_zip_file(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("a")
    for path in (tmp_path / "a.zip", tmp_path / "b.zip"):
        assert [problem.rule for problem in problems_of(path)] == ["roster.folder"]


def test_a_broken_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    content = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(content.replace(b"oneroster", b"oneraster"))
    assert "file.unreadable" in {problem.rule for problem in problems_of(tmp_path / "a.zip")}
