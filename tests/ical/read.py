"""Reads an iCalendar file as Python's `icalendar` does: prints its events as JSON, by start and UID.

python read.py FILE
"""

import datetime
import json
import pathlib
import sys

import icalendar


def moment(value):
    """An instant as UTC with its zone's own name, or a date."""
    value = value.dt
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def main():
    calendar = icalendar.Calendar.from_ical(pathlib.Path(sys.argv[1]).read_bytes())
    events = [
        {
            "uid": str(event["UID"]),
            "summary": str(event["SUMMARY"]),
            "location": str(event.get("LOCATION", "")),
            "start": moment(event["DTSTART"]),
            "end": moment(event["DTEND"]),
            "tz": event["DTSTART"].params.get("TZID", ""),
            "status": str(event["STATUS"]),
            "sequence": int(event["SEQUENCE"]),
            "attendees": len(event.get("ATTENDEE", [])),
        }
        for event in calendar.walk("VEVENT")
    ]
    zones = [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")]
    errors = [str(error) for part in calendar.walk() for error in part.errors]
    events.sort(key=lambda event: (event["start"], event["uid"]))
    print(json.dumps({"name": str(calendar.get("NAME", "")), "zones": zones, "errors": errors, "events": events}))


main()
