// How what was ordered of a line is shared out: parts that always sum to it.
import { isNone, least, less, most, sum } from "../figures/decimal";

export interface Counted {
  ordered: string;
  cancelled: string;
  planned: string;
  packed: string;
  shipped: string;
  delivered: string;
  lost: string;
  refused: string;
}

/** In the order in which they stand in a bar. */
export const PARTS = ["arrived", "shipped", "packed", "planned", "lost", "refused", "open", "cancelled"] as const;
export type Part = (typeof PARTS)[number];
export type Shares = Record<Part, string>;

/** What is beyond `from`, or none. */
function beyond(from: string, taken: string): string {
  return most(less(from, taken), "0");
}

/**
 * The counters of a line climb (what is shipped was packed, what was packed was planned): a part is what one
 * counts beyond the next. What was lost or refused is owed again, so it is a part of what is open until a
 * delivery takes it. More than was ordered (a tolerance, something found again) has no place in the bar.
 */
export function sharesOf(line: Counted): Shares {
  let left = line.ordered;
  const take = (wanted: string) => {
    const taken = least(wanted, left);
    left = less(left, taken);
    return taken;
  };
  const cancelled = take(line.cancelled);
  return {
    cancelled,
    arrived: take(line.delivered),
    shipped: take(beyond(line.shipped, line.delivered)),
    packed: take(beyond(line.packed, line.shipped)),
    planned: take(beyond(line.planned, line.packed)),
    lost: take(line.lost),
    refused: take(line.refused),
    open: left,
  };
}

/** What came, or is to come, beyond what was ordered. */
export function surplusOf(line: Counted): string {
  return beyond(sum(most(line.planned, line.delivered), line.cancelled), line.ordered);
}

export function partsOf(shares: Shares): Part[] {
  return PARTS.filter((it) => !isNone(shares[it]));
}
