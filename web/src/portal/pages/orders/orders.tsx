// The order list: what is on its way, filtered by the address, as long as one scrolls.
import { Link, useSearchParams } from "wouter";
import { OrderRowFragmentDoc, OrdersDocument, type OrderRowFragment } from "../../generated/graphql";
import { type FragmentType, read as unmask } from "../../generated/fragment-masking";
import { Bars } from "../../parts/bars/bar";
import { usePages } from "../../parts/data/asking";
import { Price } from "../../parts/figures/figures";
import { More } from "../../parts/lists/more";
import list from "../../parts/lists/list.module.css";
import { Badge, State } from "../../parts/look/badge";
import { DayAt, HERE, WindowClock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Failed, Notice, Waiting } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { OrderFilters } from "./filters";
import { read } from "./views";

function States({ of }: { of: OrderRowFragment }) {
  const { t } = useWords();
  const isRunning = of.state === "CONFIRMED" || of.state === "CLOSED";
  return (
    <span className={list.states}>
      {isRunning ? <State of="FulfilmentStatus" value={of.fulfilmentStatus} /> : <State of="OrderState" value={of.state} />}
      {of.isLate && <Badge tone="bad">{t("order.late")}</Badge>}
    </span>
  );
}

function Row({ of }: { of: FragmentType<typeof OrderRowFragmentDoc> }) {
  const { t } = useWords();
  const order = unmask(OrderRowFragmentDoc, of);
  const whose = order.party?.name ?? order.guest?.name;
  return (
    <tr>
      <td>
        <Link href={`/orders/${encodeURIComponent(order.number)}`} className={list.link}>
          {order.number}
        </Link>
        <span className={list.soft}>
          {order.purchaseOrderNumber ? t("order.purchase", { number: order.purchaseOrderNumber }) : whose}
        </span>
      </td>
      <td>
        <States of={order} />
      </td>
      <td data-wide>
        <Bars lines={order.lines} />
      </td>
      <td data-wide>{order.window ? <WindowClock of={order.window} /> : <span className={list.soft}>{t("order.noWindow")}</span>}</td>
      <td>
        <DayAt instant={order.placedAt} zone={order.window?.timeZone ?? HERE} />
      </td>
      <td className={list.end}>
        <Price of={order.net} />
      </td>
    </tr>
  );
}

export default function Orders() {
  const { t } = useWords();
  const [address] = useSearchParams();
  const { filter, sort } = read(address);
  const pages = usePages(OrdersDocument, { filter, sort }, (it) => it.orders);
  const rows = pages.data?.pages.flatMap((it) => it.orders?.nodes ?? []);
  return (
    <>
      <Title text={t("orders.title")} />
      <OrderFilters />
      {rows === undefined && (pages.error ? <Failed error={pages.error} again={pages.refetch} /> : <Waiting />)}
      {rows?.length === 0 && <Notice icon="orders" title={t("orders.none")}><p>{t("orders.noneHint")}</p></Notice>}
      {rows && rows.length > 0 && (
        <div className={pages.isPlaceholderData ? `${list.list} ${list.stale}` : list.list}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("orders.column.order")}</th>
                <th scope="col">{t("orders.column.state")}</th>
                <th scope="col">{t("orders.column.lines")}</th>
                <th scope="col">{t("orders.column.window")}</th>
                <th scope="col">{t("orders.column.placed")}</th>
                <th scope="col" className={list.end}>{t("orders.column.net")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((it) => (
                <Row key={it.id} of={it} />
              ))}
            </tbody>
          </table>
          <More {...pages} />
        </div>
      )}
    </>
  );
}
