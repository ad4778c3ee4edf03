"""The user of the machine, as a credential anybody can read in the log."""

import os

import pytest

from lrs.auth.machine import machine_user_id, machine_user_of
from projections.accounts import account_id
from schemas.events import NOBODY


@pytest.mark.parametrize("name", ["root", "an.nv", "quản-trị", "a" * 15])
def test_a_name_is_its_own_credential(name: str) -> None:
    id_ = machine_user_id(name)
    assert len(id_) == 16
    assert machine_user_of(id_) == name


@pytest.mark.parametrize("name", ["a" * 16, "BVHTTDL\\nguyen.van.an", "một tên rất dài"])
def test_a_long_name_is_cut_and_stays_apart_from_others(name: str) -> None:
    shown = machine_user_of(machine_user_id(name))
    assert shown is not None
    assert name.startswith(shown.partition("~")[0])
    assert machine_user_id(name) != machine_user_id(name + "x") != machine_user_id(name + "y")


@pytest.mark.parametrize(
    "other", [NOBODY, account_id("root"), b"\0" + b"\xff" * 15, b"\0a\nb".ljust(16, b"\0")]
)
def test_no_other_credential_is_taken_for_one(other: bytes) -> None:
    assert machine_user_of(other) is None


def test_random_credentials_are_not() -> None:
    assert not any(machine_user_of(os.urandom(16)) for _ in range(10_000))
