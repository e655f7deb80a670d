// A line of an order: what it is, what became of it, what the merchant says to it.
import { OrderLineBarFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { LineBar } from "../../parts/bars/bar";
import { Price, Quantity, useFigures } from "../../parts/figures/figures";
import { Badge } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { Clock, WindowClock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";

type Fragment = FragmentType<typeof OrderLineBarFragmentDoc>;

export function LineCard({ of }: { of: Fragment }) {
  const { t, word } = useWords();
  const { money } = useFigures();
  const line = read(OrderLineBarFragmentDoc, of);
  const { product, unitPrice, response, responseReason, amendment } = line;
  const wanted = line.confirmedWindow ?? line.window;
  return (
    <li className={page.card} data-line={line.lineNo} data-ordered={line.ordered}>
      <div className={page.head}>
        <span className={page.number}>{line.lineNo}</span>
        <div className={page.what}>
          <h3>{product.name}</h3>
          <p className={page.soft}>
            {product.sku}
            {unitPrice && ` · ${t("line.price", { price: money(unitPrice), unit: word("Unit", line.unit) })}`}
          </p>
        </div>
        <div className={page.figures}>
          <strong>
            <Quantity of={line.ordered} unit={line.unit} />
          </strong>
          <span className={page.soft}>
            <Price of={line.net} />
          </span>
        </div>
      </div>
      <LineBar line={line} unit={line.unit} />
      {(wanted || response) && (
        <div className={page.notes}>
          {response && <Badge tone={response === "ACCEPTED" ? "good" : "warn"}>{word("LineResponse", response)}</Badge>}
          {responseReason && <span>{responseReason}</span>}
          {wanted && <WindowClock of={wanted} />}
        </div>
      )}
      {amendment && (
        <p className={page.notes}>
          {t("line.amendment")}
          {amendment.product && <span>{amendment.product.name}</span>}
          {amendment.quantity && <Quantity of={amendment.quantity} unit={line.unit} />}
          {amendment.window && <WindowClock of={amendment.window} />}
          <Clock instant={amendment.answerBy} zone={amendment.window?.timeZone ?? wanted?.timeZone ?? "UTC"} />
        </p>
      )}
    </li>
  );
}
