// Places and their clocks: when goods are taken in, and which instants a time on their wall is.
import type { Span } from "./clock";

export interface Site {
  id: string;
  timeZone: string;
  place: { name: string | null; city: string };
  /** Empty: at any time. */
  receivingHours: readonly { weekday: number; opens: string; closes: string }[];
}

export function calledBy({ place }: Site): string {
  return place.name ?? place.city;
}

/** When a site takes goods in on a day: null at any time, else from when to when, none where it is closed. */
export function openings(site: Site, day: string): readonly { opens: string; closes: string }[] | null {
  if (site.receivingHours.length === 0) return null;
  const { dayOfWeek } = Temporal.PlainDate.from(day);
  return site.receivingHours.filter((it) => it.weekday === dayOfWeek);
}

/** The moment at which a clock shows a time on a day; 24:00 is the beginning of the next one. */
export function momentAt(zone: string, day: string, time: string): Temporal.ZonedDateTime {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  const date = Temporal.PlainDate.from(day).add({ days: hour === 24 ? 1 : 0 });
  return date.toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from({ hour: hour % 24, minute }) });
}

/** The window from a time to a time of a day at a place. */
export function windowAt(zone: string, day: string, from: string, to: string): Span {
  const at = (time: string) => momentAt(zone, day, time).toInstant().toString();
  return { earliest: at(from), latest: at(to), timeZone: zone };
}
