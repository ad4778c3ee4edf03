"""Passwords hashed quickly: what is tested is what depends on the hash, not its strength."""

import pytest
from argon2 import PasswordHasher


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr("lrs.auth.passwords.HASHER", quick)
