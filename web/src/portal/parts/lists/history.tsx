// What happened to something, the newest first, in the server's own words.
import type { Total } from "../figures/figures";
import page from "../look/page.module.css";
import { Clock } from "../words/clock";
import { useWords } from "../words/words";
import { MoreByHand } from "./more";

/** That counters were brought up to date is seen at the bars. */
const SEEN = "ORDER_PROGRESSED";

interface Happened {
  id: string;
  type: string;
  occurredAt: string;
  actor: string;
  message: string;
}

interface Given {
  /** The oldest first. */
  of: readonly Happened[];
  /** The clock of the place to which it goes. */
  zone: string;
  /** The way to what was before. */
  growing?: Omit<Parameters<typeof MoreByHand>[0], "shown" | "total">;
  total?: Total;
}

export function History({ of, zone, growing, total }: Given) {
  const { t, word } = useWords();
  const events = of.filter((it) => it.type !== SEEN);
  if (events.length === 0 && !growing?.hasNextPage) return null;
  return (
    <section className={page.section} aria-labelledby="history">
      <h2 id="history">{t("history.title")}</h2>
      <ol className={page.history} reversed>
        {events.reverse().map((event) => (
          <li key={event.id}>
            <span>{event.message}</span>
            <span className={page.soft}>
              <Clock instant={event.occurredAt} zone={zone} /> · {word("EventActor", event.actor)}
            </span>
          </li>
        ))}
      </ol>
      {growing && <MoreByHand {...growing} shown={of.length} total={total ?? null} />}
    </section>
  );
}
