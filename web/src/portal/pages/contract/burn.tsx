// The burn-down: what is left of a line, against an even pace, its minimum, its tolerance and its zones.
import type { ReactNode } from "react";
import type { RoomLineFragment } from "../../generated/graphql";
import { Frame, Key, Keys, type Plot } from "../../parts/charts/frame";
import { type Step, Steps } from "../../parts/charts/steps";
import { compare, isNone, least, less, most } from "../../parts/figures/decimal";
import { useFigures } from "../../parts/figures/figures";
import { Day } from "../../parts/words/clock";
import { T, useWords } from "../../parts/words/words";
import look from "./room.module.css";
import { type Burning, burned, drafted, type Term } from "./series";

/** A stretch of days, cut to the contract's own. */
function Zone({ plot, from, to, className }: { plot: Plot; from: string; to: string; className: string | undefined }) {
  const [left, right] = [plot.x(from), Math.min(plot.x(to), plot.width)];
  return right > left ? <rect className={className} x={left} y={0} width={right - left} height={plot.height} /> : null;
}

interface Given {
  line: Burning;
  term: Term;
  /** What is about to be called off, by the day on which it comes. */
  draft?: readonly Step[];
  children?: ReactNode;
}

export function BurnDown({ line, term, draft = [], children }: Given) {
  const { t } = useWords();
  const { quantity, number } = useFigures();
  const beyond = less(line.agreed, line.ceiling);
  const hasTolerance = compare(beyond, "0") < 0;
  // What is far beyond the tolerance needs no scale of its own.
  const floor = least(beyond, less("0", line.agreed));
  const ahead = drafted(line, term, draft).map(({ day, quantity: left }) => ({ day, quantity: most(left, floor) }));
  const lowest = [beyond, ...ahead.map((it) => it.quantity)].reduce(least);
  const summary = t("contract.burn.summary", {
    left: number(line.remaining),
    agreed: quantity(line.agreed, line.unit),
    used: quantity(line.calledOff, line.unit),
  });
  return (
    <figure className={look.figure}>
      <figcaption>
        <h3>{t("contract.burn.title")}</h3>
        <p>{summary}</p>
      </figcaption>
      <Frame summary={summary} days={[term.validFrom, term.validTo]} quantities={[lowest, line.agreed]} now={term.now}>
        {(plot) => (
          <>
            <Zone plot={plot} from={term.now} to={term.firmUntil} className={look.firm} />
            <Zone plot={plot} from={term.firmUntil} to={term.tradeOffUntil} className={look.tradeOff} />
            {hasTolerance && (
              <rect className={look.tolerance} x={0} width={plot.width} y={plot.y("0")} height={plot.y(beyond) - plot.y("0")} />
            )}
            <line className={look.pace} x1={0} x2={plot.width} y1={plot.y(line.agreed)} y2={plot.y("0")} />
            {line.minQuantity && (
              <line
                className={look.minimum}
                x1={0}
                x2={plot.width}
                y1={plot.y(less(line.agreed, line.minQuantity))}
                y2={plot.y(less(line.agreed, line.minQuantity))}
              />
            )}
            <Steps plot={plot} steps={burned(line, term)} className={look.left} />
            {draft.length > 0 && <Steps plot={plot} steps={ahead} className={look.draft} />}
          </>
        )}
      </Frame>
      <Keys>
        <Key mark="left">
          <T id="contract.burn.left" />
        </Key>
        {draft.length > 0 && (
          <Key mark="draft">
            <T id="contract.burn.draft" />
          </Key>
        )}
        <Key mark="pace">
          <T id="contract.burn.pace" />
        </Key>
        {line.minQuantity && (
          <Key mark="minimum">{t("contract.burn.minimum", { quantity: quantity(line.minQuantity, line.unit) })}</Key>
        )}
        {hasTolerance && <Key mark="tolerance">{t("contract.burn.ceiling", { quantity: quantity(line.ceiling, line.unit) })}</Key>}
        {term.firmUntil > term.now && (
          <Key mark="firm">
            <T id="contract.burn.firm" /> <Day of={term.firmUntil} />
          </Key>
        )}
        {term.tradeOffUntil > term.firmUntil && (
          <Key mark="tradeoff">
            <T id="contract.burn.tradeOff" /> <Day of={term.tradeOffUntil} />
          </Key>
        )}
        <Key mark="today">
          <T id="chart.today" />
        </Key>
      </Keys>
      {children}
    </figure>
  );
}

/** The same in figures, for who does not see the chart or wants to know exactly. */
export function BurnFigures({ line }: { line: RoomLineFragment }) {
  const { t } = useWords();
  const { quantity } = useFigures();
  const isReleased = !isNone(line.released);
  if (isNone(line.calledOff) && !isReleased) return null;
  return (
    <details className={look.details}>
      <summary>{t("contract.figures")}</summary>
      <div className={look.scroll} tabIndex={0} role="group" aria-label={t("contract.figures")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("contract.column.day")}</th>
              <th scope="col">{t("contract.column.calledOff")}</th>
              {isReleased && <th scope="col">{t("contract.column.released")}</th>}
              <th scope="col">{t("contract.column.issued")}</th>
              <th scope="col">{t("contract.column.received")}</th>
            </tr>
          </thead>
          <tbody>
            {line.progress.steps.map((it) => (
              <tr key={it.day}>
                <th scope="row">
                  <Day of={it.day} />
                </th>
                <td>{quantity(it.calledOff, line.unit)}</td>
                {isReleased && <td>{quantity(it.released, line.unit)}</td>}
                <td>{quantity(it.shipped, line.unit)}</td>
                <td>{quantity(it.delivered, line.unit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
