// What is called off of a line as a bar, with a mark where it would be if it kept pace with the time.
import { drawn, percent } from "../../parts/figures/decimal";
import { useFigures } from "../../parts/figures/figures";
import { today } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import look from "./contracts.module.css";

interface Line {
  unit: string;
  agreed: string;
  calledOff: string;
  product: { name: string };
}

/** The percent of a contract's days that are over, at its zone. */
export function elapsed(contract: { validFrom: string; validTo: string; timeZone: string }): number {
  const first = Temporal.PlainDate.from(contract.validFrom);
  const days = first.until(Temporal.PlainDate.from(contract.validTo)).days + 1;
  const over = first.until(today(contract.timeZone)).days;
  return Math.max(0, Math.min(100, Math.floor((over * 100) / days)));
}

export function Bullet({ line, time }: { line: Line; time: number }) {
  const { t } = useWords();
  const { number, quantity } = useFigures();
  const used = percent(line.calledOff, line.agreed);
  const width = Math.min(100, (drawn(line.calledOff) / drawn(line.agreed)) * 100);
  return (
    <li className={look.line}>
      <span>{line.product.name}</span>
      <span className={look.track} aria-hidden="true">
        <span className={look.used} style={{ width: `${width}%` }} />
        <span className={look.pace} style={{ left: `${time}%` }} />
      </span>
      <span className={look.figures}>
        {t("contracts.used", {
          used: number(line.calledOff),
          agreed: quantity(line.agreed, line.unit),
          percent: used,
        })}
      </span>
    </li>
  );
}
