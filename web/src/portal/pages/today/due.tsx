// Deliveries in the order in which they are due, each with how long ago or how soon that is.
import { useState } from "react";
import { Link } from "wouter";
import type { DueDeliveryFragment } from "../../generated/graphql";
import { MoreByHand } from "../../parts/lists/more";
import list from "../../parts/lists/list.module.css";
import { Badge, State } from "../../parts/look/badge";
import { Away, Clock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { dueAt } from "./days";

function Row({ of }: { of: DueDeliveryFragment }) {
  const { t, word } = useWords();
  const due = dueAt(of);
  const away = <Away instant={due} zone={of.window.timeZone} />;
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
        {of.isLate ? <Badge tone="bad">{away}</Badge> : <span className={list.figure}>{away}</span>}
      </td>
    </tr>
  );
}

/** As many rows as one looks through; more are drawn when they are wanted. */
const SHOWN = 50;

interface Given {
  of: readonly DueDeliveryFragment[];
  label: string;
}

export function DueTable({ of, label }: Given) {
  const { t } = useWords();
  const [shown, show] = useState(SHOWN);
  const total = { totalCount: of.length, isTotalCountExact: true };
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
          {of.slice(0, shown).map((it) => (
            <Row key={it.number} of={it} />
          ))}
        </tbody>
      </table>
      <MoreByHand
        hasNextPage={of.length > shown}
        isFetchingNextPage={false}
        fetchNextPage={() => show(shown + SHOWN)}
        shown={shown}
        total={total}
      />
    </div>
  );
}
