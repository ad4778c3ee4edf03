"""Where commands print tables to."""

import sys

from rich.console import Console

WIDE = 240  # columns where no terminal says how wide it is: nothing is cut off in a file


def console() -> Console:
    return Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDE)
