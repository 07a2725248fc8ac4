// What calendars show as ical.js expands them, by the files' own VTIMEZONE: prints as JSON, by stage and file, every
// occurrence that takes place.
//
// PUFA_TEST_NODE_MODULES=FOLDER node expand.mjs FOLDER

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const library = path.join(process.env.PUFA_TEST_NODE_MODULES, "ical.js", "dist", "ical.js");
const { default: ICAL } = await import(pathToFileURL(library).href);

/** An instant in UTC, or a date. */
function moment(time) {
  if (time.isDate) return time.toString();
  return new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");
}

function shows(file) {
  const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(file, "utf8")));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const events = calendar.getAllSubcomponents("vevent");
  const differing = events.filter((event) => event.hasProperty("recurrence-id"));
  const shown = [];
  const show = (event, start, end) => {
    if (event.component.getFirstPropertyValue("status") === "CANCELLED") return;
    shown.push([moment(start), moment(end), event.summary, event.location ?? ""]);
  };
  for (const component of events.filter((event) => !event.hasProperty("recurrence-id"))) {
    const uid = component.getFirstPropertyValue("uid");
    const exceptions = differing.filter((event) => event.getFirstPropertyValue("uid") === uid);
    const event = new ICAL.Event(component, { exceptions });
    if (!event.isRecurring()) {
      show(event, event.startDate, event.endDate);
      continue;
    }
    const starts = event.iterator();
    for (let next = starts.next(); next; next = starts.next()) {
      const found = event.getOccurrenceDetails(next);
      show(found.item, found.startDate, found.endDate);
    }
  }
  return shown.map((one) => JSON.stringify(one)).sort().map((one) => JSON.parse(one));
}

const stages = {};
for (const stage of fs.readdirSync(process.argv[2]).sort()) {
  const folder = path.join(process.argv[2], stage);
  stages[stage] = { client: shows(path.join(folder, "client.ics")), feed: shows(path.join(folder, "feed.ics")) };
}
console.log(JSON.stringify(stages));
