"""Follows the mails about events as a calendar client does (RFC 5546), and reads what comes out.

python life.py FOLDER

FOLDER has one folder a stage, in order by name, with the mails of the stage (`mail-*.ics`, in order by name) and the
subscription as it stands then (`feed.ics`). Writes `client.ics` into each: the client's calendar after the stage. Prints
as JSON, by stage, what both calendars show, and everything that is wrong with any file.
"""

import ctypes
import datetime
import json
import pathlib
import sys

import icalendar
import recurring_ical_events

LIBICAL = ctypes.CDLL("libical.so.3")
LIBICAL.icalparser_parse_string.restype = ctypes.c_void_p
LIBICAL.icalrestriction_check.argtypes = [ctypes.c_void_p]
LIBICAL.icalcomponent_count_errors.argtypes = [ctypes.c_void_p]
LIBICAL.icalcomponent_as_ical_string.argtypes = [ctypes.c_void_p]
LIBICAL.icalcomponent_as_ical_string.restype = ctypes.c_char_p


def by_libical(text):
    """What libical's own check of RFC 5545 and 5546 finds wrong."""
    component = LIBICAL.icalparser_parse_string(text)
    if not component:
        return ["libical reads nothing"]
    valid = LIBICAL.icalrestriction_check(component)
    errors = LIBICAL.icalcomponent_count_errors(component)
    if valid and not errors:
        return []
    shown = LIBICAL.icalcomponent_as_ical_string(component).decode()
    said = [line for line in shown.replace("\r\n ", "").splitlines() if line.startswith("X-LIC-ERROR")]
    return [f"libical: valid {valid}, errors {errors}: {said}"]


def wrong(path):
    """What is wrong with the form of a file."""
    raw = path.read_bytes()
    found = []
    if any(len(line) > 75 for line in raw.split(b"\r\n")):
        found.append("a line over 75 octets")
    if b"\n" in raw.replace(b"\r\n", b""):
        found.append("a bare line end")
    calendar = icalendar.Calendar.from_ical(raw)
    found += [f"icalendar: {error}" for part in calendar.walk() for error in part.errors]
    found += by_libical(raw)
    return [f"{path.parent.name}/{path.name}: {text}" for text in found]


def moment(value):
    """An instant in UTC, or a date."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def shows(calendar):
    """What takes place, occurrence by occurrence."""
    events = recurring_ical_events.of(calendar).between((2020, 1, 1), (2035, 1, 1))
    shown = [
        [moment(event["DTSTART"].dt), moment(event["DTEND"].dt), str(event["SUMMARY"]), str(event.get("LOCATION", ""))]
        for event in events
        if event.get("STATUS") != "CANCELLED"
    ]
    return sorted(shown)


class Client:
    """Keeps, of each UID, what it was told last."""

    def __init__(self):
        self.events = {}
        self.organizers = {}
        self.zones = {}
        self.told = []

    def take(self, name, calendar):
        """Takes a message in."""
        method = str(calendar["METHOD"])
        events = list(calendar.walk("VEVENT"))
        for zone in calendar.walk("VTIMEZONE"):
            # The one that reaches further is right for both.
            known = self.zones.get(str(zone["TZID"]))
            if known is None or len(zone.to_ical()) > len(known.to_ical()):
                self.zones[str(zone["TZID"])] = zone
        if len({str(event["UID"]) for event in events}) != 1:
            self.told.append(f"{name}: not one UID")
        uid = str(events[0]["UID"])
        known = self.events.get(uid, {})
        whole = any("RECURRENCE-ID" not in event for event in events)
        if not whole and None not in known:
            self.told.append(f"{name}: a sitting of a series that the client does not know")
        for event in events:
            at = self.at(event)
            before = known.get(at, known.get(None))
            if before is not None and not self.newer(event, before):
                self.told.append(f"{name}: SEQUENCE {event['SEQUENCE']} after {before['SEQUENCE']}")
            by = self.organizers.setdefault(uid, str(event["ORGANIZER"]))
            if str(event["ORGANIZER"]) != by:
                self.told.append(f"{name}: from {event['ORGANIZER']}, and before from {by}")
        for event in events:
            listed = event.get("RDATE", [])
            dates = [one.dt for part in (listed if isinstance(listed, list) else [listed]) for one in part.dts]
            if any(moment(date) < moment(event["DTSTART"].dt) for date in dates):
                self.told.append(f"{name}: an RDATE before DTSTART")
        if method == "CANCEL" and any(str(event["STATUS"]) != "CANCELLED" for event in events):
            self.told.append(f"{name}: a CANCEL of what is not cancelled")
        if whole:
            # What is cancelled is kept for its SEQUENCE.
            known = {}
        for event in events:
            known[self.at(event)] = event
        self.events[uid] = known

    @staticmethod
    def newer(event, before):
        """Whether it replaces what is there (RFC 5546 section 2.1.5); only what was cancelled comes back by DTSTAMP."""
        sequence, known = int(event["SEQUENCE"]), int(before["SEQUENCE"])
        back = str(before.get("STATUS")) == "CANCELLED" and str(event.get("STATUS")) != "CANCELLED"
        return sequence > known or back and sequence == known and event["DTSTAMP"].dt > before["DTSTAMP"].dt

    @staticmethod
    def at(event):
        """By which start a sitting is known; None of the whole."""
        return moment(event["RECURRENCE-ID"].dt) if "RECURRENCE-ID" in event else None

    def calendar(self):
        """Its calendar."""
        made = icalendar.Calendar()
        made.add("VERSION", "2.0")
        made.add("PRODID", "-//client//client//EN")
        for zone in self.zones.values():
            made.add_component(zone)
        for known in self.events.values():
            if None in known and str(known[None].get("STATUS")) == "CANCELLED":
                continue
            for event in known.values():
                made.add_component(event)
        return made


def main():
    client, stages, errors = Client(), {}, []
    for folder in sorted(path for path in pathlib.Path(sys.argv[1]).iterdir() if path.is_dir()):
        for path in sorted(folder.glob("mail-*.ics")):
            errors += wrong(path)
            client.take(f"{folder.name}/{path.name}", icalendar.Calendar.from_ical(path.read_bytes()))
        errors += wrong(folder / "feed.ics")
        calendar = client.calendar()
        (folder / "client.ics").write_bytes(calendar.to_ical())
        feed = icalendar.Calendar.from_ical((folder / "feed.ics").read_bytes())
        stages[folder.name] = {"client": shows(calendar), "feed": shows(feed)}
    print(json.dumps({"stages": stages, "errors": errors + client.told}))


main()
