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

/** All instants that are on one of the days ahead at some place: clocks differ by less than a day. */
export function span(): { from: string; to: string } {
  const first = Temporal.Now.plainDateISO();
  const instant = (day: Temporal.PlainDate) => day.toZonedDateTime("UTC").toInstant().toString();
  return { from: instant(first.subtract({ days: 1 })), to: instant(first.add({ days: AHEAD_DAYS + 1 })) };
}

export interface DueDay {
  day: string;
  isWeekend: boolean;
  deliveries: DueDeliveryFragment[];
}

/** The day on which it is due there; what should have left and can still arrive in time is due today. */
function dayOf(delivery: DueDeliveryFragment, today: Temporal.PlainDate): string {
  const day = Temporal.Instant.from(dueAt(delivery)).toZonedDateTimeISO(delivery.window.timeZone).toPlainDate();
  const isOver = Temporal.PlainDate.compare(day, today) < 0;
  return (isOver && !delivery.isLate ? today : day).toString();
}

/** Every day ahead with what is due on it; a day is that of the place to which it goes. */
export function daysAhead(deliveries: readonly DueDeliveryFragment[]): DueDay[] {
  const today = Temporal.Now.plainDateISO();
  const days = new Map<string, DueDeliveryFragment[]>();
  for (const it of deliveries) {
    const day = dayOf(it, today);
    days.set(day, [...(days.get(day) ?? []), it]);
  }
  return Array.from({ length: AHEAD_DAYS }, (_, ahead) => {
    const day = today.add({ days: ahead });
    return { day: day.toString(), isWeekend: day.dayOfWeek > 5, deliveries: days.get(day.toString()) ?? [] };
  });
}
