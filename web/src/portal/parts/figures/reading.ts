// Quantities as people write them, in their language.

function marks(locale: string): { group: string; point: string } {
  const parts = new Intl.NumberFormat(locale, { useGrouping: "always" }).formatToParts(12345.6);
  const of = (type: string) => parts.find((it) => it.type === type)?.value ?? "";
  return { group: of("group"), point: of("decimal") };
}

const SPACES = /[\s\u00a0\u202f]/g;
const PLAIN = /^\d+(\.\d+)?$/;

/**
 * Reads a quantity: digits in groups of three as the language has them ("1.000" is a thousand in German), or plain
 * ("1.5"). Null for what is none.
 */
export function decimalOf(typed: string, locale: string): string | null {
  const { group, point } = marks(locale);
  const text = typed.trim().replace(SPACES, "");
  const [whole = "", after, ...more] = text.split(point);
  const digits = whole.split(group === "" || SPACES.test(group) ? "\0" : group);
  const isGrouped = digits.length === 1 || digits.every((it, place) => (place === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(it));
  const read = after === undefined ? digits.join("") : `${digits.join("")}.${after}`;
  if (more.length === 0 && isGrouped && PLAIN.test(read)) return read;
  return PLAIN.test(text) ? text : null;
}
