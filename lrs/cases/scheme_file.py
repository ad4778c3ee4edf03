"""A score sheet in a file of its own, as it is checked and published apart from a case."""

from pathlib import Path

from lrs.cases.problems import CaseRefused
from lrs.cases.reading import Names, Reading
from lrs.cases.schemes import SUBJECTS, read_scheme
from lrs.cases.yaml_text import Map, Node, Scalar, Unreadable, read_yaml
from schemas.register import Scheme
from schemas.scheme_kinds import Subject


def read_scheme_file(path: Path) -> Scheme:
    """The score sheet in a file. Raises CaseRefused with everything that is wrong in it.

    Whether the courses it names exist is not asked here: the register knows.
    """
    names = Names()
    names.cannot_know("course")
    reading = Reading(path.name, names)
    scheme = None
    try:
        root = read_yaml(path.read_bytes())
        scheme = read_scheme(reading, root, _subject(root))
    except FileNotFoundError:
        reading.refuse("file.missing", None)
    except OSError as error:
        reading.refuse("file.unreadable", None, said=error.strerror)
    except Unreadable as error:
        reading.refuse(error.rule, error.line, **error.facts)
    if scheme is None or reading.problems:
        raise CaseRefused(reading.problems)
    return scheme


def _subject(root: Node) -> Subject:
    """What the sheet says it is for; one that says nothing is refused as a sheet for persons."""
    said = root.pairs.get("subject") if isinstance(root, Map) else None
    named = said.text if isinstance(said, Scalar) else ""
    return next((subject for subject in SUBJECTS.values() if subject == named), "person")
