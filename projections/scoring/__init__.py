"""The scoring engine: pure functions from the register and the evidence to explained scores.

Nothing here reads a table, a clock or a file. Everything is exact, and nothing depends on the order
in which evidence is given. Rule numbers such as C3 are those of the case format.

``rulebook(catalogue, person_sheet, unit_sheet)``  what applies to everybody, made ready once
``assess(book, file, evidence)``                   a person's facts and scores
``assess_units(book, files, assessments)``         units' scores, from their people's
``finals(book, assessments, units)``               people's final scores and bands
``results_of(book, people, units)``                all three at once
``explain(book, file, evidence)``                  a person's scores to the statement
``explain_unit(book, file, assessment)``           a unit's scores to the person and the item
``has_signal(book, row)``                          whether a statement without a person is listed
``results_document``, ``explanations_document``    the JSON documents
``person_detail``, ``unit_detail``                 one explanation in full, as JSON
``difference(before, after)``                      what another sheet or a correction changes
``awards``: ``places_for``, ``choose``, ``candidates``, ``quota_lines``
"""

from projections.scoring.book import has_signal as has_signal
from projections.scoring.book import rulebook as rulebook
from projections.scoring.differences import difference as difference
from projections.scoring.documents import explanations_document as explanations_document
from projections.scoring.documents import person_detail as person_detail
from projections.scoring.documents import results_document as results_document
from projections.scoring.documents import unit_detail as unit_detail
from projections.scoring.explanations import explain as explain
from projections.scoring.explanations import explain_unit as explain_unit
from projections.scoring.final_scores import finals as finals
from projections.scoring.people import assess as assess
from projections.scoring.results import results_of as results_of
from projections.scoring.units import assess_units as assess_units
