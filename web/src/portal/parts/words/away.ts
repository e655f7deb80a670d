// How far an instant is from now: days by the calendar of its place, within a day hours or minutes.

export interface Away {
  amount: number;
  unit: "day" | "hour" | "minute";
}

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;

export function away(instant: Temporal.Instant, now: Temporal.Instant, zone: string): Away {
  const [there, here] = [instant, now].map((it) => it.toZonedDateTimeISO(zone).toPlainDate());
  const amount = here && there ? here.until(there, { largestUnit: "day" }).days : 0;
  if (amount !== 0) return { amount, unit: "day" };
  const minutes = Math.trunc((instant.epochMilliseconds - now.epochMilliseconds) / MINUTE_MS);
  if (Math.abs(minutes) < HOUR_MINUTES) return { amount: minutes, unit: "minute" };
  return { amount: Math.trunc(minutes / HOUR_MINUTES), unit: "hour" };
}
