// The operation of the page that is open, for who wants to see it.
import { useEffect, useSyncExternalStore } from "react";

export interface Shown {
  /** The name by which the server knows it. */
  name: string;
  variables: unknown;
}

let current: Shown | null = null;
const watching = new Set<() => void>();

function set(shown: Shown | null): void {
  current = shown;
  for (const tell of watching) tell();
}

function watch(tell: () => void): () => void {
  watching.add(tell);
  return () => watching.delete(tell);
}

/** Says what the open page asks. */
export function useShow(name: string, variables: unknown): void {
  const text = JSON.stringify(variables);
  useEffect(() => {
    const shown = { name, variables: JSON.parse(text) as unknown };
    set(shown);
    return () => {
      if (current === shown) set(null);
    };
  }, [name, text]);
}

/** Where GraphiQL shows the open page's operation; null where it asks nothing. */
export function useOperation(): string | null {
  const shown = useSyncExternalStore(watch, () => current);
  if (shown === null) return null;
  const about = new URLSearchParams({ operation: shown.name, variables: JSON.stringify(shown.variables, null, 2) });
  return `/graphql#${about}`;
}
