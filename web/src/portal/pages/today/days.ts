// The days ahead, and what is due on each, at the place of each delivery.
import type { DueDeliveryFragment } from "../../generated/graphql";

export const AHEAD_DAYS = 14;

/** When it must be done: by when it must leave, where that is known, else by when it must arrive. */
export function dueAt(delivery: DueDeliveryFragment): string {
  return delivery.fulfilBy ?? delivery.window.latest;
}

export function byDue(one: DueDeliveryFragment, other: DueDeliveryFragment): number {
  return Temporal.Instant.compare(dueAt(one), dueAt(other));
}

/** From the beginning of today to the end of the last day ahead, for the reader. */
export function span(): { from: string; to: string } {
  const here = Temporal.Now.timeZoneId();
  const first = Temporal.Now.plainDateISO();
  const instant = (day: Temporal.PlainDate) => day.toZonedDateTime(here).toInstant().toString();
  return { from: instant(first), to: instant(first.add({ days: AHEAD_DAYS })) };
}

export interface DueDay {
  day: string;
  isWeekend: boolean;
  deliveries: DueDeliveryFragment[];
}

/** Every day ahead with what is due on it; a day is that of the place to which it goes. */
export function daysAhead(deliveries: readonly DueDeliveryFragment[]): DueDay[] {
  const first = Temporal.Now.plainDateISO();
  const dayOf = (it: DueDeliveryFragment) =>
    Temporal.Instant.from(dueAt(it)).toZonedDateTimeISO(it.window.timeZone).toPlainDate().toString();
  return Array.from({ length: AHEAD_DAYS }, (_, ahead) => {
    const day = first.add({ days: ahead });
    const text = day.toString();
    return { day: text, isWeekend: day.dayOfWeek > 5, deliveries: deliveries.filter((it) => dayOf(it) === text) };
  });
}
