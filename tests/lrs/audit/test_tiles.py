"""Tiles: where they are, how they fill, and what is read of them."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.audit.merkle import (
    consistency_proof,
    inclusion_proof,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from lrs.audit.sealer import Tree, store_tree
from lrs.audit.tiles import (
    TILE_BYTES,
    WIDTH,
    RightEdge,
    Tile,
    TileMissing,
    TilePath,
    Tiles,
    bundles_of,
    entries_path,
    leaf_in_tree,
    parse_path,
    split_edge,
    tile_path,
    tiles_of,
)
from lrs.log.leaf import leaf_hash
from lrs.log.opening import open_log
from lrs.log.recorder import Append, LogRecorder
from lrs.log.storage import open_storage
from lrs.log.tables import MERKLE_TREE
from lrs.store import Store
from projections.rows import insert_rows
from schemas.events import Kind, NewEvent

SIZE = 70_000
LEAVES = [sha256(number.to_bytes(4)).digest() for number in range(SIZE)]


@pytest.fixture
def log(database_url: str) -> Iterator[LogRecorder]:
    storage = open_storage(database_url)
    yield open_log(storage)
    storage.close()


def fill(log: LogRecorder, count: int) -> list[bytes]:
    """Record events, with the tree over all but the last few; the leaf hashes."""
    events = [NewEvent(Kind.STATEMENT_1_0, n.to_bytes(16), b"{}") for n in range(count)]
    for start in range(0, count, 1000):
        log.append([Append(events[start : start + 1000])])
    edge = RightEdge()
    with log.storage.write() as connection:
        leaves = [leaf for _, leaf in log.leaves(connection, 0, count)]
        tiles = edge.grow(leaves[:-3])
        insert_rows(connection, MERKLE_TREE, [(True, *Tree.of(1, RightEdge()))])
        store_tree(connection, Tree.of(1, edge), tiles, None)
    return leaves


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("tile/0/000", TilePath(0, 0, 256)),
        ("tile/0/x001/067", TilePath(0, 1067, 256)),
        ("tile/0/x001/067.p/5", TilePath(0, 1067, 5)),
        ("tile/63/x001/x234/067", TilePath(63, 1_234_067, 256)),
        ("tile/entries/x001/067", TilePath(None, 1067, 256)),
        ("tile/entries/999.p/255", TilePath(None, 999, 255)),
    ],
)
def test_paths_are_those_of_the_specification(path: str, named: TilePath) -> None:
    assert parse_path(path) == named
    level, number, width = named
    written = entries_path(number, width) if level is None else tile_path(level, number, width)
    assert written == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/67",
        "tile/0/0067",
        "tile/0/001/067",
        "tile/0/x000/067",
        "tile/0/x001",
        "tile/00/067",
        "tile/64/067",
        "tile/-1/067",
        "tile/data/067",
        "tile/0/067.p/0",
        "tile/0/067.p/05",
        "tile/0/067.p/256",
        "tile/0/067.p/",
        "tile/0/067/",
        "/tile/0/067",
        "tile/0/067\n",
        "tile/0/٠٦٧",
        "tile/entries/067.p/256",
    ],
)
def test_any_other_spelling_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="not the path of a tile"):
        parse_path(path)


@given(st.integers(0, 63), st.integers(0, 10**12), st.integers(1, WIDTH))
def test_a_path_is_read_as_it_was_written(level: int, number: int, width: int) -> None:
    assert parse_path(tile_path(level, number, width)) == (level, number, width)
    assert parse_path(entries_path(number, width)) == (None, number, width)


def test_a_tree_of_70_000_has_the_tiles_the_specification_says() -> None:
    tiles = list(tiles_of(SIZE))
    assert sum(it.level == 0 and it.width == WIDTH for it in tiles) == 273
    assert [it for it in tiles if it.width < WIDTH] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert (1, 0, WIDTH) in tiles
    assert len(list(bundles_of(SIZE))) == 274
    assert list(tiles_of(256)) == [(0, 0, WIDTH), (1, 0, 1)]
    assert list(tiles_of(0)) == list(bundles_of(0)) == []


def test_tiles_fill_as_the_specification_says() -> None:
    edge = RightEdge()
    filled = edge.grow(LEAVES)
    assert [it[:2] for it in filled if it.level] == [(1, 0)]
    assert [len(it.hashes) for it in split_edge(SIZE, edge.dump())] == [0, 17 * 32, 32]
    for level, number, hashes in (filled[0], filled[100], next(it for it in filled if it.level)):
        span = WIDTH**level
        firsts = range(number * WIDTH * span, (number + 1) * WIDTH * span, span)
        made = [root_of(LEAVES[first : first + span]) for first in (firsts[0], firsts[255])]
        assert made == [hashes[:32], hashes[-32:]]
        assert len(hashes) == TILE_BYTES
    assert edge.range().root() == root_of(LEAVES)


@given(st.lists(st.integers(1, 700), max_size=30), st.booleans())
def test_any_batching_gives_the_same_tiles(steps: Sequence[int], reopened: bool) -> None:
    edge, filled, begin = RightEdge(), list[Tile](), 0
    for step in steps:
        filled += edge.grow(LEAVES[begin : begin + step])
        begin += step
        if reopened:
            edge = RightEdge(begin, LEAVES[begin - begin % WIDTH : begin], edge.dump())
    at_once = RightEdge()
    assert filled == at_once.grow(LEAVES[:begin])
    assert edge.dump() == at_once.dump()
    assert edge.range().dump() == at_once.range().dump()


def test_an_edge_of_another_size_is_not_taken() -> None:
    edge = RightEdge()
    edge.grow(LEAVES[:600])
    with pytest.raises(ValueError, match="0 leaves after the last full tile"):
        RightEdge(600, [], edge.dump())
    with pytest.raises(ValueError, match="has 32 bytes, not 64"):
        RightEdge(300, LEAVES[256:300], edge.dump())


def test_proofs_are_made_from_tiles_and_the_leaves_after_them(log: LogRecorder) -> None:
    leaves = fill(log, 1603)
    with log.storage.read() as connection:
        nodes = Tiles(log, connection).node
        for size in (1, 255, 256, 257, 512, 1279, 1280, 1281, 1599, 1600):
            root = root_at(size, nodes)
            assert root == root_of(leaves[:size])
            for index in (0, size // 2, size - 1):
                proof = inclusion_proof(index, size, nodes)
                verify_inclusion(leaves[index], index, size, proof, root)
            proof = consistency_proof(size, 1600, nodes)
            verify_consistency(size, 1600, root, root_at(1600, nodes), proof)


def test_tiles_are_read_whole_and_in_part(log: LogRecorder) -> None:
    leaves = fill(log, 1603)
    with log.storage.read() as connection:
        tiles = Tiles(log, connection)
        assert tiles.tile(0, 2) == b"".join(leaves[512:768])
        assert tiles.tile(0, 2, 5) == b"".join(leaves[512:517])
        assert tiles.tile(0, 6, 64) == b"".join(leaves[1536:1600])
        roots = [root_of(leaves[i * WIDTH : (i + 1) * WIDTH]) for i in range(6)]
        assert tiles.tile(1, 0, 6) == b"".join(roots)
        assert tiles.tile(1, 0, 1) == roots[0]
        for level, number, width in ((0, 6, 68), (0, 7, 1), (1, 0, 7), (1, 1, 1), (2, 0, 1)):
            with pytest.raises(TileMissing, match=tile_path(level, number, width)):
                tiles.tile(level, number, width)


def test_entries_hash_to_the_leaves(log: LogRecorder) -> None:
    leaves = fill(log, 300)
    with log.storage.read() as connection:
        tiles = Tiles(log, connection)
        bundles = tiles.entries(0) + tiles.entries(1, 44)
        with pytest.raises(TileMissing, match=r"tile/entries/001\.p/45"):
            tiles.entries(1, 45)
    assert hashed(bundles) == leaves


def test_a_leaf_is_told_as_the_full_tile_has_it(log: LogRecorder) -> None:
    leaves = fill(log, 600)
    with log.storage.read() as connection:
        for position in (1, 2, 256, 257, 512):
            assert leaf_in_tree(connection, position) == leaves[position - 1]
        assert leaf_in_tree(connection, 513) is None


def test_a_row_that_makes_no_record_is_missing(log: LogRecorder) -> None:
    leaves = fill(log, 600)
    with log.storage.write() as connection:
        if log.storage.dialect == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER event_log_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE event_log DISABLE TRIGGER append_only")
        connection.exec_driver_sql("UPDATE event_log SET stream_version = -1 WHERE position = 550")
    with log.storage.read() as connection:
        tiles = Tiles(log, connection)
        assert tiles.tile(0, 2, 37) == b"".join(leaves[512:549])
        assert hashed(tiles.entries(2, 37)) == leaves[512:549]
        with pytest.raises(TileMissing, match=r"tile/0/002\.p/38"):
            tiles.tile(0, 2, 38)
        with pytest.raises(TileMissing, match=r"tile/entries/002\.p/38"):
            tiles.entries(2, 38)


def test_entries_of_sealed_events_hash_to_the_leaves(store: Store) -> None:
    """The body in the table is longer than the body that was committed to."""
    events = [
        NewEvent(Kind.LOG_OPENED, bytes([n]) * 16, b"{}" * n, subject=bytes([n]) * 16)
        for n in range(1, 20)
    ]
    store.writer.append(events).result()
    with store.storage.read() as connection:
        end = store.log.head_of(connection).position
        leaves = [leaf for _, leaf in store.log.leaves(connection, 0, end)]
        assert hashed(Tiles(store.log, connection).entries(0, end)) == leaves


def hashed(bundle: bytes) -> list[bytes]:
    """The leaf hashes of the entries in a bundle."""
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2])
        found.append(leaf_hash(bundle[2 : 2 + length]))
        bundle = bundle[2 + length :]
    return found
