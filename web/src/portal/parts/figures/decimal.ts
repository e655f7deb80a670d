// Exact arithmetic on the API's decimals, which are texts: whole numbers of their smallest digit.

interface Whole {
  units: bigint;
  scale: number;
}

const PLAIN = /^-?\d+(\.\d+)?$/;

function whole(text: string): Whole {
  if (!PLAIN.test(text)) throw new RangeError(`no decimal: ${text}`);
  const [before = "0", after = ""] = text.split(".");
  return { units: BigInt(before + after), scale: after.length };
}

function aligned(texts: readonly string[]): { units: bigint[]; scale: number } {
  const all = texts.map(whole);
  const scale = Math.max(0, ...all.map((it) => it.scale));
  return { units: all.map((it) => it.units * 10n ** BigInt(scale - it.scale)), scale };
}

function written({ units, scale }: Whole): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const before = digits.slice(0, digits.length - scale);
  const after = digits.slice(digits.length - scale).replace(/0+$/, "");
  const sign = units < 0n ? "-" : "";
  return sign + before + (after ? `.${after}` : "");
}

export function sum(...texts: string[]): string {
  const { units, scale } = aligned(texts);
  return written({ units: units.reduce((all, it) => all + it, 0n), scale });
}

export function less(from: string, taken: string): string {
  const { units: [a = 0n, b = 0n], scale } = aligned([from, taken]);
  return written({ units: a - b, scale });
}

export function compare(one: string, other: string): -1 | 0 | 1 {
  const { units: [a = 0n, b = 0n] } = aligned([one, other]);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function least(one: string, other: string): string {
  return compare(one, other) < 0 ? one : other;
}

export function most(one: string, other: string): string {
  return compare(one, other) > 0 ? one : other;
}

export function isNone(text: string): boolean {
  return whole(text).units === 0n;
}

/** A thousand times as much: grams of kilograms. */
export function thousandfold(text: string): string {
  const { units, scale } = whole(text);
  return written({ units: units * 1000n, scale });
}

/** The percent that a part is of all, rounded down, so that 100 says "all of it". */
export function percent(part: string, all: string): number {
  const { units: [a = 0n, b = 0n] } = aligned([part, all]);
  return b === 0n ? 0 : Number((a * 100n) / b);
}

/** For lengths and places on a screen only: figures are never made of it. */
export function drawn(text: string): number {
  return Number(text);
}
