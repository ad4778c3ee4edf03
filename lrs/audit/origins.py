"""Origins: the first line of a checkpoint, and which key speaks for it.

A log signs under its name. After a loss that somebody acknowledged it begins a new epoch, whose
checkpoints have an origin of their own, ``NAME/epoch/2`` and so on: to a witness another tree, by
the same key.
"""

import re


def is_origin_of(origin: str, name: str) -> bool:
    """Whether the key called ``name`` speaks for checkpoints of this origin."""
    if origin == name:
        return True
    epoch = origin.removeprefix(f"{name}/epoch/")
    return epoch != origin and re.fullmatch(r"[1-9][0-9]{0,8}", epoch) is not None
