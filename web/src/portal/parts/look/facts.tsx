// A few facts at the head of a page, each with its name.
import type { ReactNode } from "react";
import look from "./facts.module.css";

export function Facts({ children }: { children: ReactNode }) {
  return <dl className={look.facts}>{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
