"""Random ids are random, version 4, and never given twice, whoever asks."""

import os
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from lrs.random_ids import AT_ONCE, random_16, random_uuid


def test_an_id_is_a_uuid_of_version_4() -> None:
    ids = [UUID(bytes=random_uuid()) for _ in range(3 * AT_ONCE)]
    assert {(id.version, id.variant) for id in ids} == {(4, "specified in RFC 4122")}


def test_no_two_are_the_same_among_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        some = pool.map(lambda _: [random_16() for _ in range(2 * AT_ONCE)], range(8))
    taken = [number for numbers in some for number in numbers]
    assert len(set(taken)) == len(taken)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the child only writes
def test_a_forked_process_shares_none_with_its_parent() -> None:
    random_16()  # there is a pool to inherit
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writing, random_16())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 16) not in {random_16() for _ in range(AT_ONCE)}
