// What a list shows stands in its address: a link shows what its sender saw.

/** The name that an address wants, where it is one of those; else another one. */
export function known<Names extends object>(names: Names, wanted: string | null, otherwise: keyof Names) {
  return wanted !== null && Object.hasOwn(names, wanted) ? (wanted as keyof Names) : otherwise;
}

/** The address with one of its fields changed; an empty one is left out. */
export function changed(address: URLSearchParams, name: string, value: string): URLSearchParams {
  const next = new URLSearchParams(address);
  if (value) next.set(name, value);
  else next.delete(name);
  return next;
}
