// A month: a cell for each day with what arrives on it; days on which nobody takes goods in are dark.
import { Link, useSearchParams } from "wouter";
import { changed } from "../../parts/lists/address";
import { openings, type Site } from "../../parts/words/places";
import { useWords } from "../../parts/words/words";
import look from "./calendar.module.css";
import { Chip } from "./chip";
import { type Arrival, isOn, weeksOf } from "./days";
import { useDropping } from "./dropping";

interface Given {
  days: readonly Temporal.PlainDate[];
  month: number;
  sites: readonly Site[];
  arrivals: readonly Arrival[];
  open: (arrival: Arrival, days: number) => void;
  drop: (id: string, day: Temporal.PlainDate) => void;
}

function Day({ day, month, sites, arrivals, open, drop }: Omit<Given, "days"> & { day: Temporal.PlainDate }) {
  const { locale } = useWords();
  const [address] = useSearchParams();
  const { worn, isAbove } = useDropping((id) => drop(id, day));
  const isClosed = sites.length > 0 && sites.every((it) => openings(it, day.toString())?.length === 0);
  const isToday = day.equals(Temporal.Now.plainDateISO());
  const classes = [look.day, isClosed && look.closed, day.month !== month && look.other, isAbove && look.above];
  const week = changed(changed(address, "view", ""), "day", day.toString());
  return (
    <td {...worn} className={classes.filter(Boolean).join(" ")} data-day={day.toString()}>
      <Link
        href={`/calendar?${week}`}
        className={look.number}
        aria-current={isToday ? "date" : undefined}
        aria-label={day.toLocaleString(locale, { day: "numeric", month: "long" })}
      >
        {day.day}
      </Link>
      {arrivals.filter((it) => isOn(it, day)).map((it) => (
        <Chip key={it.delivery.id} arrival={it} open={open} isNamed />
      ))}
    </td>
  );
}

export function Month({ days, ...given }: Given) {
  const { t, locale } = useWords();
  const weeks = weeksOf(days);
  return (
    <div className={look.scroll} tabIndex={0} role="group" aria-label={t("calendar.title")}>
      <table className={look.month}>
        <thead>
          <tr>
            {weeks[0]?.map((it) => (
              <th key={it.toString()} scope="col">
                {it.toLocaleString(locale, { weekday: "short" })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={String(week[0])}>
              {week.map((day) => (
                <Day key={day.toString()} day={day} {...given} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
