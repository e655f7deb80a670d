// Today: what is late, what is due in the next 14 days, what waits for somebody's consent.
import { useMemo } from "react";
import { Link, useSearchParams } from "wouter";
import { DueDeliveryFragmentDoc, TodayDocument, type TodayQuery } from "../../generated/graphql";
import { read } from "../../generated/fragment-masking";
import { useAnswer } from "../../parts/data/asking";
import page from "../../parts/look/page.module.css";
import { Day } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Answered, Notice } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { byDue, daysAhead, span } from "./days";
import { DueTable } from "./due";
import { Strip } from "./strip";
import look from "./today.module.css";
import { Waiting } from "./waiting";

function Tiles({ late, more, soon, waiting }: { late: number; more: string; soon: number; waiting: number }) {
  const { t } = useWords();
  return (
    <ul className={look.tiles}>
      <li className={late === 0 ? look.tile : `${look.tile} ${look.bad}`}>
        <a href="#late">
          <strong>{`${late}${more}`}</strong>
          {t("today.tile.late", { count: late })}
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
          <strong>{waiting}</strong>
          {t("today.tile.waiting", { count: waiting })}
        </a>
      </li>
    </ul>
  );
}

function Found({ of }: { of: TodayQuery }) {
  const { t } = useWords();
  const [address] = useSearchParams();
  const late = (of.late?.nodes ?? []).map((it) => read(DueDeliveryFragmentDoc, it)).sort(byDue);
  const ahead = (of.ahead?.nodes ?? []).map((it) => read(DueDeliveryFragmentDoc, it)).sort(byDue);
  const days = daysAhead(ahead);
  const chosen = days.find((it) => it.day === address.get("day"));
  const more = of.late?.pageInfo.hasNextPage ? "+" : "";
  return (
    <>
      <Tiles late={late.length} more={more} soon={days[0]?.deliveries.length ?? 0} waiting={of.waiting?.nodes.length ?? 0} />
      <section className={page.section} aria-labelledby="late">
        <h2 id="late">{t("today.late")}</h2>
        {late.length > 0 ? <DueTable of={late} label={t("today.late")} /> : <Notice isSmall icon="check" title={t("today.noneLate")} />}
      </section>
      <section className={page.section} aria-labelledby="ahead">
        <h2 id="ahead">{t("today.ahead")}</h2>
        <Strip days={days} chosen={chosen?.day} />
        {chosen && (
          <p className={look.chosen}>
            <Day of={chosen.day} />
            <Link href="/" className={page.link}>
              {t("today.allDays")}
            </Link>
          </p>
        )}
        {(chosen?.deliveries ?? ahead).length > 0 ? (
          <DueTable of={chosen?.deliveries ?? ahead} label={t("today.ahead")} />
        ) : (
          <Notice isSmall icon="truck" title={t("today.noneAhead")} />
        )}
      </section>
      <section className={page.section} aria-labelledby="waiting">
        <h2 id="waiting">{t("today.waiting")}</h2>
        <Waiting of={of.waiting?.nodes ?? []} />
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
      <Answered of={answer}>{(found) => <Found of={found} />}</Answered>
    </>
  );
}
