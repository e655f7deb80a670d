// One bar a line, with what each of its parts is.
import { drawn, isNone } from "../figures/decimal";
import { useFigures } from "../figures/figures";
import type { Id } from "../words/languages";
import { useWords } from "../words/words";
import look from "./bar.module.css";
import { type Counted, type Part, partsOf, sharesOf, surplusOf } from "./share";

const CALLED: Record<Part, Id> = {
  arrived: "part.arrived",
  shipped: "part.shipped",
  packed: "part.packed",
  planned: "part.planned",
  lost: "part.lost",
  refused: "part.refused",
  open: "part.open",
  cancelled: "part.cancelled",
};

export function Strip({ line, slim = false }: { line: Counted; slim?: boolean }) {
  const shares = sharesOf(line);
  return (
    <span className={slim ? `${look.strip} ${look.slim}` : look.strip} aria-hidden="true">
      {partsOf(shares).map((part) => (
        <span key={part} className={look[part]} style={{ flexGrow: drawn(shares[part]) }} />
      ))}
    </span>
  );
}

/** The bar of a line and its parts in words and figures, which sum to what was ordered. */
export function LineBar({ line, unit }: { line: Counted; unit: string }) {
  const { t } = useWords();
  const { quantity } = useFigures();
  const shares = sharesOf(line);
  const surplus = surplusOf(line);
  return (
    <div className={look.bar}>
      <Strip line={line} />
      <ul className={look.parts}>
        {partsOf(shares).map((part) => (
          <li key={part} data-part={part} data-quantity={shares[part]}>
            <span className={`${look.dot} ${look[part]}`} aria-hidden="true" />
            {t(CALLED[part], { quantity: quantity(shares[part], unit) })}
          </li>
        ))}
        {!isNone(surplus) && <li>{t("part.surplus", { quantity: quantity(surplus, unit) })}</li>}
      </ul>
    </div>
  );
}

const MOST = 8;

/** A bar for each line of an order, side by side, in a row of a list. */
export function Bars({ lines }: { lines: readonly Counted[] }) {
  const { t } = useWords();
  const done = lines.filter(isWhole).length;
  return (
    <span className={look.bars}>
      <span className={look.row} aria-hidden="true">
        {lines.slice(0, MOST).map((line, place) => (
          // Lines keep their places.
          <Strip key={place} line={line} slim />
        ))}
      </span>
      <span className={look.count}>{t("bars.lines", { done, all: lines.length })}</span>
    </span>
  );
}

/** Whether nothing of a line is to come any more. */
function isWhole(line: Counted): boolean {
  return partsOf(sharesOf(line)).every((it) => it === "arrived" || it === "cancelled");
}
