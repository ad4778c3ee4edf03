"""The demo: a ministry's case in an open period, the same whenever it is started."""

from pathlib import Path

from lrs.cases import read_case
from lrs.commands.demo import load_case, write_once
from lrs.register import read
from lrs.settings import Settings
from lrs.store import Store
from schemas.register import Freeze, Period, Person
from tests.lrs.commands import Commands

ASKED = {"people": 25, "statements": 300}


def test_a_demo_keeps_its_people_and_its_year(tmp_path: Path):
    folder = tmp_path / "case"
    (tmp_path / "case.part").mkdir()
    (tmp_path / "case.part" / "appeal.yaml").write_text("from a start that was stopped")
    write_once(folder, seed=1, **ASKED)
    people = (folder / "organisation.yaml").read_bytes()
    write_once(folder, seed=2, **ASKED)
    assert (folder / "organisation.yaml").read_bytes() == people
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case"]
    read_case(folder)


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path):
    said = Commands("sqlite:///unused.db", tmp_path).run("demo", "--dir", "/proc/nope", code=1)
    assert said == "lrs: --dir /proc/nope: No such file or directory\n"


def test_loading_it_again_adds_nothing_and_its_period_stays_open(sqlite_url: str, tmp_path: Path):
    write_once(tmp_path / "case", seed=1, **ASKED)
    store = Store(Settings(database_url=sqlite_url, pepper_file=tmp_path / "pepper"))
    try:
        once, twice = (load_case(store, tmp_path / "case") for _ in range(2))
        assert once.stored > 250
        assert (twice.recorded, twice.stored) == (0, 0)
        assert once.stored + once.present == twice.present
        recorded, _ = read(store)
        assert len(recorded[Period]) == 1
        assert len(recorded[Person]) == 25
        assert not recorded[Freeze]
    finally:
        store.close()
