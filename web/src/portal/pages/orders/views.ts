// Which orders are shown: a view and a few fields, all of which stand in the address.
import type { OrderFilter, OrderSort } from "../../generated/graphql";
import { known } from "../../parts/lists/address";
import type { Id } from "../../parts/words/languages";

export const VIEWS = {
  all: { title: "orders.view.all", filter: {} },
  open: { title: "orders.view.open", filter: { open: true } },
  late: { title: "orders.view.late", filter: { late: true } },
  approval: { title: "orders.view.approval", filter: { states: ["PENDING_APPROVAL"] } },
  done: { title: "orders.view.done", filter: { open: false } },
} as const satisfies Record<string, { title: Id; filter: OrderFilter }>;
export type View = keyof typeof VIEWS;

export const SORTS = {
  newest: { title: "orders.sort.newest", sort: "PLACED_AT_DESC" },
  due: { title: "orders.sort.due", sort: "DUE_AT" },
  dearest: { title: "orders.sort.dearest", sort: "NET_DESC" },
} as const satisfies Record<string, { title: Id; sort: OrderSort }>;
export type Sorting = keyof typeof SORTS;

/** What an address asks for; what it does not know is as if it were not there. */
export function read(address: URLSearchParams) {
  const view: View = known(VIEWS, address.get("view"), "all");
  const sorting: Sorting = known(SORTS, address.get("sort"), "newest");
  const number = address.get("number") ?? "";
  const purchase = address.get("po") ?? "";
  const filter: OrderFilter = { ...VIEWS[view].filter } as OrderFilter;
  if (number) filter.numberPrefix = number;
  if (purchase) filter.purchaseOrderPrefix = purchase;
  return { view, sorting, number, purchase, filter, sort: SORTS[sorting].sort };
}
