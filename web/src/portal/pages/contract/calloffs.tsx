// What was called off last from a contract, and how far it has come.
import { Link } from "wouter";
import { CallOffRowFragmentDoc, CallOffsDocument, type ContractQuery } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { Bars } from "../../parts/bars/bar";
import { useOnward } from "../../parts/data/asking";
import { MoreByHand } from "../../parts/lists/more";
import list from "../../parts/lists/list.module.css";
import { Badge, State } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { DayAt, HERE, WindowClock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Notice } from "../../parts/page/states";

function Row({ of }: { of: FragmentType<typeof CallOffRowFragmentDoc> }) {
  const { t } = useWords();
  const order = read(CallOffRowFragmentDoc, of);
  return (
    <tr>
      <td>
        <Link href={`/orders/${encodeURIComponent(order.number)}`} className={list.link}>
          {order.number}
        </Link>
        {order.purchaseOrderNumber && <span className={list.soft}>{t("order.purchase", { number: order.purchaseOrderNumber })}</span>}
      </td>
      <td>
        <span className={list.states}>
          <State of="FulfilmentStatus" value={order.fulfilmentStatus} />
          {order.isLate && <Badge tone="bad">{t("order.late")}</Badge>}
        </span>
      </td>
      <td data-wide>
        <Bars lines={order.lines} />
      </td>
      <td data-wide>{order.window && <WindowClock of={order.window} />}</td>
      <td>
        <DayAt instant={order.placedAt} zone={order.window?.timeZone ?? HERE} />
      </td>
    </tr>
  );
}

interface Given {
  of: NonNullable<ContractQuery["contract"]>["callOffs"];
  number: string;
}

export function CallOffs({ of, number }: Given) {
  const { t } = useWords();
  const growing = useOnward(CallOffsDocument, { number }, (it) => it.contract?.callOffs, of);
  const rows = growing.pages.flat();
  return (
    <section className={page.section} aria-labelledby="calloffs">
      <h2 id="calloffs">{t("contract.callOffs")}</h2>
      {rows.length === 0 ? (
        <Notice isSmall icon="orders" title={t("contract.noCallOffs")} />
      ) : (
        <div className={list.list}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("orders.column.order")}</th>
                <th scope="col">{t("orders.column.state")}</th>
                <th scope="col">{t("orders.column.lines")}</th>
                <th scope="col">{t("orders.column.window")}</th>
                <th scope="col">{t("orders.column.placed")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((it) => (
                <Row key={it.id} of={it} />
              ))}
            </tbody>
          </table>
          <MoreByHand {...growing} shown={rows.length} total={of} />
        </div>
      )}
    </section>
  );
}
