"""The JSON that command line and page rely on (design section 7)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from quorate.model.activity import ActivityState, InvitationState
from quorate.model.reasons import Reason
from quorate.rules.check import CheckAnswer, CheckLine
from tests.server.stand_in import KOFI, LENA, NOON, OMAR, RAJ, StandIn, asked, incident


async def get(api: httpx.AsyncClient, path: str) -> Any:
    answer = await api.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_prints_verdicts_with_source_and_age(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    assert await get(api, "/presence?who=raj") == [
        {
            "person": "raj",
            "name": "Raj",
            "availability": "available",
            "since": "2026-01-01T12:00:00Z",
            "trace": [
                {
                    "source": "alice@example.org's stream",
                    "says": "available",
                    "at": "2026-01-01T12:00:00Z",
                    "age_s": 12.0,
                    "used": True,
                    "asked": False,
                    "why_not": None,
                }
            ],
            "until": None,
            "reason": None,
            "groups": ["dba"],
            "addresses": ["xmpp:raj@example.org"],
            "activity": None,
            "activity_state": None,
        }
    ]
    assert stand_in.said == ["asked raj"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/presence?who=raj&ask=false", []),
        ("/presence?who=raj&ask=true", ["asked raj"]),
        ("/people", []),
    ],
)
async def test_looking_asks_only_where_it_says_so(
    api: httpx.AsyncClient, stand_in: StandIn, path: str, said: list[str]
) -> None:
    await get(api, path)
    assert stand_in.said == said


async def test_asking_by_hand_asks_again(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    answer = await api.post("/api/v1/presence/ask", json={"who": "raj", "from": "alice@example.org"})
    assert [p["person"] for p in answer.json()] == ["raj"]
    assert stand_in.said == ["asked raj again"]


async def test_people_can_be_kept_by_availability(api: httpx.AsyncClient) -> None:
    assert len(await get(api, "/people?state=available")) == 6
    assert await get(api, "/people?state=away") == []


async def test_a_person_shows_the_activity_they_are_engaged_in(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.put(incident())
    found = {p["person"]: p["activity"] for p in await get(api, "/people")}
    assert found == {"alice": None, "raj": "Q1", "omar": "Q1", "kofi": "Q1", "ines": None, "lena": None}


@pytest.mark.parametrize(
    ("who", "clauses"),
    [
        ("2 of @dba and (lena or omar)", ["2 of @dba", "lena or omar"]),
        ('2 of @dba, ("Lena Lind"  or omar@example.org)', ["2 of @dba", '"Lena Lind" or omar@example.org']),
        ("2 of @dba and lena", ["2 of @dba", "lena or omar"]),
        ("most of @dba and (lena or omar)", ["2 of @dba", "lena or omar"]),
        ("2 of @dba", ["2 of @dba", "lena or omar"]),
    ],
    ids=["as it is", "names as typed", "a substitute was suggested", "a member was added", "other parts"],
)
async def test_places_are_called_as_typed(
    api: httpx.AsyncClient, stand_in: StandIn, who: str, clauses: list[str]
) -> None:
    stand_in.put(incident(who=who))
    shown = (await api.get("/api/v1/activities/Q1")).json()
    assert [place["clause"] for place in shown["places"]] == clauses


async def test_an_activity_is_shown_as_places_and_people(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident())
    shown = await get(api, "/activities/Q1")
    assert {
        key: shown[key] for key in ("id", "state", "kind", "about", "who", "organiser", "room", "reason")
    } == {
        "id": "Q1",
        "state": "ringing",
        "kind": "chat",
        "about": "orders DB down",
        "who": "2 of @dba and (lena or omar)",
        "organiser": "xmpp:alice@example.org",
        "room": None,
        "reason": None,
    }
    assert shown["created"] == "2026-01-01T12:00:00Z"
    assert shown["deadline"] == "2026-01-01T12:10:00Z"
    assert shown["next"] == {"at": "2026-01-01T12:00:30Z", "reason": "if kofi does not answer, it waits"}
    assert [(p["clause"], p["need"], p["taken"]) for p in shown["places"]] == [
        ("2 of @dba", 2, 1),
        ("lena or omar", 1, 1),
    ]
    assert shown["places"][0]["people"][:2] == ["raj", "kofi"]
    assert {p["person"]: p["state"] for p in shown["people"]} == {
        "raj": "accepted",
        "ines": "declined",
        "kofi": "sent",
        "lena": "silent",
        "omar": "accepted",
    }
    kofi = next(p for p in shown["people"] if p["person"] == "kofi")
    assert (kofi["via"], kofi["at"], kofi["until"]) == (
        "xmpp:kofi@example.org",
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:30Z",
    )


async def test_a_live_activity_gives_the_organisers_own_link_and_who_is_there(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    here = frozenset({"raj", "alice"})
    stand_in.put(
        incident(ActivityState.LIVE, live_at=NOON, joined=here, ever_joined=here | {"omar"}, invitations=())
    )
    shown = await get(api, "/activities/Q1")
    assert shown["room"] == {"url": stand_in.links.url("Q1", "alice")}
    assert shown["organiser_state"] == "here"
    states = {p["person"]: p["state"] for p in shown["people"]}
    assert (states["raj"], states["omar"], states["kofi"]) == ("here", "left", "candidate")


async def test_nobody_is_in_the_room_of_what_ended(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    stayed = frozenset({"raj", "alice"})
    yes = (asked(RAJ, 1, InvitationState.ACCEPTED), asked(OMAR, 2, InvitationState.ACCEPTED))
    came = stayed | {"omar"}
    stand_in.put(
        incident(ActivityState.ENDED, ended_at=NOON, joined=stayed, ever_joined=came, invitations=yes)
    )
    shown = await get(api, "/activities/Q1")
    assert shown["organiser_state"] == "left"
    states = {p["person"]: p["state"] for p in shown["people"]}
    assert (states["raj"], states["omar"]) == ("left", "left")


async def test_what_ended_says_why_in_words(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident(ActivityState.EXPIRED, reason=Reason.DEADLINE, ended_at=NOON))
    shown = await get(api, "/activities/Q1")
    assert (shown["reason"], shown["next"], shown["room"]) == ("deadline", None, None)
    assert shown["reason_text"].endswith(".")


async def test_activities_can_be_kept_by_state(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident())
    stand_in.put(replace(incident(ActivityState.CANCELLED), id="Q2"))
    assert [a["id"] for a in await get(api, "/activities")] == ["Q1", "Q2"]
    assert [a["id"] for a in await get(api, "/activities?state=cancelled")] == ["Q2"]


async def test_an_activity_is_started_extended_and_called_off(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    wanted = {"who": "raj", "about": "release 2.4", "within_s": 600, "from": "alice@example.org"}
    started = await api.post("/api/v1/activities", json=wanted)
    assert (started.status_code, started.json()["about"]) == (201, "release 2.4")
    assert stand_in.said == ["meet raj within 0:10:00"]
    extended = await api.post("/api/v1/activities/Q1/extend", json={"by_s": 300})
    assert extended.json()["deadline"] == "2026-01-01T12:15:00Z"
    cancelled = await api.post("/api/v1/activities/Q1/cancel")
    assert cancelled.json()["state"] == "cancelled"


async def test_a_link_in_wrong_hands_is_ended_and_the_next_one_is_another(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.put(incident())
    token = stand_in.links.token("Q1", "raj")
    assert (await api.post("/api/v1/activities/Q1/revoke", json={"person": "raj"})).status_code == 200
    assert (await api.get(f"/api/v1/rooms/{token}")).json()["state"] == "revoked"
    assert stand_in.links.token("Q1", "raj") != token
    nobody = await api.post("/api/v1/activities/Q1/revoke", json={"person": "zoe"})
    assert (nobody.status_code, nobody.json()["type"]) == (404, "not-found")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_explain_gives_sentences_tree_time_line_and_next_step(
    api: httpx.AsyncClient, stand_in: StandIn, method: str
) -> None:
    stand_in.put(incident())
    answer = (await api.request(method, "/api/v1/activities/Q1/explain")).json()
    assert answer["lines"] == ["ines declined."]
    assert (answer["why"]["mark"], answer["why"]["children"]) == ("not", [])
    assert [(line["what"], line["text"]) for line in answer["log"]] == [("created", "You asked.")]
    assert answer["next"]["reason"].startswith("if kofi")


async def test_check_says_what_would_happen(
    api: httpx.AsyncClient, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = CheckLine(path="1", text="raj", says="no", why="away")
    answer = CheckAnswer(verdict="no", ring=(), missing=("raj is away",), trace=(line,), of=1)
    asked_for: dict[str, Any] = {}

    def check(who: str, **given: Any) -> CheckAnswer:
        asked_for.update(who=who, **given)
        return answer

    monkeypatch.setattr(stand_in, "check", check)
    question = {"who": "raj", "given": {"raj": "away"}, "groups": {"dba": ["raj"]}}
    shown = (await api.post("/api/v1/check", json=question)).json()
    assert shown == {
        "verdict": "no",
        "ring": [],
        "missing": ["raj is away"],
        "trace": [{"path": "1", "text": "raj", "says": "no", "why": "away"}],
        "then": [],
        "candidates": 0,
        "of": 1,
        "opens": None,
        "rings_then": [],
        "ends": None,
        "else": [],
    }
    assert (asked_for["who"], asked_for["given"]) == ("raj", {"raj": "away"})
    assert (asked_for["groups"], asked_for["urgent"]) == ({"dba": ["raj"]}, False)


async def test_streams_are_shown_with_their_client(api: httpx.AsyncClient) -> None:
    (stream,) = await get(api, "/streams")
    assert stream == {
        "id": "s1",
        "account": "xmpp:alice@example.org",
        "network": "xmpp",
        "mode": "listener",
        "client": "profanity",
        "server": "example.org",
        "state": "live",
        "since": "2026-01-01T12:00:00Z",
        "contacts": 5,
        "companion": True,
        "reason": None,
        "reason_text": None,
    }
    assert await get(api, "/streams?state=blind") == []


async def test_the_owner_says_what_they_are(api: httpx.AsyncClient) -> None:
    body = {"state": "busy", "until": "2026-01-01T14:00:00Z"}
    said = (await api.post("/api/v1/me", json=body)).json()
    assert (said["availability"], said["until"]) == ("busy", "2026-01-01T14:00:00Z")
    assert (await get(api, "/me"))["accounts"] == ["xmpp:alice@example.org"]


@pytest.mark.parametrize(
    ("state", "reason", "shown"),
    [
        (InvitationState.QUEUED, None, "asked"),
        (InvitationState.SENT, None, "asked"),
        (InvitationState.ACCEPTED, None, "accepted"),
        (InvitationState.DECLINED, None, "declined"),
        (InvitationState.LATER, None, "later"),
        (InvitationState.SILENT, None, "silent"),
        (InvitationState.WITHDRAWN, Reason.COVERED, "covered"),
        (InvitationState.WITHDRAWN, Reason.CANCELLED, "withdrawn"),
    ],
)
async def test_somebody_asks_the_owner(
    api: httpx.AsyncClient, stand_in: StandIn, state: InvitationState, reason: Reason | None, shown: str
) -> None:
    stand_in.put(incident(invitations=(replace(asked(KOFI, 1, state), reason=reason),)))
    (ask,) = await get(api, "/asks")
    assert (ask["id"], ask["activity"], ask["state"]) == ("Q1-1", "Q1", shown)
    assert (ask["organiser_name"], ask["needed"]) == ("Alice", "2 of @dba are needed")
    assert (ask["room"] is not None) == (shown in ("accepted", "covered"))
    assert not any(name in str(ask) for name in ("raj", "Raj", "ines", "lena", "omar"))


async def test_the_owner_answers_on_the_page(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident())
    later = await api.post("/api/v1/asks/Q1-5/answer", json={"answer": "later", "delay_s": 300})
    assert (later.json()["state"], later.json()["answered_elsewhere"]) == ("later", False)
    assert (await api.post("/api/v1/asks/Q1-5/answer", json={"answer": "later"})).status_code == 422
    assert stand_in.said == ["kofi: later"]


async def test_an_answer_given_in_a_client_is_shown_as_such(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.put(incident())
    before_this_server = replace(
        asked(LENA, 6, InvitationState.DECLINED), answered_at=NOON - timedelta(hours=1)
    )
    stand_in.put(incident(invitations=(*incident().invitations, before_this_server)))
    elsewhere = {ask["id"] for ask in await get(api, "/asks") if ask["answered_elsewhere"]}
    assert elsewhere == {"Q1-1", "Q1-2", "Q1-4"}


async def test_the_connect_panel_knows_where_to_connect(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    routes = {"example.org": ("127.0.0.1:1", "tls:127.0.0.1:2"), "example.net": ("127.0.0.1:3",)}
    stand_in.settings = stand_in.settings.model_copy(update={"routes": routes})
    shown = await get(api, "/connection")
    assert shown["routes"] == [
        "example.net=127.0.0.1:3",
        "example.org=127.0.0.1:1",
        "example.org=tls:127.0.0.1:2",
    ]
    assert (shown["im_host"], shown["im_port"], shown["streams"]) == ("127.0.0.1", 5221, 1)
    assert shown["ca_path"] == str(stand_in.settings.data / "ca.pem")


async def test_the_doctor_names_what_is_missing_with_a_remedy(
    api: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.settings = stand_in.settings.model_copy(
        update={"routes": {"example.org": ("127.0.0.1:1",)}, "im": "127.0.0.1:1"}
    )
    lines = {line["name"]: line for line in await get(api, "/doctor")}
    assert {name for name, line in lines.items() if not line["ok"]} == {"listener", "ca", "route"}
    assert all((line["remedy"] is None) == line["ok"] for line in lines.values())
    assert "--route example.org=" in lines["route"]["remedy"]


async def test_down_ends_the_server(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    assert (await api.post("/api/v1/down")).status_code == 202
    assert stand_in.said == ["down"]


async def test_readiness_is_told_per_part(
    stranger: httpx.AsyncClient, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = await stranger.get("/readyz")
    assert (ready.status_code, ready.json()["parts"]) == (200, {"store": True, "agent": True, "page": False})
    monkeypatch.setattr(StandIn, "link_connected", False)
    assert (await stranger.get("/readyz")).status_code == 503
    assert (await stranger.get("/healthz")).status_code == 200


async def test_the_numbers_have_no_names_in_them(api: httpx.AsyncClient, stand_in: StandIn) -> None:
    stand_in.put(incident(live_at=NOON + timedelta(seconds=38)))
    answer = await api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    for line in (
        'quorate_activities_total{state="ringing"} 1',
        'quorate_activities_total{state="live"} 0',
        'quorate_rings_total{result="accepted"} 2',
        'quorate_streams{state="live"} 1',
        'quorate_asks_total{result="timeout"} 1',
        'quorate_time_to_live_seconds_bucket{le="30"} 0',
        'quorate_time_to_live_seconds_bucket{le="60"} 1',
        "quorate_time_to_live_seconds_count 1",
        "quorate_time_to_live_seconds_sum 38.0",
    ):
        assert line in lines
    assert not any(name in answer.text for name in ("raj", "alice", "orders"))
