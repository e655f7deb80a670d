// What the rows say as the input of a call-off, and which row and field an answer is about.
import type { ContractCallOffInput } from "../../../generated/graphql";
import type { Refusal } from "../../../parts/data/acting";
import { sum } from "../../../parts/figures/decimal";
import { readAmount } from "../../../parts/figures/amount";
import type { Span } from "../../../parts/words/clock";
import type { Site } from "../../../parts/words/places";
import { type Field, missing, type Row, spanOf } from "./rows";

interface Item {
  row: Row;
  quantity: string;
  span: Span;
}

/** What comes at one time to one place. */
export interface Load {
  site: Site;
  span: Span;
  /** Contract line -> how much of it. */
  quantities: Map<string, string>;
  rows: Row[];
}

export interface Draft {
  lines: { line: string; span: Span; quantity: string; rows: Row[] }[];
  loads: Load[];
}

function group<Thing>(things: readonly Thing[], by: (thing: Thing) => string): Thing[][] {
  return [...Map.groupBy(things, by).values()];
}

const total = (items: readonly Item[]) => sum(...items.map((it) => it.quantity));

/**
 * A delivery for each site and time, and a line for each product and time: rows that agree in these are one. Rows in
 * which something is missing wait.
 */
export function draftOf(rows: readonly Row[], sites: readonly Site[], locale: string): Draft {
  const siteOf = (row: Row) => sites.find((it) => it.id === row.site);
  const items = rows.flatMap((row): Item[] => {
    const [quantity, span] = [readAmount(row.quantity, locale), spanOf(row, siteOf(row))];
    return quantity !== null && span !== null && missing(row, locale).length === 0 ? [{ row, quantity, span }] : [];
  });
  const when = ({ span }: Item) => `${span.earliest}/${span.latest}/${span.timeZone}`;
  const lines = group(items, (it) => `${it.row.line} ${when(it)}`).flatMap((all) =>
    all[0] ? [{ line: all[0].row.line, span: all[0].span, quantity: total(all), rows: all.map((it) => it.row) }] : [],
  );
  const loads = group(items, (it) => `${it.row.site} ${when(it)}`).flatMap((all) => {
    const site = all[0] && siteOf(all[0].row);
    if (all[0] === undefined || site === undefined) return [];
    const quantities = new Map(group(all, (it) => it.row.line).map((same) => [same[0]?.row.line ?? "", total(same)]));
    return [{ site, span: all[0].span, quantities, rows: all.map((it) => it.row) }];
  });
  return { lines, loads };
}

export interface Given {
  contractId: string;
  channelId: string;
  locationId: string;
  recipient: string;
  purchaseOrderNumber: string;
}

/** The input of `contractCallOff`, in the order of the draft. */
export function inputOf({ lines, loads }: Draft, given: Given): ContractCallOffInput {
  const isOf = (line: Draft["lines"][number], load: Load, id: string) =>
    line.line === id && line.span.earliest === load.span.earliest && line.span.latest === load.span.latest;
  return {
    contractId: given.contractId,
    channelId: given.channelId,
    ...(given.purchaseOrderNumber.trim() && { purchaseOrderNumber: given.purchaseOrderNumber.trim() }),
    ...(given.recipient.trim() && { recipient: { name: given.recipient.trim() } }),
    ...(loads[0] && { shipToId: loads[0].site.id }),
    lines: lines.map(({ line, span, quantity }) => ({ contractLineId: line, quantity, window: span })),
    deliveries: loads.map((load) => ({
      locationId: given.locationId,
      shipToId: load.site.id,
      window: load.span,
      lines: [...load.quantities].map(([id, quantity]) => ({
        lineNo: lines.findIndex((it) => isOf(it, load, id)) + 1,
        quantity,
      })),
    })),
  };
}

/** What stands at a field of a row, or at the whole form. */
export interface Fault {
  row: number | null;
  field: Field | "recipient" | "purchaseOrderNumber" | null;
  refusal: Refusal;
}

const OF_WINDOW: Record<string, Field> = { earliest: "from", latest: "to" };

function fieldOf(path: readonly string[]): Field {
  const [name = "", part = ""] = path;
  if (name === "window") return OF_WINDOW[part] ?? "day";
  if (name === "shipToId") return "site";
  if (name === "contractLineId") return "line";
  return "quantity";
}

/** Finds the row and field of an answer by its path: `[input, lines, 2, quantity]`. */
export function faultOf(refusal: Refusal, { lines, loads }: Draft): Fault {
  const [, list, place = "", ...path] = refusal.field ?? [];
  const rows = (list === "lines" ? lines : list === "deliveries" ? loads : [])[Number(place)]?.rows ?? [];
  if (rows.length > 0) {
    // A line of a delivery: the row that brings it there.
    const [part, number = "", ...more] = path;
    const id = list === "deliveries" && part === "lines" ? [...(loads[Number(place)]?.quantities.keys() ?? [])][Number(number)] : null;
    const row = rows.findLast((it) => id === null || it.line === id) ?? rows.at(-1);
    return { row: row?.key ?? null, field: fieldOf(part === "lines" ? more : path), refusal };
  }
  const field = list === "recipient" || list === "purchaseOrderNumber" ? list : null;
  return { row: null, field, refusal };
}
