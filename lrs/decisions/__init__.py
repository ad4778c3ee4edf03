"""What people decide about the register between imports: who is who, who works where, which units
there are, what is recognised and what is accepted.

``decide(message, recorded)`` gives the changes a decision makes to the register as it is, for
``lrs.register.change``; none if all is so already. It raises ``DecisionRefused`` for a decision
that cannot be, and then nothing is recorded. Nothing here opens a database or a connection.

A new decision is a message (``lrs.decisions.messages``), a function and a line in ``DECIDED_BY``.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from lrs.decisions import catalogue, messages, people, periods, posts, units
from lrs.decisions.judging import DecisionRefused as DecisionRefused
from lrs.decisions.judging import judged
from lrs.decisions.messages import AnyMessage as AnyMessage
from lrs.decisions.messages import message_of as message_of
from lrs.decisions.messages import text_of as text_of
from lrs.register import Change, Recorded

DECIDED_BY: Final[Mapping[type, Callable[[Any, Recorded], list[Change]]]] = {
    messages.RegisterPerson: people.register_person,
    messages.LinkIdentifier: people.link_identifier,
    messages.UnlinkIdentifier: people.unlink_identifier,
    messages.MergePeople: people.merge_people,
    messages.PartPeople: people.part_people,
    messages.Transfer: posts.transfer,
    messages.Leave: posts.leave,
    messages.RecordAbsence: posts.record_absence,
    messages.RenameUnit: units.rename_unit,
    messages.MergeUnits: units.merge_units,
    messages.SplitUnit: units.split_unit,
    messages.DecideRecognition: catalogue.decide_recognition,
    messages.MapActivity: catalogue.map_activity,
    messages.UnmapActivity: catalogue.unmap_activity,
    messages.DecideItem: catalogue.decide_item,
    messages.OpenPeriod: periods.open_period,
}


def decide(message: AnyMessage, recorded: Recorded) -> list[Change]:
    """The changes a decision makes. Raises DecisionRefused."""
    return judged(recorded, DECIDED_BY[type(message)](message, recorded))
