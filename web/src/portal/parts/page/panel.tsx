// Where one acts on what a page shows: the question, its answers, and what the server has against them.
import type { FormEvent, ReactNode } from "react";
import { type Acting, placeOf } from "../data/acting";
import { useWords } from "../words/words";
import look from "./panel.module.css";

/** Somebody else was faster, of which the server tells in numbers. */
const CHANGED = "VERSION_CONFLICT";

interface Given {
  label: string;
  /** Whether others wait for it. */
  isWaiting?: boolean;
  children: ReactNode;
}

export function Panel({ label, isWaiting = false, children }: Given) {
  return (
    <section className={isWaiting ? `${look.panel} ${look.waiting}` : look.panel} aria-label={label}>
      {children}
    </section>
  );
}

export function Question({ children }: { children: ReactNode }) {
  return <p className={look.question}>{children}</p>;
}

interface Told {
  of: Pick<Acting<never>, "refusals" | "error">;
  /** Places of fields that tell by themselves what is refused of them. */
  fields?: readonly string[];
}

/** Why the server did not do it. */
export function Refused({ of, fields = [] }: Told) {
  const { t } = useWords();
  const refusals = of.refusals.filter((it) => !fields.includes(placeOf(it.field)));
  if (refusals.length === 0 && of.error === null) return null;
  return (
    <div role="alert" className={look.refused}>
      {of.error && <p>{t("state.away.text")}</p>}
      {refusals.map((it) => (
        <p key={it.code + it.message}>{it.code === CHANGED ? t("state.changed") : it.message}</p>
      ))}
    </div>
  );
}

/** A form's own submission in place of the browser's. */
export function submitting(act: () => void) {
  return (it: FormEvent) => {
    it.preventDefault();
    act();
  };
}
