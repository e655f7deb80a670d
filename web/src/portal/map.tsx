// The map: a line a page. Its folder below pages/ has all of it: what it asks, what it shows.
import { type ComponentType, lazy } from "react";
import type { Scope } from "./generated/graphql";
import type { IconName } from "./parts/look/icons";
import type { Id } from "./parts/words/languages";

/** Customers look at the portal, staff and warehouses at operations. */
export const SIDES = ["portal", "operations"] as const;
export type Side = (typeof SIDES)[number];

interface Place {
  path: string;
  on: readonly Side[];
  /** How the navigation calls it, for whom it is; none where another page leads there. */
  entry?: { title: Id; icon: IconName; scope: Scope };
  // A page takes what its path has.
  Page: ComponentType<any>;
}

/** Whether somebody on a side, who may read so much, is shown the way to a page. */
export function leads(place: Place, side: Side, scopes: readonly Scope[] | undefined): boolean {
  return place.on.includes(side) && place.entry !== undefined && (scopes?.includes(place.entry.scope) ?? true);
}

export const PLACES: readonly Place[] = [
  {
    path: "/",
    on: SIDES,
    entry: { title: "today.title", icon: "today", scope: "DELIVERIES_READ" },
    Page: lazy(() => import("./pages/today/today")),
  },
  {
    path: "/orders",
    on: SIDES,
    entry: { title: "orders.title", icon: "orders", scope: "ORDERS_READ" },
    Page: lazy(() => import("./pages/orders/orders")),
  },
  { path: "/orders/:number", on: SIDES, Page: lazy(() => import("./pages/order/order")) },
  {
    path: "/lines",
    on: SIDES,
    entry: { title: "lines.title", icon: "lines", scope: "ORDERS_READ" },
    Page: lazy(() => import("./pages/lines/lines")),
  },
  {
    path: "/calendar",
    on: SIDES,
    entry: { title: "calendar.title", icon: "calendar", scope: "DELIVERIES_READ" },
    Page: lazy(() => import("./pages/calendar/calendar")),
  },
  {
    path: "/contracts",
    on: SIDES,
    entry: { title: "contracts.title", icon: "contracts", scope: "CONTRACTS_READ" },
    Page: lazy(() => import("./pages/contracts/contracts")),
  },
  { path: "/contracts/:number", on: SIDES, Page: lazy(() => import("./pages/contract/contract")) },
  { path: "/contracts/:number/call-off", on: SIDES, Page: lazy(() => import("./pages/contract/calloff/calloff")) },
  { path: "/deliveries/:number", on: SIDES, Page: lazy(() => import("./pages/delivery/delivery")) },
  { path: "/parcels/:id", on: SIDES, Page: lazy(() => import("./pages/parcel/parcel")) },
];
