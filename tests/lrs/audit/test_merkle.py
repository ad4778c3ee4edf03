"""The tree and its proofs, by the vectors of certificate transparency and by their definition."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.audit.merkle import (
    EMPTY_ROOT,
    CompactRange,
    Nodes,
    ProofInvalid,
    consistency_proof,
    full_root,
    inclusion_proof,
    node_hash,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from lrs.log.leaf import leaf_hash

ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
"""The entries of the test vectors of certificate-transparency, which everybody uses since."""

LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
LEVEL_0 = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
)
LEVEL_1 = (
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
)
LEVEL_2 = (
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
)
INCLUSION = {
    (0, 1): [],
    (0, 8): [LEVEL_0[1], LEVEL_1[1], LEVEL_2[1]],
    (5, 8): [LEVEL_0[4], LEVEL_1[3], LEVEL_2[0]],
    (2, 3): [LEVEL_1[0]],
    (1, 5): [LEVEL_0[0], LEVEL_1[1], LEVEL_0[4]],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [LEVEL_0[1], LEVEL_1[1], LEVEL_2[1]],
    (6, 8): [LEVEL_1[2], LEVEL_1[3], LEVEL_2[0]],
    (2, 5): [LEVEL_1[1], LEVEL_0[4]],
    (6, 7): [LEVEL_1[2], LEVEL_0[6], LEVEL_2[0]],
}
LARGE = 2**40


def leaves_of(size: int) -> list[bytes]:
    return [sha256(number.to_bytes(8)).digest() for number in range(size)]


def nodes_over(leaves: list[bytes]) -> Nodes:
    """Nodes by the definition of the tree, each computed once."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(*below[i : i + 2]) for i in range(0, len(below) - 1, 2)])
    return lambda level, index: levels[level][index]


def repeated(level: int, _index: int) -> bytes:
    """Nodes of an endless tree whose leaves are all the same, so that a large one has a root."""
    node = LEAVES[0]
    for _ in range(level):
        node = node_hash(node, node)
    return node


ALL = leaves_of(300)
NODES = nodes_over(ALL)


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert root_of(LEAVES[:size]) == ROOTS[size]
    assert root_at(size, nodes_over(LEAVES)) == ROOTS[size]
    grown = CompactRange()
    for leaf in LEAVES[:size]:
        grown.append(leaf)
    assert grown.root() == ROOTS[size]


def test_the_leaves_are_those_of_certificate_transparency() -> None:
    assert [leaf.hex() for leaf in LEAVES] == list(LEVEL_0)
    assert ROOTS[0] == EMPTY_ROOT


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_inclusion_proofs_are_those_of_certificate_transparency(index: int, size: int) -> None:
    proof = inclusion_proof(index, size, nodes_over(LEAVES))
    assert [node.hex() for node in proof] == INCLUSION[index, size]
    verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_consistency_proofs_are_those_of_certificate_transparency(old: int, new: int) -> None:
    proof = consistency_proof(old, new, nodes_over(LEAVES))
    assert [node.hex() for node in proof] == CONSISTENCY[old, new]
    verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)


@pytest.mark.parametrize("size", range(301))
def test_every_leaf_of_every_size_up_to_300_is_proved(size: int) -> None:
    root = root_of(ALL[:size])
    for index in range(size):
        proof = inclusion_proof(index, size, NODES)
        verify_inclusion(ALL[index], index, size, proof, root)
        with pytest.raises(ProofInvalid):
            verify_inclusion(ALL[(index + 1) % 300], index, size, proof, root)


@pytest.mark.parametrize("new", range(301))
def test_every_size_up_to_300_grew_out_of_every_one_before(new: int) -> None:
    root = root_at(new, NODES)
    for old in range(new + 1):
        before = root_at(old, NODES)
        proof = consistency_proof(old, new, NODES)
        verify_consistency(old, new, before, root, proof)
        if 0 < old < new:
            with pytest.raises(ProofInvalid):
                verify_consistency(old, new, root, before, proof)


@given(st.integers(1, LARGE), st.data())
def test_proofs_hold_in_trees_of_any_size(new: int, choice: st.DataObject) -> None:
    old = choice.draw(st.integers(1, new))
    index = choice.draw(st.integers(0, new - 1))
    root = root_at(new, repeated)
    proof = inclusion_proof(index, new, repeated)
    assert len(proof) <= new.bit_length()
    verify_inclusion(LEAVES[0], index, new, proof, root)
    verify_consistency(
        old, new, root_at(old, repeated), root, consistency_proof(old, new, repeated)
    )


@given(st.integers(2, 300), st.data())
def test_a_mutated_inclusion_proof_fails(size: int, choice: st.DataObject) -> None:
    index = choice.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, NODES)
    with pytest.raises(ProofInvalid):
        verify_inclusion(ALL[index], index, size, mutated(proof, choice), root_at(size, NODES))


@given(st.integers(2, 300), st.data())
def test_a_mutated_consistency_proof_fails(new: int, choice: st.DataObject) -> None:
    old = choice.draw(st.integers(1, new - 1))
    roots = root_at(old, NODES), root_at(new, NODES)
    proof = consistency_proof(old, new, NODES)
    with pytest.raises(ProofInvalid):
        verify_consistency(old, new, *roots, mutated(proof, choice))


@given(st.integers(2, 300), st.data())
def test_a_proof_proves_nothing_of_another_leaf_size_or_root(
    size: int, choice: st.DataObject
) -> None:
    index = choice.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, size, NODES), root_at(size, NODES)
    other = choice.draw(st.integers(0, 299).filter(lambda other: other != index))
    with pytest.raises(ProofInvalid):
        verify_inclusion(ALL[index], other, size, proof, root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(ALL[other], index, size, proof, root)
    with pytest.raises(ProofInvalid):
        verify_inclusion(ALL[index], index, size, proof, flipped(root, choice))


def mutated(proof: list[bytes], choice: st.DataObject) -> list[bytes]:
    """One hash flipped, left out, added or in another place."""
    how = choice.draw(st.sampled_from(("flip", "drop", "add", "swap")))
    place = choice.draw(st.integers(0, len(proof) - 1))
    match how:
        case "flip":
            return [*proof[:place], flipped(proof[place], choice), *proof[place + 1 :]]
        case "drop":
            return proof[:place] + proof[place + 1 :]
        case "swap" if len(proof) > 1:
            other = (place + 1) % len(proof)
            swapped = list(proof)
            swapped[place], swapped[other] = swapped[other], swapped[place]
            return swapped
        case _:
            return [*proof[:place], EMPTY_ROOT, *proof[place:]]


def flipped(node: bytes, choice: st.DataObject) -> bytes:
    bit = choice.draw(st.integers(0, 255))
    return (int.from_bytes(node) ^ 1 << bit).to_bytes(32)


def test_what_no_tree_has_is_no_proof() -> None:
    with pytest.raises(ValueError, match="leaves 0 to 4"):
        inclusion_proof(5, 5, NODES)
    with pytest.raises(ValueError, match="must not be larger"):
        consistency_proof(6, 5, NODES)
    with pytest.raises(ProofInvalid, match="has no leaf 5"):
        verify_inclusion(ALL[5], 5, 5, [], root_at(5, NODES))
    with pytest.raises(ProofInvalid, match="cannot have grown"):
        verify_consistency(6, 5, root_at(6, NODES), root_at(5, NODES), [])
    with pytest.raises(ProofInvalid, match="32 bytes, not 31"):
        verify_inclusion(ALL[0], 0, 2, [ALL[1][:31]], root_at(2, NODES))
    with pytest.raises(ProofInvalid, match="32 bytes, not 0"):
        verify_inclusion(b"", 0, 1, [], b"")


def test_equal_trees_and_the_empty_one_need_no_proof_and_take_none() -> None:
    root = root_at(5, NODES)
    for old, before in ((5, root), (0, EMPTY_ROOT)):
        verify_consistency(old, 5, before, root, [])
        with pytest.raises(ProofInvalid, match="nothing to prove"):
            verify_consistency(old, 5, before, root, [root])
        with pytest.raises(ProofInvalid, match=f"the root at size {old} is another one"):
            verify_consistency(old, 5, ALL[0], root, [])


@given(st.integers(0, 300))
def test_a_compact_range_goes_on_from_what_it_dumped(size: int) -> None:
    one, other = CompactRange(), CompactRange()
    for leaf in ALL[:size]:
        one.append(leaf)
        other = CompactRange.load(other.dump())
        other.append(leaf)
    assert other.root() == one.root() == root_at(size, NODES)
    assert other.dump() == one.dump()


def test_a_compact_range_takes_full_subtrees_where_they_begin() -> None:
    grown = CompactRange()
    for index in range(2):
        grown.append(NODES(7, index), 7)
    grown.append(NODES(3, 32), 3)
    assert (grown.size, grown.root()) == (264, root_at(264, NODES))
    with pytest.raises(ValueError, match="no subtree of 128 leaves begins at leaf 264"):
        grown.append(NODES(7, 1), 7)


@pytest.mark.parametrize("dumped", [b"", bytes(7), bytes(8) + ALL[0], bytes(9)])
def test_what_was_not_dumped_is_not_loaded(dumped: bytes) -> None:
    with pytest.raises(ValueError, match=r"subtrees|no size"):
        CompactRange.load(dumped)


def test_a_full_subtree_is_hashed_level_by_level() -> None:
    assert full_root(ALL[:256]) == root_of(ALL[:256])
    assert full_root(ALL[:1]) == ALL[0]
