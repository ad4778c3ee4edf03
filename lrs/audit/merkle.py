"""The Merkle tree of RFC 6962: roots, and the proofs that something is in it or that it only grew.

Pure functions over leaf hashes and, for large trees, over ``Nodes``: whatever can tell the hash of
a full subtree. A proof is made from O(log n) of those and checked without any. Section 2.1 of
RFC 6962 defines the tree and the proofs, section 2.1 of RFC 9162 how they are checked.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from struct import Struct
from typing import Final, Self

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
_SIZE: Final = Struct(">Q")

Nodes = Callable[[int, int], bytes]
"""``nodes(level, index)``: the hash of the full subtree over the leaves from ``index * 2**level``
on, ``2**level`` of them."""


class ProofInvalid(Exception):
    """The proof does not show what it claims to; says where it fails."""


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The root of a tree that grows, in O(log n) hashes: those of its full subtrees, the largest
    first.
    """

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.hashes = list(hashes)
        if len(self.hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} full subtrees")

    def append(self, node: bytes, level: int = 0) -> None:
        """Add the next leaf or, with ``level``, the next full subtree of ``2**level`` leaves.

        Raises ValueError where such a subtree cannot begin.
        """
        count = self.size >> level
        if count << level != self.size:
            raise ValueError(f"no subtree of {1 << level} leaves begins at leaf {self.size}")
        while count & 1:
            node = node_hash(self.hashes.pop(), node)
            count >>= 1
        self.hashes.append(node)
        self.size += 1 << level

    def root(self) -> bytes:
        return _fold(self.hashes)

    def dump(self) -> bytes:
        """The size (8 bytes, big-endian), then the hashes."""
        return _SIZE.pack(self.size) + b"".join(self.hashes)

    @classmethod
    def load(cls, dumped: bytes) -> Self:
        """Raises ValueError for what ``dump`` did not write."""
        if len(dumped) % HASH_BYTES != _SIZE.size:
            raise ValueError(f"{len(dumped)} bytes are no size and hashes")
        (size,) = _SIZE.unpack_from(dumped)
        return cls(size, hashes_in(dumped[_SIZE.size :]))


def hashes_in(joined: bytes) -> list[bytes]:
    """The hashes of which ``joined`` is made."""
    return [joined[start : start + HASH_BYTES] for start in range(0, len(joined), HASH_BYTES)]


def full_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of hashes, level by level: the quickest way to one."""
    while len(hashes) > 1:
        pairs = iter(hashes)
        hashes = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(pairs, pairs, strict=True)
        ]
    return hashes[0]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, by the recursion that defines it; for few leaves."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def root_at(size: int, nodes: Nodes) -> bytes:
    """The root over the first ``size`` leaves."""
    return _fold([nodes(level, index) for level, index in full_subtrees(size)])


def full_subtrees(size: int) -> list[tuple[int, int]]:
    """Level and index of the full subtrees that make up a tree, the largest first."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return [(level, (size >> level) - 1) for level in levels]


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The audit path of a leaf, from its sibling up to the root's child (RFC 6962, 2.1.1).

    Raises ValueError when a tree of that size has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index}: a tree of size {size} has leaves 0 to {size - 1}")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(begin, middle, nodes))
            begin = middle
    return path[::-1]


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """The proof that the first ``old`` leaves of the tree of ``new`` are the tree of ``old``
    (RFC 6962, 2.1.2). Empty for equal sizes and for an empty old tree.

    Raises ValueError when the old tree is the larger one.
    """
    if not 0 <= old <= new:
        raise ValueError(f"sizes {old} and {new}: the old one must not be larger")
    if old in (0, new):
        return []
    path: list[bytes] = []
    begin, end = 0, new
    while end != old:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(begin, middle, nodes))
            begin = middle
    if begin:  # else it is the old root, which the verifier has
        path.append(_range_root(begin, end, nodes))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raises ProofInvalid unless the proof shows that ``leaf`` is at ``index`` of the tree of
    ``size`` and ``root`` (RFC 9162, 2.1.3.2).
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"a tree of size {size} has no leaf {index}")
    _check_lengths([leaf, *proof, root])
    place, last, computed = index, size - 1, leaf
    for node in proof:
        if last == 0:
            raise ProofInvalid("the proof has more hashes than the tree has levels")
        if place & 1 or place == last:
            computed = node_hash(node, computed)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            computed = node_hash(computed, node)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof has fewer hashes than the tree has levels")
    if computed != root:
        raise ProofInvalid(f"leaf {index} and its proof give another root than that of the tree")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises ProofInvalid unless the proof shows that the tree of size ``new`` begins with the
    tree of size ``old`` (RFC 9162, 2.1.4.2). Every tree begins with the empty one.
    """
    if not 0 <= old <= new:
        raise ProofInvalid(f"a tree of size {new} cannot have grown out of one of size {old}")
    _check_lengths([old_root, *proof, new_root])
    if old in (0, new):
        if proof:
            raise ProofInvalid(f"there is nothing to prove between sizes {old} and {new}")
        if old_root != (new_root if old == new else EMPTY_ROOT):
            raise ProofInvalid(f"the root at size {old} is another one")
        return
    path = list(proof)
    if old & (old - 1) == 0:  # a full subtree of the new tree
        path.insert(0, old_root)
    if not path:
        raise ProofInvalid("the proof is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    computed_old = computed_new = path[0]
    for node in path[1:]:
        if last == 0:
            raise ProofInvalid("the proof has more hashes than the tree has levels")
        if place & 1 or place == last:
            computed_old, computed_new = (
                node_hash(node, computed_old),
                node_hash(node, computed_new),
            )
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            computed_new = node_hash(computed_new, node)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("the proof has fewer hashes than the tree has levels")
    if computed_old != old_root:
        raise ProofInvalid(f"the proof gives another root at size {old}")
    if computed_new != new_root:
        raise ProofInvalid(f"the proof gives another root at size {new}")


def _check_lengths(hashes: Sequence[bytes]) -> None:
    for hash_ in hashes:
        if len(hash_) != HASH_BYTES:
            raise ProofInvalid(f"a hash has {HASH_BYTES} bytes, not {len(hash_)}")


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``: where RFC 6962 parts a tree."""
    return 1 << (size - 1).bit_length() - 1


def _range_root(begin: int, end: int, nodes: Nodes) -> bytes:
    """The root over the leaves from ``begin`` to before ``end``; ``begin`` is a multiple of a power
    of two that is no less than their number, as it is wherever the recursion parts a tree.
    """
    return _fold(
        [nodes(level, (begin >> level) + index) for level, index in full_subtrees(end - begin)]
    )


def _fold(subtrees: Sequence[bytes]) -> bytes:
    """The root over full subtrees of falling size."""
    if not subtrees:
        return EMPTY_ROOT
    *larger, root = subtrees
    for left in reversed(larger):
        root = node_hash(left, root)
    return root
