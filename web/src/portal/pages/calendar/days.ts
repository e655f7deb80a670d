// The days that a calendar shows, and what arrives on them at each place by its own clock.
import { type ArrivalFragment, CalendarSiteFragmentDoc } from "../../generated/graphql";
import { read } from "../../generated/fragment-masking";
import { known } from "../../parts/lists/address";
import { momentAt, type Site } from "../../parts/words/places";
import type { Id } from "../../parts/words/languages";

export const VIEWS = {
  week: { title: "calendar.week" },
  month: { title: "calendar.month" },
} as const satisfies Record<string, { title: Id }>;
export type View = keyof typeof VIEWS;

const WEEK = 7;
/** Clocks are that far from UTC at the most. */
const APART = { hours: 15 };

export interface Shown {
  view: View;
  /** A day of what is shown. */
  around: Temporal.PlainDate;
  /** Every day that is shown, from a Monday on. */
  days: Temporal.PlainDate[];
  site: string;
}

function dayIn(text: string | null): Temporal.PlainDate {
  try {
    return Temporal.PlainDate.from(text ?? "");
  } catch {
    return Temporal.Now.plainDateISO();
  }
}

/** What an address asks for. */
export function shownBy(address: URLSearchParams): Shown {
  const view = known(VIEWS, address.get("view"), "week");
  const around = dayIn(address.get("day"));
  const first = view === "week" ? around : around.with({ day: 1 });
  const last = view === "week" ? around : around.with({ day: around.daysInMonth });
  const monday = first.subtract({ days: first.dayOfWeek - 1 });
  const count = monday.until(last.add({ days: WEEK - last.dayOfWeek + 1 })).days;
  const days = Array.from({ length: count }, (_, ahead) => monday.add({ days: ahead }));
  return { view, around, days, site: address.get("site") ?? "" };
}

/** The instants between which it is one of these days somewhere. */
export function spanOf(days: readonly Temporal.PlainDate[]): { from: string; to: string } {
  const [first, last] = [days[0], days.at(-1)].map((it) => (it ?? Temporal.Now.plainDateISO()).toZonedDateTime("UTC"));
  return {
    from: String(first?.subtract(APART).toInstant()),
    to: String(last?.add({ days: 1 }).add(APART).toInstant()),
  };
}

/** Weeks of days. */
export function weeksOf(days: readonly Temporal.PlainDate[]): Temporal.PlainDate[][] {
  return Array.from({ length: days.length / WEEK }, (_, week) => days.slice(week * WEEK, (week + 1) * WEEK));
}

/** Goods that are to come, and the place at which they do. */
export interface Arrival {
  delivery: ArrivalFragment;
  site: Site;
}

/** Who gets goods at no address of a company has a place of its own. */
export function arrivalOf(delivery: ArrivalFragment): Arrival {
  const known = delivery.shipToAddress && read(CalendarSiteFragmentDoc, delivery.shipToAddress);
  const { timeZone } = delivery.window;
  return { delivery, site: known ?? { id: timeZone, timeZone, place: { name: null, city: "" }, receivingHours: [] } };
}

/** The sites at which something arrives, and those of one's own, each once. */
export function sitesOf(arrivals: readonly Arrival[], own: readonly Site[]): Site[] {
  const found = new Map([...own, ...arrivals.map((it) => it.site)].map((it) => [it.id, it]));
  return [...found.values()];
}

export interface Piece {
  arrival: Arrival;
  /** Where in the day it begins and ends, from 0 to 1. */
  from: number;
  to: number;
  lane: number;
}

/** Which part of a day is drawn, as times of the place's clock. */
export interface Hours {
  opens: string;
  closes: string;
}

/** Where in a day an instant is, from 0 to 1: a day on which clocks are changed has an hour less or more. */
export function placeOf(instant: string, zone: string, day: Temporal.PlainDate, { opens, closes }: Hours): number {
  const [start, end] = [opens, closes].map((it) => momentAt(zone, day.toString(), it).epochMilliseconds);
  const share = (Date.parse(instant) - (start ?? 0)) / ((end ?? 0) - (start ?? 0));
  return Math.min(1, Math.max(0, share));
}

/** Tells whether a window is partly on a day of its place. */
export function isOn({ delivery, site }: Arrival, day: Temporal.PlainDate): boolean {
  const [start, end] = [day, day.add({ days: 1 })].map((it) => it.toZonedDateTime(site.timeZone).epochMilliseconds);
  return Date.parse(delivery.window.earliest) < (end ?? 0) && Date.parse(delivery.window.latest) > (start ?? 0);
}

/** What arrives on a day, side by side where it overlaps. */
export function piecesOf(arrivals: readonly Arrival[], day: Temporal.PlainDate, hours: Hours): { pieces: Piece[]; lanes: number } {
  const ends: number[] = [];
  const pieces = arrivals.filter((it) => isOn(it, day)).map((arrival) => {
    const { window } = arrival.delivery;
    const [from, to] = [window.earliest, window.latest].map((it) => placeOf(it, arrival.site.timeZone, day, hours));
    const free = ends.findIndex((it) => it <= (from ?? 0));
    const lane = free < 0 ? ends.length : free;
    ends[lane] = to ?? 1;
    return { arrival, from: from ?? 0, to: to ?? 1, lane };
  });
  return { pieces, lanes: Math.max(1, ends.length) };
}

const USUAL: Hours = { opens: "06:00", closes: "20:00" };

/** The hours to draw: the usual ones, and all in which something arrives or is taken in. */
export function hoursOf(arrivals: readonly Arrival[], sites: readonly Site[]): Hours {
  const times = arrivals.flatMap(({ delivery: { window }, site }) => {
    const [from, to] = [window.earliest, window.latest].map((it) => Temporal.Instant.from(it).toZonedDateTimeISO(site.timeZone));
    const isOneDay = from && to?.toPlainDate().equals(from.toPlainDate());
    const time = (it: Temporal.ZonedDateTime | undefined) => it?.toPlainTime().toString({ smallestUnit: "minute" }) ?? "";
    return isOneDay ? [{ opens: time(from), closes: time(to) }] : [{ opens: "00:00", closes: "24:00" }];
  });
  const all = [USUAL, ...times, ...sites.flatMap((it) => it.receivingHours)];
  const [opens = USUAL.opens] = all.map((it) => it.opens).sort();
  const closes = all.map((it) => it.closes).sort().at(-1) ?? USUAL.closes;
  const up = closes.endsWith(":00") ? closes : `${String(Number(closes.slice(0, 2)) + 1).padStart(2, "0")}:00`;
  return { opens: `${opens.slice(0, 2)}:00`, closes: up };
}
