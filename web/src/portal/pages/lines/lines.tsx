// Open lines over all orders: what has not left yet, and how long it has time.
import { Link, useRouter, useSearchParams } from "wouter";
import { LinesDocument, OpenLineFragmentDoc, type OpenLineFragment } from "../../generated/graphql";
import { read as unmask } from "../../generated/fragment-masking";
import { Strip } from "../../parts/bars/bar";
import { usePages } from "../../parts/data/asking";
import { useFigures } from "../../parts/figures/figures";
import { changed } from "../../parts/lists/address";
import { Choice, Filters, Views } from "../../parts/lists/filters";
import list from "../../parts/lists/list.module.css";
import { More } from "../../parts/lists/more";
import page from "../../parts/look/page.module.css";
import { Failed, Notice, Waiting } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { WindowClock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Left } from "./left";
import look from "./lines.module.css";
import { read, SORTS, VIEWS, wantedOf } from "./views";

function Row({ line }: { line: OpenLineFragment }) {
  const { t } = useWords();
  const { quantity, number } = useFigures();
  const [address] = useSearchParams();
  const isOurs = useRouter().base === "/portal";
  const { order, product } = line;
  const wanted = wantedOf(line);
  const purchase = order.purchaseOrderNumber && t("order.purchase", { number: order.purchaseOrderNumber });
  const whose = isOurs ? purchase : (order.party?.name ?? order.guest?.name);
  return (
    <tr>
      <td className={look.first}>
        <Link href={`/orders/${encodeURIComponent(order.number)}`} className={list.link}>
          {order.number}
        </Link>
        <span className={list.soft}>{[t("lines.line", { line: line.lineNo }), whose].filter(Boolean).join(" · ")}</span>
      </td>
      <td data-wide>
        {product.name}
        <br />
        <Link
          href={`/lines?${changed(address, "product", product.id)}`}
          className={look.product}
          aria-label={t("lines.only", { product: product.sku })}
        >
          {product.sku}
        </Link>
      </td>
      <td data-wide>
        <span className={look.quantity}>
          {t("lines.open", { open: number(line.openQuantity), ordered: quantity(line.ordered, line.unit) })}
          <Strip line={line} />
        </span>
      </td>
      <td data-wide>{wanted ? <WindowClock of={wanted} /> : <span className={list.soft}>{t("order.noWindow")}</span>}</td>
      <td className={`${list.end} ${look.first}`}>{wanted && <Left of={wanted} />}</td>
    </tr>
  );
}

/** What the lines have in common where they are of one product only. */
function Only({ line, total }: { line: OpenLineFragment | undefined; total: number }) {
  const { t } = useWords();
  const [address] = useSearchParams();
  return (
    <p className={look.only}>
      {line && <strong>{t("lines.product", { product: line.product.name, count: total })}</strong>}
      <Link href={`/lines?${changed(address, "product", "")}`} className={page.link}>
        {t("lines.every")}
      </Link>
    </p>
  );
}

export default function Lines() {
  const { t } = useWords();
  const [address] = useSearchParams();
  const { view, sorting, product, filter, sort } = read(address);
  const pages = usePages(LinesDocument, { filter, sort }, (it) => it.orderLines);
  const rows = pages.data?.pages.flatMap((it) => it.orderLines?.nodes ?? []).map((it) => ({ id: it.id, line: unmask(OpenLineFragmentDoc, it) }));
  return (
    <>
      <Title text={t("lines.title")}>{t("lines.hint")}</Title>
      <Filters views={<Views views={VIEWS} chosen={view} label={t("orders.views")} />}>
        <Choice name="sort" label={t("orders.sort")} choices={SORTS} chosen={sorting} />
      </Filters>
      {rows && product && <Only line={rows[0]?.line} total={pages.data?.pages[0]?.orderLines?.totalCount ?? rows.length} />}
      {rows === undefined && (pages.error ? <Failed error={pages.error} again={pages.refetch} /> : <Waiting />)}
      {rows?.length === 0 && <Notice icon="check" title={t("lines.none")}><p>{t("lines.noneHint")}</p></Notice>}
      {rows && rows.length > 0 && (
        <div className={pages.isPlaceholderData ? `${list.list} ${list.stale}` : list.list}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("orders.column.order")}</th>
                <th scope="col">{t("lines.column.product")}</th>
                <th scope="col">{t("lines.column.open")}</th>
                <th scope="col">{t("orders.column.window")}</th>
                <th scope="col" className={list.end}>{t("lines.column.left")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ id, line }) => (
                <Row key={id} line={line} />
              ))}
            </tbody>
          </table>
          <More {...pages} />
        </div>
      )}
    </>
  );
}
