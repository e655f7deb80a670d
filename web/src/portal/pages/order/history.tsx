// What happened to an order, the newest first, in the server's own words.
import { HistoryFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import page from "../../parts/look/page.module.css";
import { Clock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";

/** That counters were brought up to date is seen at the bars. */
const SEEN = "ORDER_PROGRESSED";

interface Given {
  of: readonly FragmentType<typeof HistoryFragmentDoc>[];
  /** The clock of the place to which it goes. */
  zone: string;
}

export function History({ of, zone }: Given) {
  const { t, word } = useWords();
  const events = of.map((it) => read(HistoryFragmentDoc, it)).filter((it) => it.type !== SEEN);
  if (events.length === 0) return null;
  return (
    <section className={page.section} aria-labelledby="history">
      <h2 id="history">{t("order.history")}</h2>
      <ol className={page.history} reversed>
        {events.reverse().map((event, place) => (
          // Several may tell the same of one instant.
          <li key={place}>
            <span>{event.message}</span>
            <span className={page.soft}>
              <Clock instant={event.occurredAt} zone={zone} /> · {word("EventActor", event.actor)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
