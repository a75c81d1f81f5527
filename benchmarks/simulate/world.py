"""The company of the week: its people, channels and files, as plain data that an oracle can read, too."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from benchmarks import rig

Json = dict[str, Any]
ZONE = ZoneInfo("Europe/Warsaw")
TEAMS = 3
"""Channels in which cases live."""
AGENTS = tuple(f"U0AGENT{number}" for number in range(6))
SUPERVISORS = ("U0BOSS0", "U0BOSS1")
CLOCK_TOKEN = "simulate"
PROMISE = "You have it by {date}."
CLOSED_BY_ITSELF = "All is settled. Thank you for your patience."
DEPARTMENTS: Json = {
    "shipping": {"calendar": "hub", "members": ["U0SHIP0", "U0SHIP1"], "leads": ["U0LEAD0"]},
    "accounts": {"calendar": None, "members": ["U0ACC0"], "leads": ["U0LEAD1", "U0LEAD2"]},
    "technical": {"calendar": "always", "members": ["U0TECH0", "U0TECH1"], "leads": ["U0LEAD3"]},
    "returns": {"calendar": "hub", "members": ["U0RET0"], "leads": []},
    "stock": {"calendar": "office", "members": ["U0STOCK0"], "leads": ["U0LEAD0"]},
    "invoices": {"calendar": None, "members": ["U0INV0"], "leads": []},
}
PROCESSES: Json = {
    "return": {
        "calendar": "office",
        "first_response": "1h",
        "next_update": "5h",
        "legal": 5,
        "steps": [
            {"name": "Look into it", "time": "2h"},
            {"name": "Check the parcel", "department": "returns", "time": "1d"},
            {"name": "Pay back", "department": "accounts", "time": "4h"},
        ],
    },
    "delivery": {
        "calendar": "late",
        "steps": [
            {"name": "Find it", "department": "shipping", "time": "4h", "ask": "automatic"},
            {"name": "Send another", "department": "stock", "time": "3h"},
        ],
    },
    "invoice": {
        "calendar": "office",
        "first_response": "3h",
        "steps": [{"name": "Write it", "department": "invoices", "time": "2h", "ask": "automatic"}],
        "closes": "automatic",
    },
}
RULES: Json = {
    "unclaimed": "30m",
    "first_response": "2h",
    "next_update": "4h",
    "department": "3h",
    "silent": "4h",
    "close": "2h",
    "repeat": "1h",
    "longest": "4h",
}


def team_channel(number: int) -> str:
    """The Slack id of a channel in which cases live."""
    return rig.channel_id(number % TEAMS)


def desk_channel(department: str) -> str:
    """The Slack id of a department's channel."""
    return f"C0D{department.upper()}"


def next_week(now: datetime) -> tuple[datetime, date]:
    """When the next week with a change of the clocks begins, on its Thursday, and the holiday after it.

    Two days from ``now`` at the earliest, because the clock goes forward only.
    """
    day = now.astimezone(ZONE).date() + timedelta(days=2)
    while not (day.weekday() == 6 and _noon(day).utcoffset() != _noon(day - timedelta(days=1)).utcoffset()):
        day += timedelta(days=1)
    thursday = day - timedelta(days=3)
    if thursday <= now.astimezone(ZONE).date() + timedelta(days=1):
        return next_week(now + timedelta(days=7))
    return datetime(thursday.year, thursday.month, thursday.day, 6, 0, tzinfo=ZONE).astimezone(UTC), day + (
        timedelta(days=1)
    )


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)


def calendars(holiday: date) -> Json:
    """The hours: the office, one that works late elsewhere, a hub on six days, one that never sleeps."""
    week = {"monday-thursday": ["09:00-17:00"], "friday": ["09:00-12:30", "13:00-16:00"]}
    return {
        "office": {
            "time_zone": "Europe/Warsaw",
            "week": week,
            "holidays": "PL",
            "closed": [holiday.isoformat()],
            "special": {(holiday + timedelta(days=2)).isoformat(): ["10:00-14:00"]},
        },
        "late": {"time_zone": "Europe/Lisbon", "week": {"monday-friday": ["11:00-19:00"]}, "holidays": "PT"},
        "hub": {"time_zone": "Europe/Warsaw", "week": {"monday-saturday": ["06:00-22:00"]}},
        "always": {"time_zone": "Europe/Warsaw", "week": {"monday-sunday": ["00:00-24:00"]}},
    }


def write_config(folder: Path, hours: Json) -> None:
    """All of the company's files. The demo's clock comes with the demo's folder for most of them."""
    company = folder / "config" / "demo"
    company.mkdir(parents=True, exist_ok=True)
    sites = [
        {
            "key": rig.site(number),
            "title": f"Shop {number}",
            "greeting": "Hello!",
            "slack_channel": f"load-{number}",
            "allowed_origins": ["*"],
        }
        for number in range(TEAMS)
    ]
    files: Json = {
        "hours": {"calendars": [{"key": key, **calendar} for key, calendar in hours.items()]},
        "departments": {"departments": [_department(key) for key in DEPARTMENTS]},
        "processes": {"processes": [_process(key) for key in PROCESSES]},
        "roles": _roles(),
        "reminders": RULES,
    }
    for name, content in files.items():
        (company / f"{name}.yml").write_text(yaml.safe_dump(_dated(content), sort_keys=False))
    (folder / "config" / "sites.yml").write_text(yaml.safe_dump({"sites": sites}))
    (company / "sites.yml").write_text(yaml.safe_dump({"sites": sites}))


def _dated(content: Json) -> Json:
    """With real dates where YAML has such."""
    for calendar in content.get("calendars", ()):
        calendar["closed"] = [date.fromisoformat(day) for day in calendar.get("closed", ())]
        calendar["special"] = {
            date.fromisoformat(day): hours for day, hours in calendar.get("special", {}).items()
        }
    return content


def _department(key: str) -> Json:
    made: Json = {
        "key": key,
        "name": key.title(),
        "channel": desk_channel(key),
        "examples": [f"A question for {key}", f"Something about {key}"],
    }
    return made | ({"calendar": DEPARTMENTS[key]["calendar"]} if DEPARTMENTS[key]["calendar"] else {})


def _process(key: str) -> Json:
    process = PROCESSES[key]
    steps = [
        step | ({"question": f"Please look at {{reference}}: {key}."} if "ask" in step else {})
        for step in process["steps"]
    ]
    made: Json = {"key": key, "name": key.title(), "examples": [f"A {key} please", f"My {key}"]}
    made |= process | {"steps": steps, "promise_text": {"en": PROMISE}}
    return made | ({"closing_text": {"en": CLOSED_BY_ITSELF}} if "closes" in process else {})


def _roles() -> Json:
    return {
        "agents": {"members": list(AGENTS)},
        "supervisors": {"members": list(SUPERVISORS)},
        "departments": [
            {"key": key, "name": key.title(), "members": each["members"]}
            | ({"lead": {"members": each["leads"]}} if each["leads"] else {})
            for key, each in DEPARTMENTS.items()
        ],
    }


def seed() -> Json:
    """The Slack workspace: people, three channels for cases and one for each department."""
    desks = [one for each in DEPARTMENTS.values() for one in [*each["members"], *each["leads"]]]
    people = list(dict.fromkeys([*AGENTS, *SUPERVISORS, *desks]))
    users = [
        {"id": one, "name": one.lower(), "real_name": one.title(), "is_admin": not n, "tz": str(ZONE)}
        for n, one in enumerate(people)
    ]
    channels = [(team_channel(n), f"load-{n}") for n in range(TEAMS)]
    channels += [(desk_channel(key), f"desk-{key}") for key in DEPARTMENTS]
    rooms = [{"id": each, "name": name, "members": [*people, "bot"]} for each, name in channels]
    return {"users": users, "channels": rooms}


def as_json(hours: Json, start: datetime) -> str:
    """What an oracle is told of the company."""
    facts = {
        "start": start.isoformat(),
        "calendars": hours,
        "departments": DEPARTMENTS,
        "processes": PROCESSES,
        "rules": RULES,
        "supervisors": SUPERVISORS,
    }
    return json.dumps(facts)
