// A page's heading, which is the window's title too, and to which the keyboard goes when the page opens.
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import { Icon } from "../look/icons";
import look from "./title.module.css";

interface Given {
  text: string;
  /** Where it belongs. */
  above?: { href: string; text: string };
  /** What stands beside it: a state. */
  beside?: ReactNode;
  /** A line below it. */
  children?: ReactNode;
}

let isFirst = true;

/** Where the keyboard goes when what it was in is done and gone. */
export function backToTitle(): void {
  document.querySelector<HTMLElement>("main h1")?.focus();
}

export function Title({ text, above, beside, children }: Given) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${text} · Abruf`;
    if (!isFirst) heading.current?.focus({ preventScroll: true });
    isFirst = false;
  }, [text]);
  return (
    <header className={look.title}>
      {above && (
        <Link href={above.href} className={look.above}>
          <Icon name="back" size={16} />
          {above.text}
        </Link>
      )}
      <div className={look.line}>
        <h1 ref={heading} tabIndex={-1}>
          {text}
        </h1>
        {beside}
      </div>
      {children && <div className={look.below}>{children}</div>}
    </header>
  );
}
