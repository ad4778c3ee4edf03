"""Whatever happens to a file, a case is read or refused with problems that can be told."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrs.cases import CaseProblem, CaseRefused, read_case
from lrs.cases.folder import DEFINED
from tests.lrs.cases.golden import BDHVS, GOLDEN

FILES = [*DEFINED, BDHVS]
TOKENS = st.sampled_from(
    (
        *("null", "~", "true", "no", "Y", "0", "-1", "1e9", ".inf", ".nan", "0x1F", "017", "1_0"),
        *("12:30", "2026-02-30", "0001-01-01", "9999-12-31", "9" * 5_000, "{}", "[]", "[[]]"),
        *("{a: 1}", "''", '""', "&", "*", "!", "|", ">", "%", "@", ":", ": ", ",", "- ", "#", "?"),
        *("\t", "\n", "\u0301", "\u2028", "\x85", "\ufeff", "\x00", "P1", "X", "R1", "KK-001"),
        *("mailto:", "note: ", "<<: ", "format: lrs-case/1"),
    )
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("mutations") / "case"
    shutil.copytree(GOLDEN, copy)
    return copy


@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_change_of_a_file_is_read_or_refused(folder: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FILES))
    text = (GOLDEN / name).read_text()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.sampled_from([0, 1, 3, 10, 40, 400]))
        inserted = data.draw(TOKENS | st.text(max_size=5) | st.just(text[start : start + 30]))
        text = text[:start] + inserted + text[start + length :]
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    problems = problems_of(folder)
    shutil.copyfile(GOLDEN / name, folder / name)
    for problem in problems or ():
        assert problem.line is None or problem.line >= 1
        assert problem.text("vi")
        assert problem.text("en")
    assert problems != []


def problems_of(folder: Path) -> list[CaseProblem] | None:
    """None: read."""
    try:
        read_case(folder)
    except CaseRefused as refused:
        return refused.problems
    return None
