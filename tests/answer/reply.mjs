// Answers an invitation with ical.js, as a program in a browser does: reply.mjs INVITATION.ics PARTSTAT DTSTAMP
// writes a mail whose only part is the answer, with bare line feeds.
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const library = path.join(process.env.PUFA_TEST_NODE_MODULES, "ical.js", "dist", "ical.js");
const { default: ICAL } = await import(pathToFileURL(library));
const [file, partstat, dtstamp] = process.argv.slice(2);
const asked = new ICAL.Component(ICAL.parse(readFileSync(file, "utf8"))).getFirstSubcomponent("vevent");
const calendar = new ICAL.Component("vcalendar");
calendar.updatePropertyWithValue("version", "2.0");
calendar.updatePropertyWithValue("prodid", "-//a browser//EN");
calendar.updatePropertyWithValue("method", "REPLY");
const event = new ICAL.Component("vevent");
for (const name of ["uid", "sequence", "recurrence-id", "dtstart", "organizer"]) {
  const property = asked.getFirstProperty(name);
  if (property) event.addProperty(new ICAL.Property(property.toJSON()));
}
event.updatePropertyWithValue("dtstamp", ICAL.Time.fromDateTimeString(dtstamp));
const attendee = new ICAL.Property(asked.getFirstProperty("attendee").toJSON());
attendee.setParameter("partstat", partstat);
event.addProperty(attendee);
calendar.addSubcomponent(event);
const address = String(attendee.getFirstValue()).replace(/^mailto:/i, "");
process.stdout.write(
  `From: <${address}>\nTo: pufa@example.test\nSubject: Re\nMIME-Version: 1.0\n` +
    `Content-Type: text/calendar; charset=UTF-8; method=REPLY\nContent-Transfer-Encoding: 8bit\n\n` +
    calendar.toString().replaceAll("\r\n", "\n"),
);
