"""Where commands print tables to."""

import sys

from rich.console import Console

WIDE = 240  # columns where no terminal says how wide it is: nothing is cut off in a file


def console() -> Console:
    """What is printed is what somebody wrote: brackets and colons in it mean nothing more."""
    width = None if sys.stdout.isatty() else WIDE
    return Console(soft_wrap=True, markup=False, emoji=False, width=width)
