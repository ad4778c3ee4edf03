#!/usr/bin/env python3
"""Verify an exported bundle of a Học bạ log, without the program that wrote it.

    python3 verify_log.py BUNDLE [--vkey VKEY] [--since NOTE_FILE] [--all-signatures]

One file, the standard library of Python 3.9 or newer, no network. Exit code 0: everything holds;
1: something does not; 2: the bundle or an argument cannot be read.

A bundle is a directory (docs/bundle-format.md says more):

    SHA256SUMS           the hash of every other file; `sha256sum --check SHA256SUMS` reads it too
    manifest.json        what the bundle says it is: origin, epoch, size, root, bodies
    vkeys                public keys, one a line: first the log's, then those of known witnesses
    checkpoint           the signed checkpoint of the tree exported
    checkpoints.jsonl    every checkpoint the log signed up to it, one a line
    tile/…               the Merkle tree and its entries, as c2sp.org/tlog-tiles lays them out
    events.jsonl.gz      salt and body of every event, unless the bundle is without bodies
    schemes/… results/…  score sheets, and the results of the periods that were closed
    closings.json        ties those two to the events that published and closed them

Why it proves anything: an event is recorded as an *entry* of 106 bytes, which holds its position,
its time and a hash of its salted body. The SHA-256 of the entries are the leaves of one Merkle tree
(RFC 6962, section 2.1), and the log signed the root of that tree, again and again as it grew. This
program computes the whole tree from the entries and finds in it the root of every checkpoint. So
nothing that was there at any checkpoint was changed, taken out, put in or moved since; and who
holds an older checkpoint, in a file or printed, sees with --since that it was the same log then.

What it rests on is that the key is the log's. The bundle brings one along; compare it with what was
published or printed elsewhere, or give that with --vkey. SHA256SUMS finds accidents, not forgers.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import functools
import gzip
import hashlib
import io
import json
import os
import random
import struct
import sys
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

FORMAT = "hocba-bundle/1"
WIDTH = 256  # hashes in a full tile
ENTRY = struct.Struct(">16sQQH16sI16sI32s")
SIZE_DIGITS = 19  # of the size of a tree; a log counts no further than 2**63
TAG = b"hocba/log-leaf/1"
SCHEME_ACTIVATED, PERIOD_CLOSED = 60, 66  # kinds of events
FORGETTING = (117, 118)  # kinds of events that destroy what a person's events say
ALL_SIGNATURES = 20_000  # notes up to which every signature is verified: some ten seconds
SAMPLE = 5_000  # of more, this many taken at random, besides the newest
SHOWN = 20  # problems of one kind that are printed; all are counted


class Unreadable(Exception):
    """The bundle or an argument cannot be read at all."""


class Malformed(Exception):
    """Some text or file does not have the form it must have."""


# ---- What is found -------------------------------------------------------------------------------


class Report:
    """Prints what holds and what does not, and counts the latter."""

    def __init__(self) -> None:
        self.problems = 0
        self._of: dict[str, int] = {}

    def wrong(self, subject: str, what: str) -> None:
        self.problems += 1
        self._of[subject] = self._of.get(subject, 0) + 1
        if self._of[subject] <= SHOWN:
            print(f"WRONG  {subject}: {what}")

    def done(self, subject: str, what: str) -> None:
        """Say what was checked: that it holds, or how much of it does not."""
        found = self._of.get(subject, 0)
        if found > SHOWN:
            print(f"WRONG  {subject}: {found - SHOWN} more of this kind are not listed")
        if not found:
            print(f"ok     {subject}: {what}")

    def note(self, subject: str, what: str) -> None:
        print(f"note   {subject}: {what}")


# ---- The tree: RFC 6962, section 2.1 -------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A Merkle tree that grows by one leaf at a time and can tell its root at every size.

    It keeps the roots of its perfect subtrees, largest first: of a tree of 13 leaves those of 8, 4
    and 1. A new leaf is joined with the subtrees of its own size, as one adds one in binary.
    """

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def append(self, leaf: bytes) -> Iterator[tuple[int, bytes]]:
        """Add a leaf; yield level and hash of each node that goes into a tile.

        Tiles hold the roots of subtrees of 256**level leaves, so every eighth height.
        """
        self.size += 1
        yield 0, leaf
        node, height, left = leaf, 0, self.size
        while left % 2 == 0:
            node, height, left = node_hash(self._subtrees.pop(), node), height + 1, left // 2
            if height % 8 == 0:
                yield height // 8, node
        self._subtrees.append(node)

    def root(self) -> bytes:
        if not self._subtrees:
            return hashlib.sha256().digest()
        root = self._subtrees[-1]
        for subtree in reversed(self._subtrees[:-1]):
            root = node_hash(subtree, root)
        return root


def tile_path(level: str, number: int, width: int) -> str:
    """Where a tile is: tile/0/x001/x234/067 for number 1234067; with .p/<width> if not full."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.insert(0, f"x{number % 1000:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(parts)}{partial}"


# ---- Ed25519: RFC 8032, section 5.1 --------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z
NEUTRAL: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    """Section 5.1.4; complete, so it doubles as well."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def encode_point(point: Point) -> bytes:
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode_point(text: bytes) -> Point | None:
    """Section 5.1.3; None if this is no point of the curve."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x_squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if x * x % P != x_squared:
        x = x * SQRT_MINUS_1 % P
    if x * x % P != x_squared or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


Table = list[list[Point]]


@functools.cache
def multiples(point: Point) -> Table:
    """j * 256**i * point for every i < 32 and j < 256, so that a product is 32 additions."""
    table = []
    for _ in range(32):
        row = [NEUTRAL]
        for _ in range(255):
            row.append(add(row[-1], point))
        table.append(row)
        point = add(row[-1], point)
    return table


def times(table: Table, scalar: int) -> Point:
    product = NEUTRAL
    for row, digit in zip(table, scalar.to_bytes(32, "little")):
        product = add(product, row[digit])
    return product


BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL  # y is 4/5


class Ed25519:
    """A public key. The tables cost some 50 ms; after that a signature takes half a millisecond."""

    def __init__(self, public: bytes) -> None:
        point = decode_point(public) if len(public) == 32 else None
        if point is None:
            raise Malformed("not an Ed25519 public key")
        x, y, z, t = point
        self._public = public
        self._minus_key = multiples((P - x, y, z, P - t))

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Section 5.1.7: S*B = R + k*A, checked as S*B - k*A = R."""
        if len(signature) != 64:
            return False
        r, s = signature[:32], int.from_bytes(signature[32:], "little")
        if s >= L:
            return False
        k = int.from_bytes(hashlib.sha512(r + self._public + message).digest(), "little") % L
        return encode_point(add(times(multiples(BASE), s), times(self._minus_key, k))) == r


# ---- Signed checkpoints: c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature -----------------


class Key:
    """A vkey: <name>+<key id in hex>+<base64 of type and public key>."""

    def __init__(self, vkey: str) -> None:
        try:
            self.name, key_id, encoded = vkey.split("+", 2)
            typed = unbase64(encoded)
        except (ValueError, Malformed):
            raise Malformed(f"not a vkey: {vkey!r}") from None
        self.id = hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4]
        if not (self.name and typed) or key_id != self.id.hex():
            raise Malformed(f"the key id of this vkey is not that of its key: {vkey!r}")
        self.vkey, self.type = vkey, typed[0]
        self._ed25519 = Ed25519(typed[1:]) if self.type in (1, 4) else None

    @property
    def is_readable(self) -> bool:
        """Whether this program can verify by it: Ed25519 alone; ML-DSA is not in the library."""
        return self._ed25519 is not None

    def verifies(self, text: str, signature: bytes) -> bool:
        assert self._ed25519 is not None
        if self.type == 1:
            return self._ed25519.verifies(text.encode(), signature)
        if len(signature) != 72:  # a witness signs the time along with the checkpoint
            return False
        (time,) = struct.unpack(">Q", signature[:8])
        message = f"cosignature/v1\ntime {time}\n{text}".encode()
        return self._ed25519.verifies(message, signature[8:])


class Signature(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes

    @classmethod
    def parse(cls, line: str) -> Signature:
        dash, name, encoded = line.split(" ") if line.count(" ") == 2 else ("", "", "")
        signature = unbase64(encoded)
        if dash != "\u2014" or not name or len(signature) < 5:
            raise Malformed(f"not a signature line: {line!r}")
        return cls(name, signature[:4], signature[4:])


class Note(NamedTuple):
    """A signed checkpoint: its text, what the text says, and its signatures."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[Signature]

    @classmethod
    def parse(cls, note: str) -> Note:
        try:
            note.encode("utf-8")
        except UnicodeEncodeError:  # JSON can spell half a character
            raise Malformed("not text in UTF-8") from None
        text, blank, signatures = note.rpartition("\n\n")
        lines = signatures.split("\n")
        if not blank or lines.pop() != "" or not lines:
            raise Malformed("not a signed note")
        text += "\n"
        said = text.split("\n")
        if len(said) < 4 or "" in said[:-1]:
            raise Malformed("not a checkpoint: it has less than three lines, or an empty one")
        origin, size, root = said[:3]
        is_number = size.isascii() and size.isdigit() and len(size) <= SIZE_DIGITS
        if not is_number or size != str(int(size)):
            raise Malformed(f"not the size of a tree: {size!r}")
        if len(unbase64(root)) != 32:
            raise Malformed(f"not the root of a tree: {root!r}")
        signed = [Signature.parse(line) for line in lines]
        return cls(text, origin, int(size), unbase64(root), signed)


def unbase64(text: str) -> bytes:
    """Standard base64 in its one canonical form."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(f"not base64: {text!r}") from None
    if base64.b64encode(decoded).decode() != text:
        raise Malformed(f"not canonical base64: {text!r}")
    return decoded


def signature_problem(note: Note, log: Key, witnesses: Sequence[Key]) -> str | None:
    """Why a note is not to be believed; None when the log signed it and no known signature fails.

    Signatures by keys that are not known say nothing either way.
    """
    if not any((s.name, s.key_id) == (log.name, log.id) for s in note.signatures):
        return f"not signed by {log.vkey}"
    for key in (log, *witnesses):
        mine = [s for s in note.signatures if (s.name, s.key_id) == (key.name, key.id)]
        if key.is_readable and not all(key.verifies(note.text, s.signature) for s in mine):
            return f"the signature by {key.name} does not verify"
    return None


# ---- The files -----------------------------------------------------------------------------------


class Bundle:
    """The files of a bundle; what is read of them is remembered, so that nothing is left unread."""

    def __init__(self, directory: str, report: Report) -> None:
        if not os.path.isdir(directory):
            raise Unreadable(f"{directory}: no such directory")
        self._directory = directory
        self._report = report
        self._there = frozenset(self._found())
        self.unread = set(self._there)
        self._check_sums()

    def _found(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._directory):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self._directory)
                yield path.replace(os.sep, "/")

    def _check_sums(self) -> None:
        """Every file but SHA256SUMS is listed in it with its hash, in the order of their names."""
        listed: dict[str, str] = {}
        last = ""
        try:
            lines = lines_of(self.read("SHA256SUMS"))
        except Malformed as malformed:
            self._report.wrong("files", f"SHA256SUMS: {malformed}")
            lines = []
        for line in lines:
            hash_, gap, name = line[:64], line[64:66], line[66:]
            if gap != "  " or name <= last:
                self._report.wrong("files", f"SHA256SUMS: not a line of it, or not here: {line!r}")
            listed[name] = hash_
            last = name
        for name in sorted(self.unread - listed.keys()):
            self._report.wrong("files", f"{name}: SHA256SUMS does not list it")
        for name, hash_ in listed.items():
            if name not in self.unread:
                self._report.wrong("files", f"{name}: listed in SHA256SUMS and not there")
            elif self._hash(name) != hash_:
                self._report.wrong("files", f"{name}: its hash is not the one in SHA256SUMS")
        self._report.done("files", f"{len(listed)} files are as SHA256SUMS lists them")

    def _hash(self, name: str) -> str:
        digest = hashlib.sha256()
        with open(self.path(name), "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def path(self, name: str) -> str:
        return os.path.join(self._directory, *name.split("/"))

    def takes(self, name: str) -> bool:
        """Whether a file is there; from now on it counts as read."""
        self.unread.discard(name)
        return name in self._there

    def read(self, name: str) -> bytes | None:
        if not self.takes(name):
            self._report.wrong("files", f"{name}: missing")
            return None
        with open(self.path(name), "rb") as file:
            return file.read()

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a file, one by one; none, with no finding, where it is missing."""
        if self.takes(name):
            with open(self.path(name), "rb") as file:
                yield from file

    def read_json(self, name: str) -> Any:
        """The JSON object in a file; an empty one, with a finding, where there is none."""
        content = self.read(name)
        if content is None:
            return {}
        try:
            return json_object(content)
        except Malformed as malformed:
            self._report.wrong("files", f"{name}: {malformed}")
            return {}


def lines_of(content: bytes | None) -> list[str]:
    """The lines of a text file, each of which ends with a line break; none where it is missing."""
    lines = (content or b"").decode("utf-8", "replace").split("\n")
    if lines.pop() != "":
        raise Malformed("its last line is cut off")
    return lines


def json_object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text.decode("utf-8"))
    except ValueError:
        raise Malformed("not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise Malformed("not a JSON object")
    return found


# ---- Keys and checkpoints ------------------------------------------------------------------------


class Keys(NamedTuple):
    """Whose signatures count. A log that lost events goes on in a new epoch, with a key of its own
    if need be.
    """

    epochs: dict[int, Key]
    last: int
    witnesses: list[Key]

    @property
    def log(self) -> Key:
        """The key of the epoch in which the bundle was made."""
        return self.epochs[self.last]

    def origin(self, epoch: int) -> str:
        """The first line of the checkpoints of an epoch."""
        name = self.epochs[epoch].name
        return name if epoch == 1 else f"{name}/epoch/{epoch}"


def read_keys(
    bundle: Bundle, report: Report, manifest: dict[str, Any], vkey: str | None
) -> Keys | None:
    """The keys of the bundle, the log's own replaced by the one given; None where it has none."""
    content = bundle.read("vkeys")
    try:
        lines = lines_of(content)
        known = {line: Key(line) for line in lines}
        epochs = {int(epoch): known[it] for epoch, it in manifest["epochs"].items()}
        keys = Keys(
            epochs, manifest["epoch"], [k for k in known.values() if k not in epochs.values()]
        )
        if keys.log.vkey != lines[0]:
            raise Malformed("the first line is not the key of the last epoch")
        for key in epochs.values():
            if not key.is_readable:
                raise Malformed(
                    f"a key of {key.name} is not Ed25519: no signature of it is verified"
                )
    except (Malformed, LookupError, TypeError, ValueError, AttributeError) as error:
        report.wrong("keys", f"vkeys and the epochs of manifest.json: {error!r}")
        return None
    if vkey is not None and keys.log.vkey != vkey:
        report.wrong("keys", f"the bundle is signed by {keys.log.vkey}, not by the key given")
        keys.epochs[keys.last] = Key(vkey)
    for key in known.values():
        if not key.is_readable:
            report.note(
                "keys", f"{key.name}: not an Ed25519 key, so its signatures are passed over"
            )
    report.done("keys", f"{keys.log.vkey}" + ("" if vkey else ", the bundle's own: compare it"))
    return keys


class Claim(NamedTuple):
    """What a checkpoint says of the tree. Its signatures are verified where it is read, so that of
    millions of checkpoints no more than this is kept.
    """

    where: str
    epoch: int
    size: int
    root: bytes


def read_checkpoints(
    bundle: Bundle, report: Report, manifest: dict[str, Any], keys: Keys, every: bool
) -> list[Claim]:
    """All checkpoints of the bundle; the last one is the one of its own size.

    Of very many, not all signatures are verified: a root that is in the tree says the same whoever
    signed it, and the newest signature, which is never left out, stands for the whole tree.
    """
    chosen = choose(bundle, every)
    claims: list[Claim] = []
    note: Note | None = None
    for number, line in enumerate(bundle.lines("checkpoints.jsonl"), 1):
        where = f"checkpoints.jsonl:{number}"
        try:
            epoch, note = kept_checkpoint(line)
        except (Malformed, KeyError, TypeError) as error:
            report.wrong("checkpoints", f"{where}: {error!r}")
            continue
        if claims and claims[-1][1:3] >= (epoch, note.size):
            report.wrong("checkpoints", f"{where}: not later than the one before it")
        verify_now = chosen is None or number in chosen
        claims.append(judged_checkpoint(report, where, epoch, note, keys, verify_now))
    try:
        last = Note.parse((bundle.read("checkpoint") or b"").decode("utf-8"))
    except (Malformed, UnicodeDecodeError) as error:
        report.wrong("checkpoints", f"checkpoint: {error}")
        return []
    said = [manifest.get(name) for name in ("origin", "size", "root")]
    if [last.origin, last.size, base64.b64encode(last.root).decode()] != said:
        report.wrong("checkpoints", "checkpoint: manifest.json says another origin, size or root")
    if last != note or not claims or claims[-1].epoch != keys.last:
        report.wrong("checkpoints", "checkpoints.jsonl: its last line is not `checkpoint`")
    if chosen is not None:
        report.note("checkpoints", f"{len(chosen)} signatures are verified, taken at random")
    return [*claims, judged_checkpoint(report, "checkpoint", keys.last, last, keys, True)]


def choose(bundle: Bundle, every: bool) -> set[int] | None:
    """The lines of checkpoints.jsonl whose signatures are verified; None for all of them."""
    count = sum(1 for _ in bundle.lines("checkpoints.jsonl"))
    if every or count <= ALL_SIGNATURES:
        return None
    return set(random.SystemRandom().sample(range(1, count + 1), SAMPLE))


def kept_checkpoint(line: bytes) -> tuple[int, Note]:
    """The epoch and the note, with its cosignatures, of a line of checkpoints.jsonl."""
    kept = json_object(line)
    note = Note.parse(kept["note"] + "".join(f"{line}\n" for line in kept["cosignatures"]))
    if note.size != kept["size"] or type(kept["signed"]) is not int:
        raise Malformed("its size is not that of its note, or its time is none")
    if type(kept["epoch"]) is not int or not line.endswith(b"\n"):
        raise Malformed("its epoch is none, or the line is cut off")
    return kept["epoch"], note


def judged_checkpoint(
    report: Report, where: str, epoch: int, note: Note, keys: Keys, verify_now: bool
) -> Claim:
    if epoch not in keys.epochs or note.origin != keys.origin(epoch):
        report.wrong("checkpoints", f"{where}: its origin is not that of its epoch")
    elif verify_now:
        problem = signature_problem(note, keys.epochs[epoch], keys.witnesses)
        if problem is not None:
            report.wrong("checkpoints", f"{where}: {problem}")
    return Claim(where, epoch, note.size, note.root)


def check_claims(claims: Sequence[Claim], roots: dict[int, bytes], report: Report) -> None:
    """Every checkpoint is of this tree."""
    for claim in claims:
        if claim.size not in roots:
            report.wrong("checkpoints", f"{claim.where}: larger than the tree")
        elif roots[claim.size] != claim.root:
            report.wrong("checkpoints", f"{claim.where}: not the root of the tree at that size")
    report.done("checkpoints", f"{len(claims) - 1} are of this tree, and the log signed them")


def check_remembered(
    since: dict[str, Note], size: int, roots: dict[int, bytes], keys: Keys, report: Report
) -> None:
    """Each remembered checkpoint is of this log, and of the tree as it was at its size."""
    for path, note in since.items():
        epoch = next((e for e in keys.epochs if keys.origin(e) == note.origin), None)
        if epoch is None:
            problem: str | None = f"it is of another log, {note.origin}"
        elif note.size > size:
            problem = f"it is of {note.size} events; the bundle has only {size}"
        else:
            problem = signature_problem(note, keys.epochs[epoch], keys.witnesses)
        if problem is None and roots.get(note.size) != note.root:
            problem = f"the first {note.size} events are not those it was signed for"
            if epoch != keys.last:
                problem += "; the log began a new epoch since, see its events of kind 4"
        if problem is not None:
            report.wrong("since", f"{path}: {problem}")
        else:
            report.note("since", f"{path}: its {note.size} events are the first of this log")


# ---- Entries, tiles and bodies -------------------------------------------------------------------


class Entry(NamedTuple):
    """What is recorded for ever about an event."""

    tag: bytes
    position: int
    stored: int
    kind: int
    stream_id: bytes
    stream_version: int
    credential: bytes
    body_length: int
    commitment: bytes

    def commits_to(self, salt: bytes, body: bytes) -> bool:
        """Whether this entry is of that body; nobody can tell without the salt."""
        hashed = hashlib.sha256(b"\x02" + salt + body).digest()
        return hashed == self.commitment and len(body) == self.body_length


class Bodies:
    """events.jsonl.gz, read along with the entries."""

    def __init__(self, bundle: Bundle, report: Report, are_there: bool) -> None:
        self._report = report
        self._are_there = are_there
        self._lines = self._read(bundle) if are_there else iter(())
        self._matching = 0
        self.gone: list[int] = []  # positions whose content was destroyed or is withheld

    def _read(self, bundle: Bundle) -> Iterator[bytes]:
        if not bundle.takes("events.jsonl.gz"):
            self._report.wrong("bodies", "events.jsonl.gz: missing")
            return
        try:
            with gzip.open(bundle.path("events.jsonl.gz"), "rb") as lines:
                yield from lines
        except (EOFError, zlib.error, OSError) as error:
            self._report.wrong("bodies", f"events.jsonl.gz: {error}")

    def check(self, entry: Entry) -> None:
        if not self._are_there:
            return
        where = f"event {entry.position}"
        try:
            event = json_object(next(self._lines, b""))
            if event["position"] != entry.position:
                self._report.wrong("bodies", f"{where}: the line is of event {event['position']}")
            elif event.get("erased") is True or event.get("withheld") is True:
                self.gone.append(entry.position)
            elif entry.commits_to(bytes.fromhex(event["salt"]), unbase64(event["body"])):
                self._matching += 1
            else:
                self._report.wrong("bodies", f"{where}: the body is not what was recorded")
        except (Malformed, KeyError, TypeError, ValueError) as error:
            self._report.wrong("bodies", f"{where}: {error!r}")

    def finish(self, last_forgetting: int) -> None:
        """Content may be gone only where the log itself says later that somebody was forgotten."""
        if not self._are_there:
            self._report.note("bodies", "this bundle is without them")
            return
        if next(self._lines, None) is not None:
            self._report.wrong("bodies", "events.jsonl.gz: more lines than events")
        for position in self.gone:
            if position > last_forgetting:
                self._report.wrong(
                    "bodies", f"event {position}: said to be erased, and no event says why"
                )
        self._report.done(
            "bodies",
            f"{self._matching} are what was recorded, {len(self.gone)} were erased or are withheld"
            " for somebody who was forgotten",
        )


class Recorded(NamedTuple):
    """What the entries say: roots by size, and the events this program must know of."""

    roots: dict[int, bytes]
    known: dict[int, Entry]


def check_entries(
    bundle: Bundle, report: Report, size: int, wanted: set[int], bodies: Bodies
) -> Recorded:
    """Compute the tree from the entries, compare every tile, and return the roots wanted."""
    tree = Tree()
    rows: dict[int, list[bytes]] = {}  # of each level the hashes of the tile that is being filled
    numbers: dict[int, int] = {}
    recorded = Recorded({0: tree.root()} if 0 in wanted else {}, {})
    stored = 0
    for entry_bytes in read_entries(bundle, report, size):
        for level, node in tree.append(leaf_hash(entry_bytes)):
            row = rows.setdefault(level, [])
            row.append(node)
            if len(row) == WIDTH:
                number = numbers.get(level, 0)
                check_tile(bundle, report, level, number, row)
                rows[level], numbers[level] = [], number + 1
        entry = Entry._make(ENTRY.unpack(entry_bytes))
        if entry.tag != TAG or entry.position != tree.size:
            report.wrong("entries", f"event {tree.size}: its entry is of another format or place")
        if entry.stored <= stored:
            report.wrong("entries", f"event {tree.size}: stored no later than the one before it")
        stored = entry.stored
        if entry.kind in (SCHEME_ACTIVATED, PERIOD_CLOSED, *FORGETTING):
            recorded.known[tree.size] = entry
        if tree.size in wanted:
            recorded.roots[tree.size] = tree.root()
        bodies.check(entry)
    for level, row in rows.items():
        if row:
            check_tile(bundle, report, level, numbers.get(level, 0), row)
    report.done("entries", f"{tree.size} entries, each at its place")
    report.done("tiles", f"all are of the tree of the entries, whose root is {tree.root().hex()}")
    return recorded


def read_entries(bundle: Bundle, report: Report, size: int) -> Iterator[bytes]:
    """The entries up to ``size``; fewer, with a finding, where a file is missing or broken."""
    for number in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - number * WIDTH)
        name = tile_path("entries", number, width)
        content = bundle.read(name)
        prefixed = struct.pack(">H", ENTRY.size)
        step = len(prefixed) + ENTRY.size
        entries = [] if content is None else range(0, len(content), step)
        if content is None or len(content) != width * step:
            report.wrong("entries", f"{name}: not {width} entries; what follows is not looked at")
            return
        for start in entries:
            if content[start : start + len(prefixed)] != prefixed:
                report.wrong("entries", f"{name}: an entry has another length than {ENTRY.size}")
                return
            yield content[start + len(prefixed) : start + step]


def check_tile(
    bundle: Bundle, report: Report, level: int, number: int, row: Sequence[bytes]
) -> None:
    name = tile_path(str(level), number, len(row))
    content = bundle.read(name)
    if content is not None and content != b"".join(row):
        at = next((i for i, h in enumerate(row) if content[i * 32 : i * 32 + 32] != h), len(row))
        report.wrong("tiles", f"{name}: its hash {at} is not the tree's")


# ---- Score sheets and closed results -------------------------------------------------------------


def check_closings(
    bundle: Bundle, report: Report, known: dict[int, Entry], with_bodies: bool
) -> None:
    """Every sheet that was activated and every closing is here, and the results are what closed."""
    document = bundle.read_json("closings.json")
    listed = {
        kind: _by_position(report, document.get(name))
        for name, kind in (("schemes", SCHEME_ACTIVATED), ("closings", PERIOD_CLOSED))
    }
    for kind, of_kind in listed.items():
        wanted = {position for position, entry in known.items() if entry.kind == kind}
        for position in sorted(wanted ^ of_kind.keys()):
            report.wrong("closings", f"closings.json: event {position} is missing, or is another")
    documents = 0
    for position, scheme in listed[SCHEME_ACTIVATED].items():
        body = bundle.read(str(scheme.get("file")))
        if position in known and not _opens(known[position], scheme, body):
            report.wrong("closings", f"{scheme.get('file')}: not what event {position} activated")
    for position, closing in listed[PERIOD_CLOSED].items():
        try:
            body = unbase64(closing["body"])
            if position in known and not _opens(known[position], closing, body):
                raise Malformed("its body is not what was recorded")
            said = json_object(body)
            if said["period"] != closing["period"]:
                raise Malformed("it is of another period")
            if (name := closing["document"]) is None:
                if with_bodies:
                    report.note("closings", f"the results of event {position}: {closing['why']}")
                continue
            results = bundle.read(str(name))
            documents += 1
            if results is None or hashlib.sha256(results).hexdigest() != said["results"]:
                raise Malformed(f"{name} is not the results that were closed")
        except (Malformed, KeyError, TypeError, ValueError) as error:
            report.wrong("closings", f"closing at event {position}: {error!r}")
    report.done(
        "closings",
        f"{len(listed[PERIOD_CLOSED])} closings and {len(listed[SCHEME_ACTIVATED])} score sheets"
        f" are what was recorded; {documents} documents have the digests that were closed",
    )


def _by_position(report: Report, listed: Any) -> dict[int, dict[str, Any]]:
    try:
        found = {one["at"]: one for one in listed}
        if [type(at) for at in found] != [int] * len(listed):
            raise TypeError("an event twice, or one without its position")
    except (KeyError, TypeError) as error:
        report.wrong("closings", f"closings.json: {error!r}")
        return {}
    return found


def _opens(entry: Entry, opening: dict[str, Any], body: bytes | None) -> bool:
    try:
        salt = bytes.fromhex(opening["salt"])
    except (KeyError, TypeError, ValueError):
        return False
    return body is not None and entry.commits_to(salt, body)


# ---- The whole -----------------------------------------------------------------------------------


def verify(
    directory: str, report: Report, vkey: str | None, since: Sequence[str], every: bool
) -> None:
    remembered = {path: read_note(path) for path in since}
    bundle = Bundle(directory, report)
    manifest = bundle.read_json("manifest.json")
    if manifest.get("format") != FORMAT or manifest.get("bodies") not in ("all", "none"):
        report.wrong("files", f"manifest.json: not that of a {FORMAT}")
    with_bodies = manifest.get("bodies") == "all"
    keys = read_keys(bundle, report, manifest, vkey)
    claims = [] if keys is None else read_checkpoints(bundle, report, manifest, keys, every)
    if keys is None or not claims:
        return
    size = claims[-1].size
    wanted = {claim.size for claim in claims} | {note.size for note in remembered.values()}
    bodies = Bodies(bundle, report, with_bodies)
    recorded = check_entries(bundle, report, size, wanted, bodies)
    forgetting = [at for at, entry in recorded.known.items() if entry.kind in FORGETTING]
    bodies.finish(max(forgetting, default=0))
    check_claims(claims, recorded.roots, report)
    check_remembered(remembered, size, recorded.roots, keys, report)
    check_closings(bundle, report, recorded.known, with_bodies)
    for name in sorted(bundle.unread):
        report.wrong("files", f"{name}: no file of a bundle")


def read_note(path: str) -> Note:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return Note.parse(file.read())
    except (OSError, UnicodeDecodeError, Malformed) as error:
        raise Unreadable(f"{path}: {error}") from None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="verify_log.py",
        description="Verify an exported bundle of a log, with the standard library alone.",
        epilog="Exit code 0: everything holds. 1: something does not. 2: it cannot be read.",
    )
    parser.add_argument("bundle", help="the directory")
    parser.add_argument("--vkey", help="the log's public key, as published or printed")
    parser.add_argument(
        "--since", metavar="NOTE_FILE", action="append", default=[], help="an older checkpoint"
    )
    parser.add_argument(
        "--all-signatures",
        action="store_true",
        help=f"verify every signature even of more than {ALL_SIGNATURES} checkpoints",
    )
    asked = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # what a bundle names may be beyond what they can show
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    report = Report()
    try:
        if asked.vkey is not None and not Key(asked.vkey).is_readable:
            raise Malformed("--vkey: this program verifies by the log's Ed25519 key alone")
        verify(asked.bundle, report, asked.vkey, asked.since, asked.all_signatures)
    except (Unreadable, Malformed, OSError) as error:
        print(f"verify_log.py: {error}", file=sys.stderr)
        return 2
    if report.problems:
        print(f"INVALID: {report.problems} problem(s)")
        return 1
    print("VALID")
    return 0


if __name__ == "__main__":
    sys.exit(main())
