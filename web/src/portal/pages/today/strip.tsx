// Fourteen days, each as high as there is due on it; a day leads to what that is.
import { VisuallyHidden } from "@mantine/core";
import { Link } from "wouter";
import { useWords } from "../../parts/words/words";
import type { DueDay } from "./days";
import look from "./today.module.css";

interface Given {
  days: readonly DueDay[];
  chosen: string | undefined;
  /** Whether all that is due has been read: else a day may have more. */
  isWhole: boolean;
}

export function Strip({ days, chosen, isWhole }: Given) {
  const { t, locale } = useWords();
  const most = Math.max(1, ...days.map((it) => it.deliveries.length));
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "short", timeZone: "UTC" });
  const whole = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long", timeZone: "UTC" });
  return (
    <ol className={look.strip}>
      {days.map(({ day, isWeekend, deliveries }) => {
        const date = new Date(`${day}T00:00:00Z`);
        const count = deliveries.length;
        return (
          <li key={day} className={isWeekend ? look.weekend : undefined}>
            <Link
              href={day === chosen ? "/" : `/?day=${day}`}
              replace
              aria-current={day === chosen ? "date" : undefined}
            >
              <VisuallyHidden>{`${whole.format(date)}: ${isWhole ? t("today.count", { count }) : t("today.atLeast", { count })}`}</VisuallyHidden>
              <span className={look.day} aria-hidden="true">
                <span className={look.count}>{count > 0 ? `${count}${isWhole ? "" : "+"}` : ""}</span>
                <span className={look.column}>
                  <span style={{ height: `${(count / most) * 100}%` }} />
                </span>
                <span className={look.weekday}>{weekday.format(date)}</span>
                <span className={look.dayNumber}>{date.getUTCDate()}</span>
              </span>
            </Link>
          </li>
        );
      })}
    </ol>
  );
}
