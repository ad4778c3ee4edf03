"""Trust policies: whose signatures, and how many of which witnesses, make a checkpoint believed.

A policy is a small text file (c2sp.org/tlog-policy): a line for each log, witness and group of
witnesses, and one that names the quorum. What a note proves is always said by a policy: two people
who use the same one believe the same checkpoints.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from lrs.audit.notes import (
    COSIGNATURE,
    LOG_ALGORITHMS,
    ML_DSA_44,
    Note,
    NoteInvalid,
    Verifier,
)
from lrs.audit.origins import is_origin_of

NONE: Final = "none"
"""The quorum that asks for no witness."""

MOST_BYTES: Final = 1 << 20
WITNESS_ALGORITHMS: Final = frozenset((COSIGNATURE, ML_DSA_44))


class PolicyInvalid(Exception):
    """The text is no policy: which line, and how to mend it."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(printable(f"line {line}: {why}" if line else why))
        self.line = line


class KnownLog(NamedTuple):
    """A log that is believed, and where it is reached."""

    verifier: Verifier
    url: str | None


class KnownWitness(NamedTuple):
    """A witness, by the policy's name for it; ``url`` is its submission prefix."""

    name: str
    verifier: Verifier
    url: str | None


class Group(NamedTuple):
    """Has witnessed a checkpoint when ``threshold`` of its members have."""

    name: str
    threshold: int
    members: tuple[str, ...]


class Judgement(NamedTuple):
    """What a policy says of a note: the logs that signed, when each witness did, the verdict."""

    logs: tuple[str, ...]
    witnesses: Mapping[str, int]
    satisfied: bool


class Policy(NamedTuple):
    """``groups`` are in the order of their lines, so that members come before their group."""

    logs: tuple[KnownLog, ...]
    witnesses: tuple[KnownWitness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Raises PolicyInvalid."""
        return cls(*_Lines(text).read())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises PolicyInvalid, naming the file; also when it cannot be read."""
        try:
            return cls.parse(path.read_bytes())
        except OSError as error:
            raise PolicyInvalid(0, f"{path}: {error.strerror}. Name a policy file.") from None
        except PolicyInvalid as invalid:
            raise PolicyInvalid(0, f"{path}, {invalid}") from None

    def reached(self, witnesses: Mapping[str, int]) -> bool:
        """Whether these witnesses make the quorum."""
        if self.quorum == NONE:
            return True
        counted = set(witnesses)
        for group in self.groups:
            if sum(member in counted for member in group.members) >= group.threshold:
                counted.add(group.name)
        return self.quorum in counted


def judge(note: Note | str, policy: Policy) -> Judgement:
    """What the policy says of the note.

    Without a log in the policy any log will do: whoever asks then knows the log from elsewhere.
    Raises NoteInvalid when the note is malformed or a signature of a known key does not hold.
    """
    note = Note.parse(note) if isinstance(note, str) else note
    origin = note.text.partition("\n")[0]
    logs = [known.verifier for known in policy.logs if is_origin_of(origin, known.verifier.name)]
    signed = tuple(verifier.name for verifier in note.verified_by(logs))
    witnesses = {
        known.name: cosigned_at(note, known.verifier)
        for known in policy.witnesses
        if note.verified_by([known.verifier])
    }
    believed = bool(signed) or not policy.logs
    return Judgement(signed, witnesses, believed and policy.reached(witnesses))


def satisfied(note: Note | str, policy: Policy) -> bool:
    """Whether the note is signed by a log of the policy and cosigned by its quorum."""
    try:
        return judge(note, policy).satisfied
    except NoteInvalid:
        return False


def cosigned_at(note: Note, verifier: Verifier) -> int:
    """When the verifier last cosigned the note, in seconds since 1970."""
    return max(
        int.from_bytes(it.signature[:8])
        for it in note.signatures
        if (it.name, it.key_id) == (verifier.name, verifier.key_id)
    )


def printable(name: str) -> str:
    """A name of a policy for people's eyes: what is not UTF-8 is shown as ``?``."""
    return name.encode(errors="replace").decode()


class _Lines:
    """The lines of a policy, each checked against those before it."""

    def __init__(self, text: str | bytes) -> None:
        octets = text.encode() if isinstance(text, str) else text
        if len(octets) > MOST_BYTES:
            raise PolicyInvalid(0, f"longer than {MOST_BYTES} bytes")
        self._text = octets.decode("utf-8", "surrogateescape")  # names are opaque octets
        self._logs: list[KnownLog] = []
        self._witnesses: list[KnownWitness] = []
        self._groups: list[Group] = []
        self._quorum: str | None = None
        self._names = {NONE}
        self._members: set[str] = set()

    def read(self) -> tuple[tuple[KnownLog, ...], tuple[KnownWitness, ...], tuple[Group, ...], str]:
        keywords = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._set_quorum,
        }
        for number, line in enumerate(self._text.split("\n"), 1):
            items = line.replace("\t", " ").strip(" ").split(" ")
            items = [item for item in items if item]
            if not items or items[0].startswith("#"):
                continue
            try:
                if any(it < " " or it == "\x7f" for it in line.replace("\t", " ")):
                    raise ValueError("a control character; a line ends by \\n alone")
                if items[0] not in keywords:
                    raise ValueError(f"{items[0]}: a line begins with {', '.join(keywords)} or #")
                keywords[items[0]](*items[1:])
            except (ValueError, NoteInvalid) as wrong:
                raise PolicyInvalid(number, str(wrong)) from None
        if self._quorum is None:
            raise PolicyInvalid(0, "there is no quorum line. Without witnesses write: quorum none")
        return tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum

    def _log(self, *items: str) -> None:
        if len(items) not in (1, 2):
            raise ValueError("write: log VKEY [URL]")
        verifier = Verifier.parse(items[0])
        if verifier.algorithm not in LOG_ALGORITHMS:
            raise ValueError(f"the key of {verifier.name} is a witness's, not a log's")
        if any(known.verifier.key == verifier.key for known in self._logs):
            raise ValueError(f"the key of {verifier.name} has a log line already")
        self._logs.append(KnownLog(verifier, _url(items[1:])))

    def _witness(self, *items: str) -> None:
        if len(items) not in (2, 3):
            raise ValueError("write: witness NAME VKEY [URL]")
        verifier = Verifier.parse(items[1])
        if verifier.algorithm not in WITNESS_ALGORITHMS:
            raise ValueError(f"the key of {verifier.name} is a log's, not a witness's")
        if any(known.verifier.key == verifier.key for known in self._witnesses):
            raise ValueError(f"the key of {verifier.name} has a witness line already")
        self._witnesses.append(KnownWitness(self._new(items[0]), verifier, _url(items[2:])))

    def _group(self, *items: str) -> None:
        if len(items) < 3:
            raise ValueError("write: group NAME all|any|NUMBER MEMBER…")
        name, count, *members = items
        threshold = {"any": 1, "all": len(members)}.get(count) or _number(count)
        if not 1 <= threshold <= len(members):
            raise ValueError(f"{count} of {len(members)} members: write 1 to {len(members)}")
        for member in members:
            if member == NONE or member not in self._names:
                raise ValueError(f"{member}: no witness or group of that name on a line before")
            if member in self._members:
                raise ValueError(f"{member} is a member already; each counts in one way only")
            self._members.add(member)
        self._groups.append(Group(self._new(name), threshold, tuple(members)))

    def _set_quorum(self, *items: str) -> None:
        if len(items) != 1:
            raise ValueError("write: quorum NAME, or: quorum none")
        if self._quorum is not None:
            raise ValueError("a policy has one quorum line")
        if items[0] not in self._names:
            raise ValueError(f"{items[0]}: no witness or group of that name on a line before")
        self._quorum = items[0]

    def _new(self, name: str) -> str:
        if name in self._names:
            raise ValueError(f"{name}: the name is taken")
        self._names.add(name)
        return name


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or text.startswith("0") or len(text) > 9:
        raise ValueError(f"{text}: write all, any, or a number from 1")
    return int(text)


def _url(items: tuple[str, ...]) -> str | None:
    if not items:
        return None
    try:
        parts = urlsplit(items[0])
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise ValueError(f"{items[0]}: a URL begins with http:// or https:// and names a host")
    return items[0].rstrip("/")
