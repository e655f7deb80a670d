// What a packer has filled in, and what of it the server is told.
import type { DeliveryActsFragment, ParcelPackInput, PickedLineInput, ShortReason } from "../../../generated/graphql";
import { readAmount, typedAmount } from "../../../parts/figures/amount";
import { compare, less, sum, thousandfold } from "../../../parts/figures/decimal";

type Line = DeliveryActsFragment["lines"][number];

/** A parcel as it is typed. amounts: delivery line -> how much of it. */
export interface Filled {
  key: string;
  amounts: ReadonlyMap<string, string>;
  tracking: string;
  carrier: string;
  kilograms: string;
}

/** An empty parcel; most go with the carrier of the one before. */
export function another(carrier = ""): Filled {
  return { key: crypto.randomUUID(), amounts: new Map(), tracking: "", carrier, kilograms: "" };
}

/** A parcel with everything in it. */
export function begun(lines: readonly Line[], locale: string): Filled {
  return { ...another(), amounts: new Map(lines.map((it) => [it.id, typedAmount(it.planned, locale)])) };
}

export function withAmount(of: Filled, line: string, typed: string): Filled {
  return { ...of, amounts: new Map(of.amounts).set(line, typed) };
}

/** How much of a line lies in a parcel; null where that cannot be read. */
function amountIn(of: Filled, line: Line, locale: string): string | null {
  const typed = of.amounts.get(line.id)?.trim() ?? "";
  return typed === "" ? "0" : readAmount(typed, locale);
}

/** Grams of what was typed as kilograms; null for no whole number of them. */
function gramsOf(typed: string, locale: string): number | null {
  const kilograms = readAmount(typed, locale);
  const grams = kilograms === null ? null : Number(thousandfold(kilograms));
  return Number.isSafeInteger(grams) ? grams : null;
}

export function isWeight(typed: string, locale: string): boolean {
  return typed.trim() === "" || gramsOf(typed, locale) !== null;
}

export function isReadable(of: Filled, locale: string): boolean {
  const areAmounts = [...of.amounts.values()].every((it) => it.trim() === "" || readAmount(it, locale) !== null);
  return areAmounts && isWeight(of.kilograms, locale);
}

export interface Short {
  line: Line;
  amount: string;
}

/** Lines of which less was put into parcels than was planned, and how much less. */
export function missing(lines: readonly Line[], parcels: readonly Filled[], locale: string): Short[] {
  const left = (line: Line) => less(line.planned, sum("0", ...parcels.map((it) => amountIn(it, line, locale) ?? "0")));
  return lines.map((line) => ({ line, amount: left(line) })).filter(({ amount }) => compare(amount, "0") > 0);
}

export function picked(short: readonly Short[], reasons: ReadonlyMap<string, ShortReason>): PickedLineInput[] {
  return short.map(({ line, amount }) => ({
    deliveryLineId: line.id,
    picked: less(line.planned, amount),
    shortReason: reasons.get(line.id) ?? null,
  }));
}

/** The parcels as the server takes them. */
export function told(parcels: readonly Filled[], lines: readonly Line[], locale: string): ParcelPackInput[] {
  return parcels.map((it) => ({
    generateSscc: true,
    carrierId: it.carrier || null,
    trackingNumbers: it.tracking.trim() ? [it.tracking.trim()] : [],
    weightG: gramsOf(it.kilograms, locale),
    contents: filledLines(it, lines).map((line) => ({ deliveryLineId: line.id, quantity: amountIn(it, line, locale) ?? "0" })),
  }));
}

/** The lines of which something lies in a parcel. */
export function filledLines(of: Filled, lines: readonly Line[]): readonly Line[] {
  return lines.filter((it) => !/^0*$/.test(of.amounts.get(it.id)?.trim() ?? ""));
}

/** Where refusals are shown at their fields. */
export function fieldsOf(parcels: readonly Filled[], lines: readonly Line[]): string[] {
  const reasons = lines.map((_, line) => `lines.${line}.shortReason`);
  const own = parcels.flatMap((_, parcel) => [
    ...["carrierId", "trackingNumbers", "trackingNumbers.0", "weightG"].map((it) => `parcels.${parcel}.${it}`),
    ...lines.map((_, line) => `parcels.${parcel}.contents.${line}.quantity`),
  ]);
  return [...reasons, ...own];
}
