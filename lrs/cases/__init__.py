"""Evaluation cases: folders of files that say who works where, what counts and what was learnt.

``read_case(folder)`` reads a folder in the format of ``docs/case-format.md``: a ``Case``, or
``CaseRefused`` with every problem of every file, by file, line, reason and mend.

``changes(case, recorded)`` compares it with the register as it is now: the events to append, none
if it is as the files say.

An organisation alone also comes as an Excel workbook (``lrs.cases.workbook``, its template in
``lrs.cases.workbook_template``) or as OneRoster 1.2 CSV (``lrs.cases.oneroster``); what they give
is compared in the same way. Nothing here opens a database or a connection.
"""

from lrs.cases.changes import Change, changes
from lrs.cases.described import Described
from lrs.cases.folder import Case, read_case
from lrs.cases.problems import CaseProblem, CaseRefused
from lrs.cases.statements import Batch, Line

__all__ = [
    "Batch",
    "Case",
    "CaseProblem",
    "CaseRefused",
    "Change",
    "Described",
    "Line",
    "changes",
    "read_case",
]
