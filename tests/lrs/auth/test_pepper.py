"""The pepper is made once, for the eyes of the store alone."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lrs.auth.pepper import read_pepper
from lrs.settings import InvalidSettings, Settings


def settings_with(path: Path) -> Settings:
    return Settings(pepper_file=path)


def test_a_pepper_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "hocba.pepper"
    pepper = read_pepper(settings_with(path))
    assert len(bytes.fromhex(pepper.decode())) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_pepper(settings_with(path)) == pepper
    assert os.listdir(tmp_path) == ["hocba.pepper"]


def test_of_processes_that_start_at_once_all_have_the_same(tmp_path: Path) -> None:
    settings = settings_with(tmp_path / "hocba.pepper")
    with ThreadPoolExecutor(16) as pool:
        peppers = set(pool.map(lambda _: read_pepper(settings), range(64)))
    assert len(peppers) == 1
    assert os.listdir(tmp_path) == ["hocba.pepper"]


def test_a_pepper_of_the_settings_needs_no_file() -> None:
    assert read_pepper(Settings(pepper="sixteen bytes or more")) == b"sixteen bytes or more"


@pytest.mark.parametrize("content", [b"", b"too short\n"])
def test_a_file_with_too_little_in_it_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hocba.pepper"
    path.write_bytes(content)
    with pytest.raises(InvalidSettings, match="shorter than 16 bytes"):
        read_pepper(settings_with(path))


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="LRS_PEPPER_FILE"):
        read_pepper(settings_with(tmp_path / "nowhere" / "hocba.pepper"))
