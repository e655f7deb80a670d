// The rows of the form: what of which line is to come where and when, as it was typed.
import type { CallOffLineFragment, CallOffTermsFragment } from "../../../generated/graphql";
import { readAmount } from "../../../parts/figures/amount";
import type { Span } from "../../../parts/words/clock";
import { openings, type Site, windowAt } from "../../../parts/words/places";

export interface Row {
  /** Keeps its fields when others come and go. */
  key: number;
  line: string;
  quantity: string;
  site: string;
  day: string;
  from: string;
  to: string;
}
export type Field = Exclude<keyof Row, "key">;

const [MORNING, NOON] = ["08:00", "12:00"];
const MOST_DAYS = 14;
let keys = 0;

export function rowOf(fields: Omit<Row, "key">): Row {
  keys += 1;
  return { ...fields, key: keys };
}

/** The first working day on which the contract lets goods arrive and the site takes them in. */
export function firstDay(terms: CallOffTermsFragment, site: Site): string {
  const notice = Temporal.Now.plainDateISO(terms.timeZone).add({ days: terms.minNoticeDays + 1 });
  const days = Array.from({ length: MOST_DAYS }, (_, ahead) => notice.add({ days: ahead }));
  const isGood = (day: Temporal.PlainDate) => day.dayOfWeek < 6 && openings(site, day.toString())?.length !== 0;
  return (days.find(isGood) ?? notice).toString();
}

/** A row to begin with, at an hour at which the site takes goods in. */
export function firstRow(terms: CallOffTermsFragment, lines: readonly CallOffLineFragment[]): Row {
  const [site] = terms.shipTos;
  const day = site ? firstDay(terms, site) : "";
  const [hours] = (site && openings(site, day)) ?? [];
  const from = hours && hours.opens > MORNING ? hours.opens : MORNING;
  const to = hours && hours.closes < NOON ? hours.closes : NOON;
  return rowOf({ line: lines[0]?.id ?? "", quantity: "", site: site?.id ?? "", day, from, to });
}

/** Another row after one: a week later, else the same. */
export function nextRow(row: Row): Row {
  const day = row.day === "" ? "" : Temporal.PlainDate.from(row.day).add({ weeks: 1 }).toString();
  return rowOf({ ...row, quantity: "", day });
}

/** The instants of a row's window by the clock of its site. Null where something is missing. */
export function spanOf(row: Row, site: Site | undefined): Span | null {
  if (site === undefined || row.day === "" || row.from === "" || row.to === "") return null;
  return windowAt(site.timeZone, row.day, row.from, row.to);
}

/** The fields of a row that are to be filled in still. */
export function missing(row: Row, locale: string): Field[] {
  const fields = (["line", "site", "day", "from", "to"] as const).filter((it) => row[it] === "");
  return readAmount(row.quantity, locale) === null ? [...fields, "quantity"] : fields;
}
