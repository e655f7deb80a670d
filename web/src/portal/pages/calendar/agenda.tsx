// A phone has no room for a calendar: the days on which something arrives, below each other.
import { Notice } from "../../parts/page/states";
import { Day } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import look from "./calendar.module.css";
import { Chip } from "./chip";
import { type Arrival, isOn } from "./days";

interface Given {
  days: readonly Temporal.PlainDate[];
  arrivals: readonly Arrival[];
  open: (arrival: Arrival, days: number) => void;
}

export function Agenda({ days, arrivals, open }: Given) {
  const { t } = useWords();
  const busy = days.map((day) => ({ day, own: arrivals.filter((it) => isOn(it, day)) })).filter((it) => it.own.length > 0);
  if (busy.length === 0) return <Notice icon="calendar" title={t("calendar.none")} />;
  return (
    <ol className={look.agenda}>
      {busy.map(({ day, own }) => (
        <li key={day.toString()}>
          <h2>
            <Day of={day.toString()} />
          </h2>
          {own.map((it) => (
            <Chip key={it.delivery.id} arrival={it} open={open} isNamed />
          ))}
        </li>
      ))}
    </ol>
  );
}
