// Reads an iCalendar file as ical.js does, with the file's own VTIMEZONE: prints its events as JSON, by start and UID.
//
// PUFA_TEST_NODE_MODULES=FOLDER node read.mjs FILE

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const library = path.join(process.env.PUFA_TEST_NODE_MODULES, "ical.js", "dist", "ical.js");
const { default: ICAL } = await import(pathToFileURL(library).href);

const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(process.argv[2], "utf8")));
const zones = calendar.getAllSubcomponents("vtimezone").map((zone) => new ICAL.Timezone(zone));
const byName = new Map(zones.map((zone) => [zone.tzid, zone]));

/** An instant as UTC, worked out by the file's own zone, or a date. */
function moment(event, name) {
  const property = event.getFirstProperty(name);
  const time = property.getFirstValue();
  if (time.isDate) return time.toString();
  const tzid = property.getFirstParameter("tzid");
  if (tzid) time.zone = byName.get(tzid);
  return new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");
}

const events = calendar.getAllSubcomponents("vevent").map((event) => ({
  uid: event.getFirstPropertyValue("uid"),
  summary: event.getFirstPropertyValue("summary"),
  location: event.getFirstPropertyValue("location") ?? "",
  start: moment(event, "dtstart"),
  end: moment(event, "dtend"),
  tz: event.getFirstProperty("dtstart").getFirstParameter("tzid") ?? "",
  status: event.getFirstPropertyValue("status"),
  sequence: event.getFirstPropertyValue("sequence"),
  attendees: event.getAllProperties("attendee").length,
}));
events.sort((a, b) => (a.start + a.uid < b.start + b.uid ? -1 : 1));
const name = calendar.getFirstPropertyValue("name");
console.log(JSON.stringify({ name, zones: zones.map((zone) => zone.tzid), errors: [], events }));
