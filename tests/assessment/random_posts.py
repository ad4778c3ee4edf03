"""Random posts: requests with new statements, old ones and conflicts, voids, freeze and appeals."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.assessment.random_register import digest
from tests.assessment.random_statements import (
    actor_of,
    agent,
    any_moment,
    course_listed,
    make_draft,
    make_drafts,
)
from tests.assessment.random_world import ADL, ONE_DAY, OPEN, VOIDED, Draft, Json, Post, World

# The posts: batches of lines


@dataclass
class Poster:
    """Puts drafts into requests and knows what each of them would leave in the store."""

    world: World
    waiting: list[Draft]
    left: int
    posts: list[Post] = field(default_factory=list)
    stored: dict[str, Draft] = field(default_factory=dict)
    lost: list[Draft] = field(default_factory=list)
    """New in a request that was refused."""
    roaming: set[str] = field(default_factory=set)
    """Sent again by another platform: never voided, as it is open which platform voids them."""
    forbidden: set[str] = field(default_factory=set)
    """Voiding statements that name one: whether they are stored is open, so they stay alone."""
    targets: set[str] = field(default_factory=set)
    """What was named by a voiding statement: never sent by another platform."""

    def post(self, platform: str, drafts: list[Draft], *, refused: bool = False) -> None:
        drafts = drafts[: self.left]
        if not drafts:
            return
        lines = [
            json_text(self.world, draft.statement, again=draft.id in self.stored)
            for draft in drafts
        ]
        self.posts.append(Post(platform, lines, drafts))
        self.left -= len(drafts)
        for draft in drafts:
            if draft.id not in self.stored:
                if refused:
                    self.lost.append(draft)
                else:
                    self.stored[draft.id] = draft

    def next_of(self, platform: str, most: int) -> list[Draft]:
        """The next drafts of the platform, removed from what waits."""
        chosen = [draft for draft in self.waiting if draft.platform == platform][:most]
        for draft in chosen:
            self.waiting.remove(draft)
        return chosen


def make_posts(world: World, count: int) -> list[Post]:
    drafts = make_drafts(world, count)
    poster = Poster(world, drafts, count)
    while poster.left:
        if not poster.waiting:
            poster.waiting = make_drafts(world, poster.left)
        platform = poster.waiting[0].platform
        world.one(REQUESTS)(world, poster, platform)
    position = 0
    for post in poster.posts:
        position += len(post.lines)
        post.last_position = position
    return poster.posts


def posts_the_next(world: World, poster: Poster, platform: str) -> None:
    poster.post(platform, poster.next_of(platform, world.number(1, 8)))


def posts_some_again(world: World, poster: Poster, platform: str) -> None:
    """New ones among others that the store has; perhaps from another platform."""
    new = poster.next_of(platform, world.number(0, 4))
    old = [
        draft
        for draft in poster.stored.values()
        if draft.id not in poster.forbidden
        and (draft.platform == platform or may_roam(poster, draft))
    ]
    if world.chance(0.7):
        old = [draft for draft in old if draft.platform == platform]
    again = world.some(old[-60:] + old[:5], 3)
    unique = {draft.id: draft for draft in again}
    poster.roaming |= {draft.id for draft in unique.values() if draft.platform != platform}
    poster.post(platform, world.shuffled(new + list(unique.values())))


def may_roam(poster: Poster, draft: Draft) -> bool:
    return draft.statement["verb"]["id"] != VOIDED and draft.id not in poster.targets


def posts_a_conflict(world: World, poster: Poster, platform: str) -> None:
    """One id with another content: the whole request is refused."""
    known = [
        draft
        for draft in poster.stored.values()
        if draft.platform == platform and draft.statement["verb"]["id"] != VOIDED
    ]
    if not known or poster.left < 2:
        return posts_the_next(world, poster, platform)
    other = deepcopy(world.one(known[-60:]))
    result = other.statement.setdefault("result", {})
    match world.one(("verb", "completion", "score", "duration")):
        case "verb":
            verbs = {ADL + "completed", ADL + "passed", ADL + "scored"}
            other.statement["verb"]["id"] = world.one(
                sorted(verbs - {other.statement["verb"]["id"]})
            )
        case "completion":
            result["completion"] = not result.get("completion", False)
        case "score":
            old = result.get("score", {}).get("scaled")
            result["score"] = {"scaled": Decimal("0.37") if old != Decimal("0.37") else Decimal(1)}
        case "duration":
            old = result.get("duration")
            result["duration"] = "PT7H7M7S" if old != "PT7H7M7S" else "PT1M"
    if not result:
        del other.statement["result"]
    new = poster.next_of(platform, world.number(0, 5))[: poster.left - 1]
    poster.post(platform, world.shuffled([*new, other]), refused=True)
    poster.lost = [draft for draft in poster.lost if draft.id != other.id]
    return None


def posts_the_lost(world: World, poster: Poster, platform: str) -> None:
    """What a refused request had held, sent again; perhaps with another content, as it is new."""
    lost = [draft for draft in poster.lost if draft.platform == platform]
    lost = [draft for draft in lost if draft.id not in poster.stored]
    for draft in lost:
        poster.lost.remove(draft)
    for draft in lost:
        if world.chance(0.2) and draft.statement["verb"]["id"] != VOIDED:
            draft.statement["result"] = {"completion": True, "duration": "PT11M"}
    poster.post(platform, lost + poster.next_of(platform, 2))


def posts_a_void(world: World, poster: Poster, platform: str) -> None:
    """A voiding statement before its target, after it or with it; or for an unknown id."""
    waiting = [draft for draft in poster.waiting if draft.platform == platform]
    sent = [draft for draft in poster.stored.values() if draft.platform == platform]
    candidates = [
        draft.id
        for draft in waiting[:40] + sent[-40:]
        if draft.id not in poster.roaming and draft.statement["verb"]["id"] != VOIDED
    ]
    target = world.uuid() if world.chance(0.1) or not candidates else world.one(candidates)
    poster.targets.add(target)
    void = voiding(world, platform, target)
    poster.post(platform, world.shuffled([void, *poster.next_of(platform, world.number(0, 3))]))


def posts_a_void_of_a_void(world: World, poster: Poster, platform: str) -> None:
    """Alone, because a store may refuse it; sometimes before the one it names."""
    sent = [
        draft.id
        for draft in poster.stored.values()
        if draft.platform == platform and draft.statement["verb"]["id"] == VOIDED
    ]
    if not sent:
        return posts_a_void(world, poster, platform)
    void = voiding(world, platform, world.one(sent))
    poster.forbidden.add(void.id)
    poster.post(platform, [void])
    return None


def voiding(world: World, platform: str, target: str) -> Draft:
    reference = {"objectType": "StatementRef", "id": target}
    actor = agent(world, {"account": {"homePage": "https://sso.example", "name": "quan-tri"}})
    if world.chance(0.3):
        actor = actor_of(world, world.one(world.people)["id"])
    moment = any_moment(world)
    return make_draft(world, platform, VOIDED, reference, actor, moment)


REQUESTS: tuple[Any, ...] = (
    *(posts_the_next,) * 10,
    *(posts_some_again,) * 3,
    posts_a_conflict,
    posts_the_lost,
    *(posts_a_void,) * 2,
    posts_a_void_of_a_void,
)


def make_freeze(world: World, posts: list[Post]) -> None:
    """After a request, mostly a late one, or after all lines."""
    world.freeze = posts[-1].last_position
    if world.chance(0.75):
        late = posts[len(posts) * 2 // 3 :]
        world.freeze = world.one(late).last_position
        world.period["freeze"] = {"after_lines": world.freeze}


# appeal.yaml


def make_appeals(world: World, posts: list[Post]) -> list[Json]:
    if world.chance(0.15):
        return []
    candidates = creditable(world, posts)
    items = world.shuffled(world.declarations["items"])
    ghosts = world.shuffled(world.ghosts)
    appeals = []
    for number in range(world.number(1, 6)):
        person = world.one(world.people)["id"]
        filed = world.end + ONE_DAY * world.number(3, 20)
        decision = world.one(("accepted", "accepted", "partly_accepted", "rejected"))
        corrections: list[Json] = []
        while decision != "rejected" and not (corrections and world.chance(0.35)):
            kind = world.one(("credit", "credit", "credit", "declaration", "identity"))
            if kind == "credit" and candidates:
                corrections.append(crediting(world, candidates.pop()))
            elif kind == "identity" and ghosts:
                identifier, owner = ghosts.pop()
                corrections.append(
                    {
                        "kind": "link_identity",
                        "person": owner,
                        "identifier": linked_as(world, identifier),
                    }
                )
            elif items:
                corrections.append(deciding(world, items.pop()))
            else:
                decision = "rejected"
        appeals.append(
            {
                "id": f"KN-{number}",
                "person": person,
                "filed": filed,
                "decided": filed + ONE_DAY * world.number(0, 20),
                "decision": decision,
                "document": {"number": f"{number}/QĐ-HĐTĐKT", "date": filed + ONE_DAY},
                "reason": "Xem xét lại",
                "corrections": [] if decision == "rejected" else corrections,
            }
        )
    return appeals


def linked_as(world: World, identifier: Json) -> Json:
    """The identifier, or its digest."""
    if "mbox" in identifier and world.chance(0.4):
        return {"mbox_sha1sum": digest(identifier["mbox"])}
    return deepcopy(identifier)


def creditable(world: World, posts: list[Post]) -> list[tuple[Draft, int]]:
    """Stored statements with their positions; those with a reason that can be lifted come last."""
    found: dict[str, tuple[Draft, int]] = {}
    contents: dict[str, Json] = {}
    refused = refused_posts(posts)
    for number, post in enumerate(posts):
        if number in refused:
            continue
        first = post.last_position - len(post.drafts) + 1
        for place, draft in enumerate(post.drafts):
            if draft.id not in found and draft.statement["verb"]["id"] != VOIDED:
                found[draft.id] = (draft, first + place)
                contents[draft.id] = draft.statement
    candidates = world.shuffled(list(found.values()))
    return sorted(candidates, key=lambda one: len(liftable(world, *one)) + world.number(0, 1))


def refused_posts(posts: list[Post]) -> set[int]:
    """The numbers of the requests that hold a stored id with another content."""
    stored: dict[str, Json] = {}
    refused = set()
    for number, post in enumerate(posts):
        parsed = [json.loads(line, parse_float=Decimal) for line in post.lines]
        if any(stored.get(one["id"], one) != one for one in parsed):
            refused.add(number)
        else:
            stored |= {one["id"]: one for one in parsed}
    return refused


def liftable(world: World, draft: Draft, position: int) -> list[str]:
    """The reasons of the statement that an appeal can lift."""
    reasons = []
    if draft.ghost or draft.person is None:
        reasons.append("UNRESOLVED_ACTOR")
    if position > world.freeze:
        reasons.append("AFTER_FREEZE")
    target = draft.statement["object"]
    if course_listed(world, draft.platform, target) is None:
        reasons.append("UNMAPPED_COURSE")
    day = draft.moment.astimezone(world.zone).date()
    [platform] = [entry for entry in world.platforms if entry["id"] == draft.platform]
    if not any(
        (entry.get("from") or OPEN[0]) <= day <= (entry.get("to") or OPEN[1])
        for entry in platform["recognitions"]
    ):
        reasons.append("PLATFORM_NOT_RECOGNISED")
    return reasons


def crediting(world: World, candidate: tuple[Draft, int]) -> Json:
    """Lifts all reasons, some of them, or one that does not apply."""
    draft, position = candidate
    reasons = liftable(world, draft, position)
    if len(reasons) > 1 and world.chance(0.5):
        reasons = world.shuffled(reasons)[: world.number(1, len(reasons) - 1)]
    if not reasons or world.chance(0.1):
        reasons = [world.one(("AFTER_FREEZE", "PLATFORM_NOT_RECOGNISED"))]
    found: Json = {
        "kind": "credit_statement",
        "statement": draft.id,
        "waive": world.shuffled(reasons),
    }
    if "UNMAPPED_COURSE" in reasons:
        found["course"] = world.one(world.courses)["id"]
    if "UNRESOLVED_ACTOR" in reasons:
        found["person"] = draft.person or world.one(world.people)["id"]
    return found


def deciding(world: World, item: Json) -> Json:
    decision = "rejected" if item["decision"] == "accepted" else "accepted"
    return {
        "kind": "decide_declaration",
        "item": item["id"],
        "decision": decision,
        "reason": "Hội đồng xem xét lại",
    }


def json_text(world: World, statement: Json, *, again: bool) -> str:
    """A line. Sent again, its keys, spaces, escapes and zeros differ and its content does not."""
    if not again or world.chance(0.3):
        return to_json(statement, ensure_ascii=False, space=" ")
    return to_json(
        reordered(world, statement),
        ensure_ascii=world.chance(0.5),
        space=world.one(("", " ", "  ")),
    )


def reordered(world: World, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(world, value[key]) for key in world.shuffled(list(value))}
    if isinstance(value, list):
        return [reordered(world, entry) for entry in value]
    if isinstance(value, Decimal) and "." in str(value) and world.chance(0.3):
        return Decimal(f"{value}0")
    return value


def to_json(value: Any, *, ensure_ascii: bool, space: str) -> str:
    """JSON whose decimals are written digit by digit."""
    if isinstance(value, dict):
        entries = (
            f"{json.dumps(key, ensure_ascii=ensure_ascii)}:{space}"
            f"{to_json(entry, ensure_ascii=ensure_ascii, space=space)}"
            for key, entry in value.items()
        )
        return "{" + f",{space}".join(entries) + "}"
    if isinstance(value, list):
        return (
            "["
            + f",{space}".join(
                to_json(entry, ensure_ascii=ensure_ascii, space=space) for entry in value
            )
            + "]"
        )
    if isinstance(value, Decimal):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=ensure_ascii)
