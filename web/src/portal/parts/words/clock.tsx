// Two clocks: a time as the clock on the wall of its place has it, then as the reader's has it.
import { useWords } from "./words";
import { away } from "./away";
import look from "./clock.module.css";

export const HERE = Temporal.Now.timeZoneId();
const DAY = { weekday: "short", day: "numeric", month: "short" } as const;
const TIME = { hour: "2-digit", minute: "2-digit" } as const;

/** "Europe/Berlin" is the clock of Berlin. */
function cityOf(zone: string): string {
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}

function at(instant: string, zone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(zone);
}

function dayOf(moment: Temporal.ZonedDateTime | Temporal.PlainDate, locale: string): string {
  const isThisYear = moment.year === Temporal.Now.plainDateISO().year;
  return moment.toLocaleString(locale, isThisYear ? DAY : { ...DAY, year: "numeric" });
}

function timeOf(moment: Temporal.ZonedDateTime, locale: string): string {
  return moment.toLocaleString(locale, TIME);
}

/** Whether the reader's clock shows something else at that moment. */
function differs(instant: string, zone: string): boolean {
  return !at(instant, zone).toPlainDateTime().equals(at(instant, HERE).toPlainDateTime());
}

/** An instant at a place. */
export function Clock({ instant, zone }: { instant: string; zone: string }) {
  const { locale, t } = useWords();
  const there = at(instant, zone);
  const here = at(instant, HERE);
  const isOther = differs(instant, zone);
  const time = isOther ? t("clock.there", { time: timeOf(there, locale), city: cityOf(zone) }) : timeOf(there, locale);
  const isSameDay = there.toPlainDate().equals(here.toPlainDate());
  const mine = isSameDay ? timeOf(here, locale) : `${dayOf(here, locale)}, ${timeOf(here, locale)}`;
  return (
    <time dateTime={instant} className={look.clock}>
      <span>{`${dayOf(there, locale)}, ${time}`}</span>
      {isOther && <span className={look.here}>{t("clock.here", { time: mine })}</span>}
    </time>
  );
}

export interface Span {
  earliest: string;
  latest: string;
  timeZone: string;
}

/** A window at its place: from when to when goods may arrive. */
export function WindowClock({ of }: { of: Span }) {
  const { locale, t } = useWords();
  const [from, to] = [at(of.earliest, of.timeZone), at(of.latest, of.timeZone)];
  const isOneDay = from.toPlainDate().equals(to.toPlainDate());
  const until = isOneDay ? timeOf(to, locale) : `${dayOf(to, locale)}, ${timeOf(to, locale)}`;
  const isOther = differs(of.latest, of.timeZone);
  const there = isOther ? t("clock.there", { time: until, city: cityOf(of.timeZone) }) : until;
  const here = at(of.latest, HERE);
  return (
    <time dateTime={`${of.earliest}/${of.latest}`} className={look.clock}>
      <span>{`${dayOf(from, locale)}, ${timeOf(from, locale)} – ${there}`}</span>
      {isOther && <span className={look.here}>{t("clock.hereUntil", { time: `${dayOf(here, locale)}, ${timeOf(here, locale)}` })}</span>}
    </time>
  );
}

/** A day, which is a day at its place. */
export function Day({ of }: { of: string }) {
  const { locale } = useWords();
  return <time dateTime={of}>{dayOf(Temporal.PlainDate.from(of), locale)}</time>;
}

/** From a day to a day, both of them counted. */
export function Days({ from, to }: { from: string; to: string }) {
  const { locale } = useWords();
  const form = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const [first, last] = [from, to].map((it) => new Date(`${it}T00:00:00Z`));
  return first && last ? <time dateTime={`${from}/${to}`}>{form.formatRange(first, last)}</time> : null;
}

/** The day on which an instant falls at a place. */
export function DayAt({ instant, zone }: { instant: string; zone: string }) {
  const { locale } = useWords();
  return <time dateTime={instant}>{dayOf(at(instant, zone), locale)}</time>;
}

/** "in 3 days", "yesterday", "in 5 hours": days are those of the calendar at its place, however long each is. */
export function Away({ instant, zone }: { instant: string; zone: string }) {
  const { locale } = useWords();
  const { amount, unit } = away(Temporal.Instant.from(instant), Temporal.Now.instant(), zone);
  return new Intl.RelativeTimeFormat(locale, { numeric: unit === "day" ? "auto" : "always" }).format(amount, unit);
}

export function today(zone: string): Temporal.PlainDate {
  return Temporal.Now.plainDateISO(zone);
}
