// What a page shows where it has nothing to show: while it waits, when there is nothing, when it may not.
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { type Asked } from "../data/asking";
import { type Reason, Unanswered } from "../data/execute";
import { Icon, type IconName } from "../look/icons";
import type { Id } from "../words/languages";
import { useWords } from "../words/words";
import { Title } from "./title";
import look from "./states.module.css";

interface Said {
  icon: IconName;
  title: string;
  /** A part of a page that is empty, not the page. */
  isSmall?: boolean;
  children?: ReactNode;
}

/** A drawing, what is the case, and what can be done about it. */
export function Notice({ icon, title, isSmall = false, children }: Said) {
  return (
    <div className={isSmall ? `${look.notice} ${look.small}` : look.notice}>
      <span className={look.icon}>
        <Icon name={icon} size={isSmall ? 18 : 28} />
      </span>
      <p className={look.title}>{title}</p>
      {children}
    </div>
  );
}

const FAILURES: Record<Reason, { icon: IconName; title: Id; text: Id; action: Id | null }> = {
  outdated: { icon: "next", title: "state.outdated.title", text: "state.outdated.text", action: "state.outdated.action" },
  right: { icon: "lock", title: "state.right.title", text: "state.right.text", action: null },
  busy: { icon: "warning", title: "state.busy.title", text: "state.busy.text", action: "state.again" },
  away: { icon: "warning", title: "state.away.title", text: "state.away.text", action: "state.again" },
  fault: { icon: "warning", title: "state.fault.title", text: "state.fault.text", action: "state.again" },
};

export function Failed({ error, again }: { error: Error; again: () => unknown }) {
  const { t } = useWords();
  const reason = error instanceof Unanswered ? error.reason : "fault";
  const request = error instanceof Unanswered ? error.request : null;
  const { icon, title, text, action } = FAILURES[reason];
  const act = reason === "outdated" ? () => location.reload() : again;
  return (
    <div role="alert">
      <Notice icon={icon} title={t(title)}>
        <p>{t(text)}</p>
        {action && <Button onClick={() => act()}>{t(action)}</Button>}
        {request && reason === "fault" && <p className={look.request}>{t("state.request", { id: request })}</p>}
      </Notice>
    </div>
  );
}

/** Grey bars in the place of lines that are on their way. */
export function Waiting({ lines = 6 }: { lines?: number }) {
  const { t } = useWords();
  return (
    <div className={look.waiting} role="status" aria-label={t("state.waiting")}>
      {Array.from({ length: lines }, (_, line) => (
        // They are all alike.
        <span key={line} className={look.bone} />
      ))}
    </div>
  );
}

/** A page's answer, or why there is none (yet). */
export function Answered<Result>({ of, children }: { of: Asked<Result>; children: (data: Result) => ReactNode }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <Failed error={of.error} again={of.refetch} />;
  return <Waiting />;
}

/** What does not exist, or is another company's: nobody is told which. */
export function Nowhere() {
  const { t } = useWords();
  return (
    <>
      <Title text={t("state.nowhere.title")} />
      <Notice icon="none" title={t("state.nowhere.text")} />
    </>
  );
}
