"""Makes random recurrence rules and expands them with python-dateutil: prints them as JSON.

python rules.py COUNT SEED

Each rule stands once for every zone. dateutil works on the wall clock; a time that does not exist there is left out
and counts towards no COUNT (RFC 5545 section 3.3.10), and of a time that comes twice the earlier one is taken. A rule
without an end is cut two years after its start, and UNTIL with a date alone includes that day.
"""

import datetime
import json
import random
import sys
import zoneinfo

from dateutil import rrule, tz
from dateutil.relativedelta import relativedelta

ZONES = ["Asia/Shanghai", "Europe/Berlin"]
UTC = datetime.timezone.utc
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
# Many in the hour that Berlin's clocks jump over in spring and show twice in autumn.
TIMES = [(2, 0, 0), (2, 30, 0), (2, 59, 59), (1, 59, 59), (3, 0, 0), (2, 15, 0), (9, 0, 0), (14, 30, 0), (0, 0, 0), (23, 59, 0)]


def some(pick, values, most):
    return sorted(pick.sample(values, pick.randint(1, most)))


def start(pick):
    """A first time; one in three shortly before Berlin's clocks change, some when Shanghai's did."""
    year = pick.randint(2015, 2030)
    kind = pick.randrange(6)
    if kind == 0:
        day = datetime.date(year, 3, pick.randint(20, 31))
    elif kind == 1:
        day = datetime.date(year, 10, pick.randint(20, 31))
    elif kind == 2:
        day = datetime.date(pick.randint(1986, 1991), pick.choice([3, 4, 9]), pick.randint(1, 30))
    else:
        day = datetime.date(year, 1, 1) + datetime.timedelta(days=pick.randrange(365))
    return datetime.datetime.combine(day, datetime.time(*pick.choice(TIMES)))


def parts(pick, first):
    """The rule without its end. What would never fit a day is not made: dateutil would look until the year 9999."""
    freq = pick.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
    interval = pick.choice([1, 1, 1, 2, 3, 4, 5, 6])
    rule = {"FREQ": freq}
    if freq == "DAILY":
        if pick.random() < 0.3:
            rule["BYDAY"] = some(pick, WEEKDAYS, 4)
        if pick.random() < 0.2:
            rule["BYMONTH"] = some(pick, range(1, 13), 4)
        if pick.random() < 0.2:
            rule["BYMONTHDAY"] = some(pick, [*range(1, 29), *range(-28, 0)], 5)
    elif freq == "WEEKLY":
        if pick.random() < 0.7:
            rule["BYDAY"] = some(pick, WEEKDAYS, 5)
            if len(rule["BYDAY"]) > 1 and pick.random() < 0.3:
                rule["BYSETPOS"] = some(pick, [1, -1], 2)
        if pick.random() < 0.2:
            rule["BYMONTH"] = some(pick, range(1, 13), 4)
    elif freq == "MONTHLY":
        kind = pick.randrange(6)
        if kind == 0:
            rule["BYMONTHDAY"] = some(pick, [*range(1, 32), *range(-31, 0)], 4)
        elif kind == 1:
            rule["BYDAY"] = [f"{pick.choice([1, 2, 3, 4, 5, -1, -2, -3, -4])}{day}" for day in some(pick, WEEKDAYS, 3)]
        elif kind == 2:
            rule["BYDAY"] = some(pick, WEEKDAYS, 5)
            if pick.random() < 0.7:
                rule["BYSETPOS"] = some(pick, [1, 2, 3, -1, -2], 2)
        elif kind == 3:
            rule["BYMONTHDAY"] = some(pick, [*range(1, 29), *range(-28, 0)], 6)
            rule["BYDAY"] = some(pick, WEEKDAYS, 5)
        if interval == 1 and pick.random() < 0.2:
            # From a 29th on, February alone would have no day.
            months = some(pick, [1, 3, 4, 5, 6, 9, 12], 3)
            rule["BYMONTH"] = [*months, 7] if 7 not in months else months
    else:
        kind = pick.randrange(8)
        leap = interval > 1
        if kind == 0:
            rule["BYMONTH"] = some(pick, [m for m in range(1, 13) if m != 2], 3)
            if pick.random() < 0.6:
                rule["BYMONTHDAY"] = some(pick, [*range(1, 31), *range(-30, 0)], 3)
        elif kind == 1:
            rule["BYMONTH"] = some(pick, range(1, 13), 3)
            rule["BYDAY"] = [f"{pick.choice([1, 2, 3, 4, -1, -2, -4])}{day}" for day in some(pick, WEEKDAYS, 2)]
        elif kind == 2:
            rule["BYDAY"] = [f"{pick.choice([1, 2, 10, 20, 52, -1, -2, -30, -52])}{day}" for day in some(pick, WEEKDAYS, 2)]
        elif kind == 3:
            rule["BYYEARDAY"] = some(pick, [1, 60, 61, 100, 200, 365, -1, -100, -306, -365] + ([] if leap else [366, -366]), 4)
        elif kind == 4:
            rule["BYWEEKNO"] = some(pick, [1, 2, 20, 30, 51, 52, -1, -2, -20, -52] + ([] if leap else [53]), 3)
            if pick.random() < 0.8:
                rule["BYDAY"] = some(pick, WEEKDAYS, 3)
        elif kind == 5:
            rule["BYMONTHDAY"] = some(pick, [*range(1, 29), *range(-28, 0)], 3)
            rule["BYSETPOS"] = some(pick, [1, 2, 5, 12, -1, -3, -12], 3)
        elif kind == 6:
            rule["BYMONTH"] = some(pick, range(1, 13), 3)
            rule["BYDAY"] = some(pick, WEEKDAYS, 3)
            rule["BYSETPOS"] = some(pick, [1, 2, 3, 4, -1, -2, -4], 2)
    if interval > 1:
        if first.day == 29 and first.month == 2 and freq == "YEARLY":
            interval = 1
        rule["INTERVAL"] = interval
    if pick.random() < 0.3:
        rule["WKST"] = pick.choice(WEEKDAYS)
    return rule


def end(pick, first, rule):
    kind = pick.randrange(6)
    if kind <= 1:
        # A few years: a rule is followed for 200 at most, and clocks are known for fewer.
        step = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[rule["FREQ"]] * rule.get("INTERVAL", 1)
        return {"COUNT": pick.randint(1, max(1, min(40, 2000 // step)))}
    day = first + datetime.timedelta(days=pick.randint(0, 1500))
    if kind == 2:
        return {"UNTIL": day.strftime("%Y%m%d")}
    if kind == 3:
        return {"UNTIL": (day + datetime.timedelta(seconds=pick.choice([-1, 0, 1]))).strftime("%Y%m%dT%H%M%S")}
    if kind == 4:
        return {"UNTIL": day.strftime("%Y%m%dT%H%M%SZ")}
    return {}


def text(rule):
    value = lambda v: ",".join(map(str, v)) if isinstance(v, list) else str(v)
    return ";".join(f"{name}={value(v)}" for name, v in rule.items())


def is_over(local, zone, ending, first):
    """Whether a local time lies after the rule's end; COUNT is kept by who asks."""
    until = ending.get("UNTIL")
    if until is None:
        return "COUNT" not in ending and local.date() >= first.date() + relativedelta(months=24)
    if len(until) == 8:
        return local.date() > datetime.datetime.strptime(until, "%Y%m%d").date()
    if not until.endswith("Z"):
        return local > datetime.datetime.strptime(until, "%Y%m%dT%H%M%S")
    at = datetime.datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if tz.datetime_exists(local, zone):
        return local.replace(tzinfo=zone).astimezone(UTC) > at
    return local > at.astimezone(zone).replace(tzinfo=None)


def expand(rule, ending, first, zone):
    slots, missing = [], []
    for local in rrule.rrulestr(text(rule), dtstart=first):
        if is_over(local, zone, ending, first):
            break
        if tz.datetime_exists(local, zone):
            slots.append(local)
            if len(slots) == ending.get("COUNT"):
                break
        else:
            missing.append(local)
    return slots, missing


def main():
    pick = random.Random(int(sys.argv[2]))
    made = []
    for _ in range(int(sys.argv[1])):
        first = start(pick)
        rule = parts(pick, first)
        ending = end(pick, first, rule)
        for name in ZONES:
            zone = zoneinfo.ZoneInfo(name)
            slots, missing = expand(rule, ending, first, zone)
            made.append({
                "rule": text({**rule, **ending}),
                "first": first.isoformat(),
                "zone": name,
                "slots": [slot.isoformat() for slot in slots],
                "instants": [int(slot.replace(tzinfo=zone).timestamp()) for slot in slots],
                "twice": sum(tz.datetime_ambiguous(slot, zone) for slot in slots),
                "missing": [slot.isoformat() for slot in missing],
            })
    json.dump(made, sys.stdout)


main()
