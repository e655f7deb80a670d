// The lines of a contract to choose from; which one is shown stands in the address.
import { Link } from "wouter";
import type { RoomLineFragment } from "../../generated/graphql";
import { drawn, percent } from "../../parts/figures/decimal";
import { useFigures } from "../../parts/figures/figures";
import { useWords } from "../../parts/words/words";
import look from "./room.module.css";

interface Given {
  lines: readonly RoomLineFragment[];
  chosen: RoomLineFragment | undefined;
  number: string;
}

export function LineTiles({ lines, chosen, number }: Given) {
  const { t } = useWords();
  const { quantity, number: written } = useFigures();
  return (
    <nav aria-label={t("contract.lines")}>
      <ul className={look.lines}>
        {lines.map((it) => (
          <li key={it.lineNo}>
            <Link
              href={`/contracts/${encodeURIComponent(number)}?line=${it.lineNo}`}
              replace
              className={look.tile}
              aria-current={it === chosen ? "true" : undefined}
            >
              <strong>{it.product.name}</strong>
              <span className={look.track} aria-hidden="true">
                <span className={look.used} style={{ width: `${Math.min(100, (drawn(it.calledOff) / drawn(it.agreed)) * 100)}%` }} />
              </span>
              <span>
                {t("contracts.used", {
                  used: written(it.calledOff),
                  agreed: quantity(it.agreed, it.unit),
                  percent: percent(it.calledOff, it.agreed),
                })}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
