// Rows out of a spreadsheet: product, quantity, site, day, from, to, between tabs.
import type { CallOffLineFragment, CallOffTermsFragment } from "../../../generated/graphql";
import { readAmount } from "../../../parts/figures/amount";
import { type Row, rowOf } from "./rows";

function isCalled(names: readonly (string | null)[], text: string): boolean {
  return names.some((it) => it !== null && it.localeCompare(text, undefined, { sensitivity: "base" }) === 0);
}

/** The order in which a language writes day, month and year. */
function order(locale: string): string[] {
  return new Intl.DateTimeFormat(locale).formatToParts(0).flatMap(({ type }) => (type === "literal" ? [] : [type]));
}

/** "2026-12-14", "14.12.2026", "12/14/26" in America; empty for what is no day. */
export function dayOf(text: string, locale: string): string {
  const numbers = text.trim().split(/[-./\s]+/).filter(Boolean).map(Number);
  const isIso = /^\d{4}-/.test(text.trim());
  const names = isIso ? ["year", "month", "day"] : order(locale);
  const of = (name: string) => numbers[names.indexOf(name)] ?? Number.NaN;
  const [year, month, day] = [of("year"), of("month"), of("day")];
  try {
    return Temporal.PlainDate.from({ year: year < 100 ? 2000 + year : year, month, day }, { overflow: "reject" }).toString();
  } catch {
    return "";
  }
}

/** "8:00", "08.00"; empty for what is no time. */
export function timeOf(text: string): string {
  const [, hour = "", minute = ""] = /^\s*(\d{1,2})[:.](\d{2})/.exec(text) ?? [];
  return hour !== "" && Number(hour) < 24 && Number(minute) < 60 ? `${hour.padStart(2, "0")}:${minute}` : "";
}

export interface Known {
  lines: readonly CallOffLineFragment[];
  sites: CallOffTermsFragment["shipTos"];
  /** What is taken where a cell is left out. */
  like: Row;
  locale: string;
}

function read(cells: readonly string[], { lines, sites, like, locale }: Known): Row {
  const [product = "", quantity = "", place = "", day = "", from = "", to = ""] = cells.map((it) => it.trim());
  const line = lines.find((it) => isCalled([it.product.sku, it.product.name], product));
  const site = sites.find((it) => isCalled([it.code, it.place.name, it.place.city], place));
  // What is left out is as above; what is not understood is empty, so that it is seen.
  return rowOf({
    line: product === "" ? like.line : (line?.id ?? ""),
    quantity,
    site: place === "" ? like.site : (site?.id ?? ""),
    day: day === "" ? like.day : dayOf(day, locale),
    from: from === "" ? like.from : timeOf(from),
    to: to === "" ? like.to : timeOf(to),
  });
}

/** A row for each line of the text; a heading is none. */
export function pasted(text: string, known: Known): Row[] {
  const table = text.split(/\r?\n/).filter((it) => it.trim() !== "").map((it) => it.split("\t"));
  const [first] = table;
  const isHeading = first !== undefined && readAmount(first[1] ?? "", known.locale) === null && !dayOf(first[3] ?? "", known.locale);
  return (isHeading ? table.slice(1) : table).map((cells) => read(cells, known));
}
