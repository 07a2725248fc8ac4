"""What the package chinesecalendar knows of the days of some years: prints it as JSON by day.

python holidays.py YEAR …
"""

import datetime
import json
import sys

import chinese_calendar
from chinese_calendar import constants


def main():
    days = {}
    for year in map(int, sys.argv[1:]):
        day = datetime.date(year, 1, 1)
        while day.year == year:
            name = constants.holidays.get(day) or constants.workdays.get(day)
            days[day.isoformat()] = {
                "off": chinese_calendar.is_holiday(day),
                "name": constants.Holiday(name).chinese if name else None,
            }
            day += datetime.timedelta(days=1)
    json.dump(days, sys.stdout, ensure_ascii=False)


main()
