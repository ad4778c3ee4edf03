"""Keeps the stored results fresh: only who is touched by what came in is computed anew.

A statement, a void or a record of a person touches that person; a person touches the units of their
months; a unit touches its heads. What concerns everybody (platforms, courses, positions, score
sheets, the period, who was merged, who sends) makes everything new. The results of a freeze change
only when the freeze does, the corrected ones also with the appeals.

Computing reads and may take long; storing is short and happens only if nobody was quicker. However
the log is cut into renewals, the rows end the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Select, Table, bindparam, delete, or_, select, update

from projections.assessment import exact_json
from projections.assessment.gathering import (
    gather_all,
    gather_people,
    gather_units,
    people,
)
from projections.assessment.lines import (
    LINES,
    PERSON,
    UNIT,
    LineTables,
    MonthRow,
    ScoreRow,
)
from projections.assessment.records import AT_ONCE, fetch_in, one_of, record, records
from projections.assessment.results import SchemeUnknown, rulebook_of
from projections.assessment.tables import TABLES, Tables
from projections.assessment.views import (
    NotFrozen,
    PeriodUnknown,
    ResultSet,
    View,
    result_sets,
    view,
)
from projections.rows import fetch_rows, insert_rows
from projections.scoring import assess, assess_units, finals
from projections.scoring.book import Rulebook
from projections.scoring.exact import Exact
from projections.scoring.final_scores import Final as FinalScore
from projections.scoring.inputs import UnitFile
from projections.scoring.people import PersonAssessment
from projections.scoring.results import Results
from projections.scoring.units import UnitAssessment
from schemas.keys import key_of
from schemas.register import RECORDS, Period, Scheme, Unit, body_of
from schemas.scheme import InvalidSheet
