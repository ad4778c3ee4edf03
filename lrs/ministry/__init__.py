"""A made-up ministry: its people and units, what they learn in a year, and what goes wrong.

Everything follows from the seed: the same seed gives the same people and the same statements, ids
included, so they can be sent twice and are stored once. Nobody and nothing here exists.
"""

from lrs.ministry.files import write_ministry
from lrs.ministry.people import SEED
from lrs.ministry.sending import Sent, statements

__all__ = ["SEED", "Sent", "statements", "write_ministry"]
