// Deliveries in the order in which they are due, each with how long ago or how soon that is.
import { Link } from "wouter";
import type { DueDeliveryFragment } from "../../generated/graphql";
import list from "../../parts/lists/list.module.css";
import { Badge, State } from "../../parts/look/badge";
import { Clock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { dueAt } from "./days";

const STEPS = [
  { unit: "day", ms: 86_400_000 },
  { unit: "hour", ms: 3_600_000 },
  { unit: "minute", ms: 60_000 },
] as const;

/** "3 days ago", "in 5 hours". */
function away(instant: string, locale: string): string {
  const ms = Date.parse(instant) - Date.now();
  const step = STEPS.find((it) => Math.abs(ms) >= it.ms) ?? STEPS[2];
  return new Intl.RelativeTimeFormat(locale).format(Math.trunc(ms / step.ms), step.unit);
}

function Row({ of }: { of: DueDeliveryFragment }) {
  const { t, word, locale } = useWords();
  const due = dueAt(of);
  const holds = of.holds.filter((it) => it.releasedAt === null);
  return (
    <tr>
      <td>
        <Link href={`/deliveries/${encodeURIComponent(of.number)}`} className={list.link}>
          {of.number}
        </Link>
        <span className={list.soft}>{of.orders.map((it) => it.number).join(", ")}</span>
      </td>
      <td>
        <span className={list.states}>
          <State of="DeliveryState" value={of.state} />
          {holds.map((it) => (
            <Badge key={it.id} tone="warn">
              {t("order.hold", { reason: word("HoldReason", it.reason) })}
            </Badge>
          ))}
        </span>
      </td>
      <td data-wide>
        {of.party?.name ?? of.recipient?.name}
        <span className={list.soft}>{[of.location?.name, of.shipTo?.city].filter(Boolean).join(" → ")}</span>
      </td>
      <td data-wide>
        <Clock instant={due} zone={of.window.timeZone} />
        <span className={list.soft}>{t(of.fulfilBy ? "today.leaves" : "today.arrives")}</span>
      </td>
      <td className={list.end}>
        {of.isLate ? <Badge tone="bad">{away(due, locale)}</Badge> : <span className={list.figure}>{away(due, locale)}</span>}
      </td>
    </tr>
  );
}

export function DueTable({ of, label }: { of: readonly DueDeliveryFragment[]; label: string }) {
  const { t } = useWords();
  return (
    <div className={list.list}>
      <table aria-label={label}>
        <thead>
          <tr>
            <th scope="col">{t("today.column.delivery")}</th>
            <th scope="col">{t("orders.column.state")}</th>
            <th scope="col">{t("today.column.to")}</th>
            <th scope="col">{t("today.column.due")}</th>
            <th scope="col" className={list.end}>{t("today.column.when")}</th>
          </tr>
        </thead>
        <tbody>
          {of.map((it) => (
            <Row key={it.number} of={it} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
