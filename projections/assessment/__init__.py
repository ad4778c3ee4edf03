"""The assessment projection: the register, and what statements may count for, as of any position.

Tables: ``tables``; how events get into them: ``recording`` and ``signals``. Reading is by position:
``as_of`` is a position of the log that the tables have reached, and the answer is that of a log
that ends there. ``connection`` should see one state of the database.

``records(connection, Type, as_of)``, ``record(connection, Type, key, as_of)``  the register;
    ``placed(connection, Type, as_of)``  with the positions of the events that recorded it
``view(connection, period, result_set, as_of)``  a period in one of its result sets: open, frozen or
    corrected. ``view.catalogue`` is what the scoring engine takes; all that follows is of a view
``result_sets(connection, period, as_of)``  which of them the period has
``people(connection, view)``                everybody's ids
``gather_person(connection, view, person)`` -> ``(PersonFile, [Evidence, ...])``
``gather_people(connection, view, ids)``, ``gather_all(connection, view)``  the same, one by one
``gather_unit(connection, view, unit)``, ``gather_units(connection, view)``  -> ``UnitFile``
``unattributed(connection, view)``          evidence with a signal that is nobody's
``unresolved_actors(connection, as_of)``, ``unmapped_courses(connection, as_of)``  pages of queues
``rulebook_of(connection, view)``           what ``projections.scoring`` assesses and explains by,
    with the period's score sheets or with others
``results(connection, period, result_set, as_of)``  the whole period, computed

Stored results (``lines``: tables beside the projection, which a rebuild of it leaves as they are):

``renewals(connection, as_of, version=…)``  what has to be stored to bring all periods there; only
    reads, and may take long: for whoever holds no lock
``store(connection, renewal)``              stores one; short; False if somebody else was quicker
``refresh(connection, as_of)``              both, on one connection
``forget(connection)``                      drops all of them, to be computed anew
``stored(connection)``                      what there is, and as of which positions
``restored(connection, period, result_set)`` -> ``(position, Results)``, equal to ``results`` there

Raised: ``PeriodUnknown``, ``NotFrozen``, ``SchemeUnknown``, ``PersonUnknown``, ``UnitUnknown``.
"""

from projections.assessment.gathering import PersonUnknown as PersonUnknown
from projections.assessment.gathering import UnitUnknown as UnitUnknown
from projections.assessment.gathering import gather_all as gather_all
from projections.assessment.gathering import gather_people as gather_people
from projections.assessment.gathering import gather_person as gather_person
from projections.assessment.gathering import gather_unit as gather_unit
from projections.assessment.gathering import gather_units as gather_units
from projections.assessment.gathering import people as people
from projections.assessment.queues import UnmappedCourse as UnmappedCourse
from projections.assessment.queues import UnresolvedActor as UnresolvedActor
from projections.assessment.queues import unattributed as unattributed
from projections.assessment.queues import unmapped_courses as unmapped_courses
from projections.assessment.queues import unresolved_actors as unresolved_actors
from projections.assessment.recording import KINDS as KINDS
from projections.assessment.recording import apply as apply
from projections.assessment.records import placed as placed
from projections.assessment.records import record as record
from projections.assessment.records import records as records
from projections.assessment.renewing import Renewal as Renewal
from projections.assessment.renewing import forget as forget
from projections.assessment.renewing import refresh as refresh
from projections.assessment.renewing import renewals as renewals
from projections.assessment.renewing import store as store
from projections.assessment.results import SchemeUnknown as SchemeUnknown
from projections.assessment.results import results as results
from projections.assessment.results import rulebook_of as rulebook_of
from projections.assessment.results import sheet as sheet
from projections.assessment.stored_results import Stored as Stored
from projections.assessment.stored_results import restored as restored
from projections.assessment.stored_results import stored as stored
from projections.assessment.tables import METADATA as METADATA
from projections.assessment.tables import TABLES as TABLES
from projections.assessment.tables import Tables as Tables
from projections.assessment.tables import define as define
from projections.assessment.views import NotFrozen as NotFrozen
from projections.assessment.views import PeriodUnknown as PeriodUnknown
from projections.assessment.views import View as View
from projections.assessment.views import catalogue as catalogue
from projections.assessment.views import result_sets as result_sets
from projections.assessment.views import view as view

NAME = "assessment"
