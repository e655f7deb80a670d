// Which lines are shown, as the address says it, and when each of them is due.
import type { OpenLineFragment, OrderLineFilter, OrderLineSort } from "../../generated/graphql";
import { known } from "../../parts/lists/address";
import type { Span } from "../../parts/words/clock";
import type { Id } from "../../parts/words/languages";

interface View {
  title: Id;
  isLate?: boolean;
  /** Due from now on, within so many days. */
  days?: number;
}

export const VIEWS = {
  open: { title: "lines.view.open" },
  late: { title: "lines.view.late", isLate: true },
  week: { title: "lines.view.week", days: 7 },
  month: { title: "lines.view.month", days: 28 },
} as const satisfies Record<string, View>;

export const SORTS = {
  oldest: { title: "lines.sort.oldest", sort: "OLDEST_FIRST" },
  newest: { title: "lines.sort.newest", sort: "NEWEST_FIRST" },
} as const satisfies Record<string, { title: Id; sort: OrderLineSort }>;

/** What an address asks for. A day begins with the reader's own, so that it asks for the same until midnight. */
export function read(address: URLSearchParams) {
  const view = known(VIEWS, address.get("view"), "open");
  const sorting = known(SORTS, address.get("sort"), "oldest");
  const product = address.get("product");
  const { isLate, days }: View = VIEWS[view];
  const filter: OrderLineFilter = { open: true };
  if (isLate) filter.late = true;
  if (days) {
    const today = Temporal.Now.zonedDateTimeISO().startOfDay();
    filter.dueFrom = today.toInstant().toString();
    filter.dueTo = today.add({ days }).toInstant().toString();
  }
  if (product) filter.productId = product;
  return { view, sorting, product, filter, sort: SORTS[sorting].sort };
}

/** When a line is to arrive: its own window, else that of its order, as far as it was agreed on. */
export function wantedOf(line: OpenLineFragment): Span | null {
  const window = line.window ?? line.order.window;
  if (window === null || line.agreedLatest === null) return window;
  const { agreedLatest: latest } = line;
  return { ...window, latest, earliest: window.earliest < latest ? window.earliest : latest };
}

/** Days from today to the day on which it is due, both at its place; fewer than none when it is over. */
export function daysTo({ latest, timeZone }: Span): number {
  const due = Temporal.Instant.from(latest).toZonedDateTimeISO(timeZone);
  return Temporal.Now.plainDateISO(timeZone).until(due.toPlainDate(), { largestUnit: "day" }).days;
}

export function isOver({ latest }: Span): boolean {
  return Date.parse(latest) < Date.now();
}
