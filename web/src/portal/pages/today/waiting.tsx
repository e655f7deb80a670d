// Orders that wait for somebody's consent.
import { Link } from "wouter";
import { WaitingOrderFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { Price, type Total, useFigures } from "../../parts/figures/figures";
import list from "../../parts/lists/list.module.css";
import page from "../../parts/look/page.module.css";
import { Badge } from "../../parts/look/badge";
import { Clock, HERE } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Notice } from "../../parts/page/states";

interface Given {
  of: Total & { nodes: readonly FragmentType<typeof WaitingOrderFragmentDoc>[] };
}

export function Waiting({ of }: Given) {
  const { t, word } = useWords();
  const { counted } = useFigures();
  const orders = of.nodes.map((it) => read(WaitingOrderFragmentDoc, it));
  if (orders.length === 0) return <Notice isSmall icon="check" title={t("today.noneWaiting")} />;
  return (
    <div className={list.list}>
      <table aria-label={t("today.waiting")}>
        <thead>
          <tr>
            <th scope="col">{t("orders.column.order")}</th>
            <th scope="col">{t("orders.column.state")}</th>
            <th scope="col">{t("orders.column.placed")}</th>
            <th scope="col" className={list.end}>{t("orders.column.net")}</th>
          </tr>
        </thead>
        <tbody>
          {orders.map((it) => (
            <tr key={it.number}>
              <td>
                <Link href={`/orders/${encodeURIComponent(it.number)}`} className={list.link}>
                  {it.number}
                </Link>
                <span className={list.soft}>{it.party?.name ?? it.guest?.name}</span>
              </td>
              <td>
                <span className={list.states}>
                  {it.awaitingApprovalOf.map((whose) => (
                    <Badge key={whose} tone="warn">
                      {word("Approval", whose)}
                    </Badge>
                  ))}
                </span>
              </td>
              <td>
                <Clock instant={it.placedAt} zone={it.window?.timeZone ?? HERE} />
              </td>
              <td className={list.end}>
                <Price of={it.net} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {of.totalCount > orders.length && (
        <p className={list.more}>
          <Link href="/orders?view=approval&sort=due" className={page.link}>
            {t("today.allWaiting", { total: counted(of) })}
          </Link>
        </p>
      )}
    </div>
  );
}
