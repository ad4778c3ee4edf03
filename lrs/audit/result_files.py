"""Results in files: what ``lrs results --json`` printed, or the folder of an exported bundle."""

from pathlib import Path
from typing import Annotated, Any

import msgspec

from lrs.audit.differences import NotThere
from projections.scoring.documents import RESULTS


class _Results(msgspec.Struct):
    """The parts of a results document that are needed to compare it."""

    format: str
    period: str
    result_set: str
    people: dict[str, dict[str, str]]
    units: dict[str, dict[str, str]]
    position: Annotated[int, msgspec.Meta(ge=0)]
    facts: dict[str, dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET


def read_results(path: Path, period: str, result_set: str | None) -> tuple[dict[str, Any], int]:
    """The document and the position it was computed at. Raises NotThere."""
    file = path
    try:
        if path.is_dir():
            file, position = _in_bundle(path, period, result_set)
            text = _at(file.read_bytes(), position)
        else:
            text = path.read_bytes()
        read = msgspec.json.decode(text, type=_Results)
    except OSError as error:
        raise NotThere(f"{file}: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise NotThere(
            f"{file}: no document {RESULTS} with a position ({error}). `lrs results --period"
            f" {period} --facts --json` prints one."
        ) from None
    if read.format != RESULTS:
        raise NotThere(f"{file}: its format is {read.format}, not {RESULTS}")
    for name, said, asked in (
        ("period", read.period, period),
        ("result set", read.result_set, result_set or read.result_set),
    ):
        if said != asked:
            raise NotThere(f"{file}: its {name} is {said}, not {asked}")
    document: dict[str, Any] = msgspec.to_builtins(read)
    return document, document.pop("position")


class _Closing(msgspec.Struct):
    """A closing in ``closings.json``: its event's body, in base64, and the file of the results."""

    period: str
    body: bytes
    document: str | None


class _Closings(msgspec.Struct):
    closings: list[_Closing]


class _Closed(msgspec.Struct):
    """The parts of a closing's body that say which results they are."""

    position: int
    result_set: str | None = None


def _in_bundle(folder: Path, period: str, result_set: str | None) -> tuple[Path, int]:
    """The results of a period that were closed last, and the position they were computed at."""
    text = (folder / "closings.json").read_bytes()
    for closing in reversed(msgspec.json.decode(text, type=_Closings).closings):
        if closing.period == period and closing.document is not None:
            closed = msgspec.json.decode(closing.body, type=_Closed)
            if result_set in (None, closed.result_set):
                return folder / closing.document, closed.position
    wanted = f"{result_set} results" if result_set else "results"
    raise NotThere(f"{folder}: it has no {wanted} of {period}; of closed periods it has them")


def _at(text: bytes, position: int) -> bytes:
    """A document with its position, which in a bundle stands in the closing."""
    document = msgspec.json.decode(text, type=dict[str, Any])
    return msgspec.json.encode({**document, "position": position})
