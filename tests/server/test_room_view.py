"""What a personal link shows, to whom and when; above all what it never shows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from quorate.model.activity import Activity, ActivityState, Happened, InvitationState, LogLine
from quorate.model.reasons import Reason
from quorate.model.requirement import AllOf, Count, CountOf, Group, Name, OneOf, Optional, Part
from quorate.server.requirement_words import guest_words
from tests.server.stand_in import ALICE, KOFI, LENA, NOON, OMAR, RAJ, StandIn, asked, incident

LIVE = ActivityState.LIVE


async def view(client: httpx.AsyncClient, hub: StandIn, person: str) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/rooms/{hub.links.token('Q1', person)}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


@pytest.mark.parametrize(
    ("activity", "person", "state"),
    [
        (incident(), "raj", "waiting"),
        (incident(), "kofi", "waiting"),
        (incident(), "alice", "waiting"),
        (incident(LIVE), "raj", "open"),
        (incident(LIVE), "alice", "open"),
        (incident(LIVE), "lena", "late"),
        (incident(LIVE), "ines", "late"),
        (incident(ActivityState.ENDED, ended_at=NOON), "raj", "ended"),
        (incident(ActivityState.EXPIRED, ended_at=NOON), "raj", "expired"),
        (incident(ActivityState.CANCELLED, ended_at=NOON), "raj", "withdrawn"),
        (incident(ActivityState.FAILED, ended_at=NOON), "raj", "withdrawn"),
        (incident(ActivityState.ENDED, ended_at=NOON - timedelta(hours=24)), "raj", "expired"),
        (incident(ActivityState.CANCELLED, ended_at=NOON - timedelta(hours=24)), "raj", "expired"),
    ],
)
async def test_the_state_of_a_link(
    stranger: httpx.AsyncClient, stand_in: StandIn, activity: Activity, person: str, state: str
) -> None:
    stand_in.put(activity)
    assert (await view(stranger, stand_in, person))["state"] == state


async def test_a_revoked_link_says_that_and_no_more(stranger: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident(LIVE))
    token = stand_in.links.token("Q1", "raj")
    stand_in.links.revoke("Q1", "raj")
    shown = (await stranger.get(f"/api/v1/rooms/{token}")).json()
    assert (shown["state"], shown["about"], shown["here"], shown["clauses"]) == ("revoked", None, [], [])
    answer = await stranger.post(f"/api/v1/rooms/{token}/answer", json={"answer": "yes"})
    assert (answer.status_code, stand_in.said) == (403, [])


@pytest.mark.parametrize("state", list(ActivityState))
@pytest.mark.parametrize("reader", ["raj", "omar", "kofi"])
async def test_guests_never_see_who_was_asked_declined_or_is_silent(
    stranger: httpx.AsyncClient, stand_in: StandIn, state: ActivityState, reader: str
) -> None:
    stand_in.put(incident(state, ended_at=NOON if state.over else None, joined=frozenset({"raj"})))
    if state is LIVE:
        stand_in.rooms.open(stand_in.activity("Q1"))
    raw = (await stranger.get(f"/api/v1/rooms/{stand_in.links.token('Q1', reader)}")).text
    hidden = {"ines", "lena", "kofi"} - {reader}
    assert not [name for name in hidden if name in raw.lower()]
    assert "2 of @dba and (lena or omar)" not in raw
    stand_in.rooms.close_all()


async def test_someone_waiting_sees_who_is_in_and_how_many_are_missing(
    stranger: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.put(replace(incident(), ring_s=45.0))
    shown = await view(stranger, stand_in, "raj")
    assert (shown["in_count"], shown["need"], shown["you_said"]) == (3, 4, "yes")
    assert shown["ring_s"] == 45.0
    assert (shown["organiser"], shown["you"], shown["is_organiser"]) == ("Alice", "Raj", False)
    assert shown["activity"] is None
    dba, other = shown["clauses"]
    assert (dba["clause"], dba["need"], dba["taken"], dba["asking"]) == ("2 of @dba", 2, 1, 1)
    assert dba["people"] == [{"name": "Raj", "you": True, "role": "@dba", "here": False}]
    assert dba["until"] == "2026-01-01T12:00:30Z"
    assert (other["clause"], [p["name"] for p in other["people"]]) == ("Omar", ["Omar"])


async def test_someone_late_is_told_who_covers_and_may_still_come(
    stranger: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.put(incident(LIVE, live_at=NOON))
    shown = await view(stranger, stand_in, "lena")
    assert (shown["covered_by"], shown["covered_at"]) == ("Omar", "2026-01-01T12:00:00Z")
    token = stand_in.links.token("Q1", "lena")
    answer = await stranger.post(f"/api/v1/rooms/{token}/answer", json={"answer": "yes", "anyway": True})
    assert (answer.json()["state"], stand_in.said) == ("open", ["lena: yes anyway"])


@pytest.mark.parametrize(("answer", "said"), [("no", "raj: no"), ("stop", "raj: stop")])
async def test_someone_who_said_yes_can_take_it_back(
    stranger: httpx.AsyncClient, stand_in: StandIn, answer: str, said: str
) -> None:
    stand_in.put(incident())
    token = stand_in.links.token("Q1", "raj")
    shown = await stranger.post(f"/api/v1/rooms/{token}/answer", json={"answer": answer})
    assert (shown.status_code, shown.json()["you_said"], stand_in.said) == (200, "no", [said])


async def test_it_says_whose_yes_opened_it_not_who_came_late(
    stranger: httpx.AsyncClient, stand_in: StandIn
) -> None:
    opened = LogLine(at=NOON, what=Happened.LIVE, people=("raj", "ines", "omar"))
    late = asked(KOFI, 5, InvitationState.ACCEPTED)
    invitations = (*(i for i in incident().invitations if i.person != "kofi"), late)
    stand_in.put(incident(LIVE, live_at=NOON, log=(opened,), invitations=invitations))
    assert (await view(stranger, stand_in, "raj"))["opened_with"] == ["Alice", "Raj", "Omar"]
    stand_in.put(incident(LIVE, live_at=NOON, log=(opened,), with_organiser=False))
    assert (await view(stranger, stand_in, "raj"))["opened_with"] == ["Raj", "Omar"]


async def test_the_organiser_sees_who_is_not_coming(stranger: httpx.AsyncClient, stand_in: StandIn) -> None:
    covered = replace(asked(OMAR, 4, InvitationState.WITHDRAWN), reason=Reason.COVERED)
    invitations = tuple(i for i in incident().invitations if i.person != "omar")
    stand_in.put(incident(invitations=(*invitations, covered)))
    shown = await view(stranger, stand_in, "alice")
    assert (shown["is_organiser"], shown["activity"]) == (True, "Q1")
    assert shown["not_coming"] == ["Ines said no.", "Lena: no answer in 30 s.", "Omar was told “covered”."]
    token = stand_in.links.token("Q1", "alice")
    answer = await stranger.post(f"/api/v1/rooms/{token}/answer", json={"answer": "yes"})
    assert (answer.status_code, stand_in.said) == (422, [])
    returned = replace(covered, state=InvitationState.SILENT, reason=Reason.UNREACHABLE)
    stand_in.put(incident(invitations=(*invitations, returned)))
    assert "Omar could not be asked." in (await view(stranger, stand_in, "alice"))["not_coming"]


async def test_dead_links_all_read_the_same(stranger: httpx.AsyncClient, stand_in: StandIn) -> None:
    forgotten = stand_in.links.token("Q7", "raj")
    answers = [
        await stranger.get(f"/api/v1/rooms/{token}") for token in ("x" * 24, "short", "%00", forgotten)
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {answers[0].content}
    assert "write `yes` in your own chat" in answers[0].json()["remedy"]


async def test_a_room_token_opens_nothing_else(stranger: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident())
    token = stand_in.links.token("Q1", "alice")
    for headers in ({"authorization": f"Bearer {token}"}, {"cookie": f"quorate_session={token}"}):
        assert (await stranger.get("/api/v1/activities", headers=headers)).status_code == 401


async def test_another_site_cannot_answer_for_a_guest(stranger: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident())
    path = f"/api/v1/rooms/{stand_in.links.token('Q1', 'raj')}/answer"
    answer = await stranger.post(path, json={"answer": "no"}, headers={"origin": "http://evil.example"})
    assert (answer.status_code, stand_in.said) == (403, [])


DBA = Group("dba", members=("raj", "ines"))


@pytest.mark.parametrize(
    ("part", "visible", "words"),
    [
        (Name("raj"), {"raj"}, "Raj"),
        (Name("raj"), set(), "1 person"),
        (DBA, set(), "@dba"),
        (CountOf(Count(number=2), DBA), {"raj"}, "2 of @dba"),
        (CountOf(Count(percent=50), DBA), set(), "50% of @dba"),
        (OneOf((Name("lena"), Name("omar"))), {"omar"}, "Omar"),
        (OneOf((Name("lena"), Name("omar"))), set(), "1 of 2 people"),
        (OneOf((Name("lena"), DBA)), set(), "1 person or @dba"),
        (Optional(Name("lena")), set(), "optional 1 person"),
        (CountOf(Count(number=1), AllOf((Name("lena"), Name("omar")))), set(), "some of 2 people"),
    ],
)
def test_a_clause_in_words_names_only_those_who_may_be_named(
    part: Part, visible: set[str], words: str
) -> None:
    names = {p.key: p.name for p in (RAJ, LENA, OMAR, ALICE)}
    assert guest_words(part, lambda key: names[key] if key in visible else None) == words
