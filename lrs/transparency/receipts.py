"""What a sender keeps of a statement it stored: where in the log it is.

A position never changes, so the header suffices to ask for a proof at any later time.
"""

from collections.abc import Iterator, Sequence
from typing import Final

HEADER: Final = "X-Hocba-Log-Positions"
LONGEST: Final = 2000  # characters; proxies refuse an answer whose headers outgrow their buffer


def positions_text(positions: Sequence[int]) -> str:
    """Positions in the order given, runs of consecutive ones as ``12-14``, joined by commas.

    ``positions`` is a range for everything stored now; a retry gets the first positions, which may
    be anywhere. Empty where the text would be longer than ``LONGEST``: each can be asked for by the
    statement's id instead.
    """
    if isinstance(positions, range):  # the common path
        return _run(positions[0], positions[-1]) if positions else ""
    text = ",".join(_run(first, last) for first, last in _runs(positions))
    return text if len(text) <= LONGEST else ""


def _runs(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    if not positions:
        return
    first = last = positions[0]
    for position in positions[1:]:
        if position != last + 1:
            yield first, last
            first = position
        last = position
    yield first, last


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
