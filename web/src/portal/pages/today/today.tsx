// Today: what is late, what is due in the next 14 days, what waits for somebody's consent.
import { useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { TodayDocument, type TodayQuery } from "../../generated/graphql";
import { useAnswer } from "../../parts/data/asking";
import { type Total, useFigures } from "../../parts/figures/figures";
import page from "../../parts/look/page.module.css";
import { Day } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Answered, Notice, Nowhere } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { daysAhead, span } from "./days";
import { DueTable } from "./due";
import { Unread, useRead } from "./reading";
import { Strip } from "./strip";
import look from "./today.module.css";
import { Waiting } from "./waiting";

/** An answer with nothing missing. */
type Whole = { [List in "late" | "ahead" | "waiting"]: NonNullable<TodayQuery[List]> };

interface Counts {
  late: Total;
  soon: string;
  waiting: Total;
}

function Tiles({ late, soon, waiting }: Counts) {
  const { t } = useWords();
  const { counted } = useFigures();
  return (
    <ul className={look.tiles}>
      <li className={late.totalCount === 0 ? look.tile : `${look.tile} ${look.bad}`}>
        <a href="#late">
          <strong>{counted(late)}</strong>
          {t("today.tile.late", { count: late.totalCount })}
        </a>
      </li>
      <li className={look.tile}>
        <a href="#ahead">
          <strong>{soon}</strong>
          {t("today.tile.today")}
        </a>
      </li>
      <li className={look.tile}>
        <a href="#waiting">
          <strong>{counted(waiting)}</strong>
          {t("today.tile.waiting", { count: waiting.totalCount })}
        </a>
      </li>
    </ul>
  );
}

function Found({ of, from, to }: { of: Whole; from: string; to: string }) {
  const { t } = useWords();
  const [address] = useSearchParams();
  const late = useRead(of.late, { late: true, open: true });
  const ahead = useRead(of.ahead, { open: true, windowFrom: from, windowTo: to });
  const days = daysAhead(ahead.deliveries);
  const chosen = days.find((it) => it.day === address.get("day"));
  const shown = chosen?.deliveries ?? days.flatMap((it) => it.deliveries);
  const soon = `${days[0]?.deliveries.length ?? 0}${ahead.growing.hasNextPage ? "+" : ""}`;
  return (
    <>
      <Tiles late={of.late} soon={soon} waiting={of.waiting} />
      <section className={page.section} aria-labelledby="late">
        <h2 id="late">{t("today.late")}</h2>
        <Unread of={late} />
        {late.deliveries.length > 0 ? (
          <DueTable of={late.deliveries} label={t("today.late")} />
        ) : (
          <Notice isSmall icon="check" title={t("today.noneLate")} />
        )}
      </section>
      <section className={page.section} aria-labelledby="ahead">
        <h2 id="ahead">{t("today.ahead")}</h2>
        <Unread of={ahead} />
        <Strip days={days} chosen={chosen?.day} isWhole={!ahead.growing.hasNextPage} />
        {chosen && (
          <p className={look.chosen}>
            <Day of={chosen.day} />
            <Link href="/" className={page.link}>
              {t("today.allDays")}
            </Link>
          </p>
        )}
        {shown.length > 0 ? (
          <DueTable key={chosen?.day} of={shown} label={t("today.ahead")} />
        ) : (
          <Notice isSmall icon="truck" title={t("today.noneAhead")} />
        )}
      </section>
      <section className={page.section} aria-labelledby="waiting">
        <h2 id="waiting">{t("today.waiting")}</h2>
        <Waiting of={of.waiting} />
      </section>
    </>
  );
}

export default function Today() {
  const { t } = useWords();
  const days = useMemo(span, []);
  const answer = useAnswer(TodayDocument, days);
  return (
    <>
      <Title text={t("today.title")}>
        <Day of={Temporal.Now.plainDateISO().toString()} />
      </Title>
      <Answered of={answer}>{({ late, ahead, waiting }) =>
          late && ahead && waiting ? <Found of={{ late, ahead, waiting }} {...days} /> : <Nowhere />
        }</Answered>
    </>
  );
}
