// A week: a row for each site, a column for each day, hours downwards; when goods are taken in is light.
import { useMemo } from "react";
import { calledBy, momentAt, openings, type Site } from "../../parts/words/places";
import { useWords } from "../../parts/words/words";
import look from "./calendar.module.css";
import { Chip } from "./chip";
import { type Arrival, type Hours, hoursOf, piecesOf, placeOf } from "./days";
import { useDropping } from "./dropping";

const percent = (share: number) => `${share * 100}%`;
const EVERY_HOURS = 4;
const USUAL_HOURS = 24;

interface Acts {
  open: (arrival: Arrival, days: number) => void;
  drop: (id: string, day: Temporal.PlainDate) => void;
}

interface Given extends Acts {
  days: readonly Temporal.PlainDate[];
  sites: readonly Site[];
  arrivals: readonly Arrival[];
}

function Open({ site, day, hours }: { site: Site; day: Temporal.PlainDate; hours: Hours }) {
  const taken = openings(site, day.toString()) ?? [hours];
  return taken.map((it) => {
    const [from, to] = [it.opens, it.closes].map((time) =>
      placeOf(momentAt(site.timeZone, day.toString(), time).toInstant().toString(), site.timeZone, day, hours),
    );
    return <span key={it.opens} className={look.open} style={{ top: percent(from ?? 0), height: percent((to ?? 1) - (from ?? 0)) }} />;
  });
}

function Cell({ day, site, hours, arrivals, open, drop }: Omit<Given, "days" | "sites"> & { day: Temporal.PlainDate; site: Site; hours: Hours }) {
  const { t } = useWords();
  const { worn, isAbove } = useDropping((id) => drop(id, day));
  const { pieces, lanes } = piecesOf(arrivals, day, hours);
  const { hoursInDay } = day.toZonedDateTime(site.timeZone);
  const isToday = day.equals(Temporal.Now.plainDateISO(site.timeZone));
  const now = placeOf(Temporal.Now.instant().toString(), site.timeZone, day, hours);
  return (
    <td {...worn} className={isAbove ? `${look.cell} ${look.above}` : look.cell} data-day={day.toString()}>
      <div className={arrivals.length > 0 ? look.hours : `${look.hours} ${look.empty}`}>
        <Open site={site} day={day} hours={hours} />
        {hoursInDay !== USUAL_HOURS && <span className={look.change}>{t("calendar.hours", { hours: hoursInDay })}</span>}
        {isToday && <span className={look.now} style={{ top: percent(now) }} />}
        {pieces.map(({ arrival, from, to, lane }) => (
          <Chip
            key={arrival.delivery.id}
            arrival={arrival}
            open={open}
            style={{ top: percent(from), minHeight: percent(to - from), left: percent(lane / lanes), width: percent(1 / lanes) }}
          />
        ))}
      </div>
    </td>
  );
}

/** Which hours of a day are drawn, beside them. */
function Axis({ hours }: { hours: Hours }) {
  const [first, last] = [hours.opens, hours.closes].map((it) => Number(it.slice(0, 2)));
  const all = Array.from({ length: (last ?? 0) - (first ?? 0) }, (_, ahead) => (first ?? 0) + ahead);
  return (
    <span className={look.axis} aria-hidden="true">
      {all.filter((it) => it % EVERY_HOURS === 0).map((it) => (
        <span key={it} style={{ top: percent((it - (first ?? 0)) / all.length) }}>
          {it}
        </span>
      ))}
    </span>
  );
}

function Name({ site, hours, isSlim }: { site: Site; hours: Hours; isSlim: boolean }) {
  const { t, locale } = useWords();
  const now = Temporal.Now.zonedDateTimeISO(site.timeZone);
  const city = (site.timeZone.split("/").at(-1) ?? "").replaceAll("_", " ");
  const time = now.toLocaleString(locale, { hour: "2-digit", minute: "2-digit" });
  return (
    <th scope="row" className={look.site}>
      <span>{site.place.city === "" ? t("calendar.elsewhere") : calledBy(site)}</span>
      <span className={look.soft}>{site.place.name && site.place.city}</span>
      {site.timeZone !== Temporal.Now.timeZoneId() && <span className={look.soft}>{t("calendar.now", { time, city })}</span>}
      {!isSlim && <Axis hours={hours} />}
    </th>
  );
}

export function Week({ days, sites, arrivals, ...acts }: Given) {
  const { t, locale } = useWords();
  const hours = useMemo(() => hoursOf(arrivals, sites), [arrivals, sites]);
  const weekday = (it: Temporal.PlainDate) => it.toLocaleString(locale, { weekday: "short" });
  const date = (it: Temporal.PlainDate) => it.toLocaleString(locale, { day: "numeric", month: "short" });
  const today = Temporal.Now.plainDateISO();
  return (
    <div className={look.scroll} tabIndex={0} role="group" aria-label={t("calendar.title")}>
      <table className={look.week}>
        <thead>
          <tr>
            <th scope="col">{t("callOff.column.site")}</th>
            {days.map((it) => (
              <th key={it.toString()} scope="col" aria-current={it.equals(today) ? "date" : undefined}>
                {weekday(it)} <span className={look.date}>{date(it)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sites.map((site) => {
            const own = arrivals.filter((it) => it.site.id === site.id);
            return (
              <tr key={site.id}>
                <Name site={site} hours={hours} isSlim={own.length === 0} />
                {days.map((day) => (
                  <Cell key={day.toString()} day={day} site={site} hours={hours} arrivals={own} {...acts} />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
