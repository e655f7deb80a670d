// What the charts of a contract line draw, computed exactly of what the API answers.
import type { RoomLineFragment, Unit } from "../../generated/graphql";
import type { Step } from "../../parts/charts/steps";
import { less, most, sum } from "../../parts/figures/decimal";

type Counter = "calledOff" | "released" | "shipped" | "delivered";

/** What the burn-down draws of a line. */
export interface Burning {
  unit: Unit;
  agreed: string;
  ceiling: string;
  minQuantity: string | null;
  calledOff: string;
  remaining: string;
  progress: { steps: readonly { day: string; calledOff: string }[] };
}

export interface Term {
  validFrom: string;
  validTo: string;
  now: string;
  firmUntil: string;
  tradeOffUntil: string;
}

/** The days on which a contract's zones end, as its own calendar has them. */
export function termOf(contract: {
  validFrom: string;
  validTo: string;
  timeZone: string;
  firmZoneDays: number;
  tradeOffDays: number;
}): Term {
  const now = Temporal.Now.plainDateISO(contract.timeZone);
  const { validFrom, validTo, firmZoneDays, tradeOffDays } = contract;
  return {
    validFrom,
    validTo,
    now: now.toString(),
    firmUntil: now.add({ days: firmZoneDays }).toString(),
    tradeOffUntil: now.add({ days: tradeOffDays }).toString(),
  };
}

type Counted<Name extends Counter> = Record<Name, string> & {
  progress: { steps: readonly ({ day: string } & Record<Name, string>)[] };
};

/** How a counter rose, from the contract's first day to today. */
export function climbed<Name extends Counter>(line: Counted<Name>, counter: Name, term: Term): Step[] {
  const moved = line.progress.steps.map((it) => ({ day: it.day, quantity: it[counter] as string }));
  const first = { day: term.validFrom, quantity: "0" };
  return [first, ...moved.filter((it) => it.day >= term.validFrom), { day: term.now, quantity: line[counter] }];
}

/** What was left after each call-off; less than nothing where the tolerance was used. */
export function burned(line: Burning, term: Term): Step[] {
  return climbed(line, "calledOff", term).map(({ day, quantity }) => ({ day, quantity: less(line.agreed, quantity) }));
}

/** What will be left when each step of a draft has come, from today to the contract's end. */
export function drafted(line: Burning, term: Term, draft: readonly Step[]): Step[] {
  let left = less(line.agreed, line.calledOff);
  const steps: Step[] = [{ day: term.now, quantity: left }];
  for (const { day, quantity } of [...draft].sort((a, b) => a.day.localeCompare(b.day))) {
    left = less(left, quantity);
    steps.push({ day, quantity: left });
  }
  return [...steps, { day: term.validTo, quantity: left }];
}

/** So much of a schedule is open, and to leave on that day. */
type Wanted = RoomLineFragment["demand"]["nodes"][number];

/** What is to leave by when, on top of what has left: what is overdue is wanted today. */
export function wanted(line: RoomLineFragment, open: readonly Wanted[], term: Term): Step[] {
  let upto = line.shipped;
  const steps: Step[] = [{ day: term.now, quantity: upto }];
  const demand = [...open].sort((a, b) => a.dueOn.localeCompare(b.dueOn));
  for (const { dueOn, openQuantity } of demand) {
    upto = sum(upto, openQuantity);
    steps.push({ day: dueOn < term.now ? term.now : dueOn, quantity: upto });
  }
  return steps.length > 1 ? steps : [];
}

export interface Pace {
  needed: number;
  soFar: number;
}

const WEEK = 7;

/** How much a week it takes to the end, and took so far: averages, for people to compare. */
export function paceOf(line: RoomLineFragment, term: Term): Pace | null {
  const now = Temporal.PlainDate.from(term.now);
  const over = Temporal.PlainDate.from(term.validFrom).until(now).days;
  const ahead = now.until(Temporal.PlainDate.from(term.validTo)).days;
  if (over <= 0 || ahead <= 0) return null;
  return {
    needed: (Number(most(line.remaining, "0")) * WEEK) / ahead,
    soFar: (Number(line.calledOff) * WEEK) / over,
  };
}
