"""The documentation is true: its links lead somewhere, its commands exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:^|`)make ([a-z]+)", re.MULTILINE)
TARGET = re.compile(r"^([a-z]+):.*## ", re.MULTILINE)

pytestmark = pytest.mark.docs


def found(pattern: re.Pattern[str], page: Path) -> Iterator[str]:
    return (match[1] for match in pattern.finditer(page.read_text("utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    assert [link for link in found(LINK, page) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_of_a_page_exists(page: Path) -> None:
    assert set(found(COMMAND, page)) <= set(found(TARGET, ROOT / "Makefile"))
