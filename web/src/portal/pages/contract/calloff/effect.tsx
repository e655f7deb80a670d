// What the call-off would do: to what is left of the contract's line, and which deliveries it would plan.
import type { CallOffLineFragment, CallOffTermsFragment } from "../../../generated/graphql";
import { less, most, sum } from "../../../parts/figures/decimal";
import { Quantity, useFigures } from "../../../parts/figures/figures";
import page from "../../../parts/look/page.module.css";
import { Notice } from "../../../parts/page/states";
import { WindowClock } from "../../../parts/words/clock";
import { useWords } from "../../../parts/words/words";
import { BurnDown } from "../burn";
import { termOf } from "../series";
import look from "./calloff.module.css";
import type { Draft } from "./draft";

interface Given {
  draft: Draft;
  line: CallOffLineFragment;
  lines: readonly CallOffLineFragment[];
  terms: CallOffTermsFragment;
}

function Loads({ draft, lines }: Pick<Given, "draft" | "lines">) {
  const { t } = useWords();
  return (
    <section className={look.loads} aria-labelledby="loads">
      <h2 id="loads">{t("callOff.deliveries", { count: draft.loads.length })}</h2>
      {draft.loads.length === 0 && <Notice isSmall icon="truck" title={t("callOff.noDeliveries")} />}
      <ol className={page.cards}>
        {draft.loads.map(({ site, span, quantities }) => (
          <li key={`${site.id} ${span.earliest} ${span.latest}`} className={page.card}>
            <div>
              <strong>
                <WindowClock of={span} />
              </strong>
              <p className={page.soft}>{[site.place.name, site.place.city].filter(Boolean).join(", ")}</p>
            </div>
            <ul className={page.contents}>
              {lines.map((line) => {
                const quantity = quantities.get(line.id);
                return (
                  quantity && (
                    <li key={line.id}>
                      <Quantity of={quantity} unit={line.unit} /> {line.product.name}
                    </li>
                  )
                );
              })}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function Effect({ draft, line, lines, terms }: Given) {
  const { t } = useWords();
  const { quantity } = useFigures();
  const own = draft.lines.filter((it) => it.line === line.id);
  const drawn = sum("0", ...own.map((it) => it.quantity));
  const left = most(less(line.agreed, sum(line.calledOff, drawn)), "0");
  const steps = own.map((it) => ({
    day: Temporal.Instant.from(it.span.earliest).toZonedDateTimeISO(terms.timeZone).toPlainDate().toString(),
    quantity: it.quantity,
  }));
  return (
    <div className={look.effect}>
      <section aria-label={line.product.name} data-drafted={drawn}>
        <BurnDown line={line} term={termOf(terms)} draft={steps}>
          <p>{t("callOff.charted", { product: line.product.name, quantity: quantity(left, line.unit) })}</p>
        </BurnDown>
      </section>
      <Loads draft={draft} lines={lines} />
    </div>
  );
}
