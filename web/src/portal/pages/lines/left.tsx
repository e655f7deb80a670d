// How many days are left of a line, or have gone since it was due: in words, and as a bar on either side of now.
import type { Span } from "../../parts/words/clock";
import { Badge } from "../../parts/look/badge";
import { useWords } from "../../parts/words/words";
import look from "./lines.module.css";
import { daysTo, isOver } from "./views";

/** A bar of so many days is as long as it can be. */
const LONGEST = 28;

export function Left({ of }: { of: Span }) {
  const { t } = useWords();
  const days = daysTo(of);
  const late = isOver(of);
  const share = `${(Math.min(Math.abs(days), LONGEST) / LONGEST) * 100}%`;
  const text = late ? t("lines.late", { days: -days }) : t("lines.left", { days });
  return (
    <span className={look.left}>
      {late ? <Badge tone="bad">{text}</Badge> : <span className={look.days}>{text}</span>}
      <span className={look.scale} aria-hidden="true">
        <span className={look.past}>{late && <span style={{ width: share }} />}</span>
        <span className={look.ahead}>{!late && <span style={{ width: share }} />}</span>
      </span>
    </span>
  );
}
