// What was to come and what was counted, side by side; and the receipts in which that was said.
import { type DeliveryCountsFragment, DeliveryCountsFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { compare } from "../../parts/figures/decimal";
import { Quantity } from "../../parts/figures/figures";
import list from "../../parts/lists/list.module.css";
import { Badge } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { Clock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";

type Line = DeliveryCountsFragment["lines"][number];
type Receipt = DeliveryCountsFragment["receipts"][number];

/** What was counted of a line, or what is known of it without. */
function Counted({ of, said }: { of: Line; said: Receipt["lines"][number] | undefined }) {
  const { t, word } = useWords();
  const { unit } = of.orderLine;
  if (said === undefined) {
    if (compare(of.delivered, "0") === 0) return "–";
    return (
      <div>
        <Quantity of={of.delivered} unit={unit} />
        <span className={list.soft}>{t("receipt.tracked")}</span>
      </div>
    );
  }
  return (
    <div>
      <strong>
        <Quantity of={said.received} unit={unit} />
      </strong>
      <span className={list.soft}>
        {said.difference && <Badge tone="bad">{word("ReceiptDifference", said.difference)}</Badge>} {said.note ?? (said.difference ? "" : t("receipt.same"))}
      </span>
    </div>
  );
}

function Row({ of, hasLeft, said }: { of: Line; hasLeft: boolean; said: Receipt["lines"][number] | undefined }) {
  const { word, t } = useWords();
  const { unit, lineNo, product } = of.orderLine;
  return (
    <tr>
      <td data-wide>
        {product.name}
        <span className={list.soft}>{t("delivery.line", { line: lineNo, sku: product.sku })}</span>
      </td>
      <td className={list.end} data-label={t("delivery.column.planned")}>
        <Quantity of={of.planned} unit={unit} />
        {of.shortReason && <Badge tone="warn">{word("ShortReason", of.shortReason)}</Badge>}
      </td>
      <td className={list.end} data-label={t(hasLeft ? "delivery.column.sent" : "delivery.column.packed")}>
        <Quantity of={hasLeft ? of.shipped : of.packed} unit={unit} />
      </td>
      {hasLeft && (
        <td className={list.end} data-label={t("delivery.column.counted")}>
          <Counted of={of} said={said} />
        </td>
      )}
    </tr>
  );
}

function Receipts({ of, zone }: { of: readonly Receipt[]; zone: string }) {
  const { t } = useWords();
  if (of.length === 0) return null;
  return (
    <ul className={page.contents}>
      {[...of].sort((one, other) => other.sequence - one.sequence).map((it) => (
        <li key={it.id}>
          <span>{t("receipt.number", { number: it.sequence })}</span>
          <span className={page.soft}>
            <Clock instant={it.receivedAt} zone={zone} />
          </span>
          {it.receivedBy && <span className={page.soft}>{t("order.fact.by", { name: it.receivedBy })}</span>}
          {it.reference && <span>{it.reference}</span>}
        </li>
      ))}
    </ul>
  );
}

export function Counts({ of }: { of: FragmentType<typeof DeliveryCountsFragmentDoc> }) {
  const { t } = useWords();
  const { lines, receipts, dispatchedAt, window } = read(DeliveryCountsFragmentDoc, of);
  const hasLeft = dispatchedAt !== null;
  const last = receipts.reduce<Receipt | undefined>((one, it) => (one && one.sequence > it.sequence ? one : it), undefined);
  const said = (line: Line) => last?.lines.find((it) => it.deliveryLine.id === line.id);
  return (
    <section className={page.section} aria-labelledby="contents">
      <h2 id="contents">{t("delivery.contents")}</h2>
      <div className={list.list}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("delivery.column.article")}</th>
              <th scope="col" className={list.end}>{t("delivery.column.planned")}</th>
              <th scope="col" className={list.end}>{t(hasLeft ? "delivery.column.sent" : "delivery.column.packed")}</th>
              {hasLeft && <th scope="col" className={list.end}>{t("delivery.column.counted")}</th>}
            </tr>
          </thead>
          <tbody>
            {lines.map((it) => (
              <Row key={it.id} of={it} hasLeft={hasLeft} said={said(it)} />
            ))}
          </tbody>
        </table>
      </div>
      <Receipts of={receipts} zone={window.timeZone} />
    </section>
  );
}
