"""Whose an event is: the subject under whose data key its content is sealed, and forgotten.

| event                                  | subject                                             |
|----------------------------------------|-----------------------------------------------------|
| statement                              | its actor: an Agent or an identified Group          |
| statement of an anonymous Group        | ``SHARED``                                          |
| statement that voids another           | ``SHARED``                                          |
| state, agent profile                   | the agent it is kept for                            |
| register record about a person         | that person; so is its withdrawal                   |
| account                                | the person it names, else the account               |
| hold, proposal to forget               | the person it is about                              |
| credential issued, record read         | ``SHARED``: it names accounts, perhaps an agent     |
| anything else                          | nobody: the content is stored as it is              |

What is ``SHARED`` is sealed and forgotten with no single person; whoever of those it names was
forgotten, is not shown any more. An anonymous group's statement is as much of each of its members.
One that voids must outlast whoever sent it: if it were forgotten, what it withdrew would count
again.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.agents import agent_key
from schemas.events import CATEGORIES, Category
from schemas.facets import is_voiding
from schemas.keys import key_of
from schemas.register import Record

NOBODYS: Final = b""
SHARED: Final = key_of("subject", "shared")


def of_statement(statement: Mapping[str, Any]) -> bytes:
    if is_voiding(statement):
        return SHARED
    return agent_key(statement["actor"]) or SHARED


def of_agent(agent: Mapping[str, Any] | None) -> bytes:
    """Of a document; None: it is kept for nobody."""
    return NOBODYS if agent is None else agent_key(agent) or SHARED


def of_person(person: str) -> bytes:
    """Of what the register says about a person, by its id there."""
    return key_of("person", person)


def of_record(record: Record) -> bytes:
    return NOBODYS if record.about_person is None else of_person(record.about_person)


def of_account(name: str, person: str | None) -> bytes:
    return key_of("account", name) if person is None else of_person(person)


def retention_of(kind: int) -> Category:
    """The retention class of an event: what is kept equally long."""
    return CATEGORIES.get(kind, Category.OTHER)
