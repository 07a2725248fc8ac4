"""Answers an invitation as a calendar program does, with Python's icalendar and email.

reply.py INVITATION.eml WISHES: writes the answer to standard output. WISHES is JSON: `partstat`, and what is to differ
from an honest answer: `from`, `attendee`, `uid`, `sequence`, `dtstamp`, `comment`, `method`, `mime_method`,
`recurrence` (local, 20260108T143000), `name`, `delegate`, `shape` (alternative, alone, attachment).
"""
import json
import sys
from datetime import datetime, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

with open(sys.argv[1], "rb") as file:
    mail = message_from_bytes(file.read(), policy=policy.default)
wishes = json.loads(sys.argv[2])
part = next(p for p in mail.walk() if p.get_content_type() == "text/calendar")
asked = next(e for e in Calendar.from_ical(part.get_content()).walk("VEVENT"))
invited = asked["attendee"]
invited = invited[0] if isinstance(invited, list) else invited

calendar = Calendar()
calendar.add("prodid", "-//another program//EN")
calendar.add("version", "2.0")
if wishes.get("method", "REPLY"):
    calendar.add("method", wishes.get("method", "REPLY"))
event = Event()
event.add("uid", wishes.get("uid", str(asked["uid"])))
event.add("sequence", wishes.get("sequence", int(asked.get("sequence", 0))))
stamp = wishes.get("dtstamp")
event.add("dtstamp", datetime.fromisoformat(stamp) if stamp else datetime.now(timezone.utc))
event.add("organizer", asked["organizer"])
if wishes.get("recurrence"):
    zone = ZoneInfo("Asia/Shanghai")
    event.add("recurrence-id", datetime.strptime(wishes["recurrence"], "%Y%m%dT%H%M%S").replace(tzinfo=zone))
elif "recurrence-id" in asked:
    event.add("recurrence-id", asked["recurrence-id"].dt)
attendee = vCalAddress("mailto:" + wishes["attendee"]) if "attendee" in wishes else vCalAddress(str(invited))
attendee.params["PARTSTAT"] = vText(wishes["partstat"])
attendee.params["CN"] = vText(wishes.get("name", str(invited.params.get("CN", ""))))
if "delegate" in wishes:
    attendee.params["DELEGATED-TO"] = vText("mailto:" + wishes["delegate"])
event.add("attendee", attendee, encode=0)
if "comment" in wishes:
    event.add("comment", wishes["comment"])
calendar.add_component(event)

answer = EmailMessage()
answer["From"] = wishes.get("from", str(invited).removeprefix("mailto:"))
answer["To"] = str(mail["From"])
answer["Subject"] = "Re: " + str(mail["Subject"])
answer["Date"] = format_datetime(datetime.now(timezone.utc))
answer["Message-ID"] = make_msgid(domain="client.test")
answer["In-Reply-To"] = str(mail["Message-ID"])
text = calendar.to_ical().decode()
method = wishes.get("mime_method", wishes.get("method", "REPLY"))
params = {"method": method} if method else {}
shape = wishes.get("shape", "alternative")
if shape == "alone":
    answer.set_content(text, subtype="calendar", cte="base64", params=params)
elif shape == "attachment":
    answer.set_content("See the attachment.\n")
    answer.add_attachment(text.encode(), "application", "octet-stream", filename="reply.ics")
else:
    answer.set_content("I have answered.\n")
    answer.add_alternative(text, subtype="calendar", cte="quoted-printable", params=params)
sys.stdout.buffer.write(answer.as_bytes(policy=policy.SMTP))
