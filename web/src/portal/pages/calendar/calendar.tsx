// The delivery calendar: what comes when to which site, by the week and by the month.
import { NativeSelect } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useCallback, useEffect, useId, useMemo, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { ArrivalFragmentDoc, CalendarDocument, type CalendarQuery, CalendarSiteFragmentDoc } from "../../generated/graphql";
import { read } from "../../generated/fragment-masking";
import { usePages } from "../../parts/data/asking";
import { changed } from "../../parts/lists/address";
import { Filters, Views } from "../../parts/lists/filters";
import { Icon } from "../../parts/look/icons";
import { Failed, Waiting } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { calledBy, type Site } from "../../parts/words/places";
import { useWords } from "../../parts/words/words";
import { Agenda } from "./agenda";
import look from "./calendar.module.css";
import { mayMove } from "./chip";
import { type Arrival, arrivalOf, type Shown, shownBy, sitesOf, spanOf, VIEWS } from "./days";
import { Month } from "./month";
import { Moving, type Moved } from "./moving";
import { Week } from "./week";

const PHONE = "(width <= 48rem)";

/** To what came before, to what comes next, and back to today. */
function Steps({ shown }: { shown: Shown }) {
  const { t, locale } = useWords();
  const [address] = useSearchParams();
  const to = (day: Temporal.PlainDate | null) => `/calendar?${changed(address, "day", day?.toString() ?? "")}`;
  const step = shown.view === "week" ? { weeks: 1 } : { months: 1 };
  const [first, last] = [shown.days[0], shown.days.at(-1)].map((it) => new Date(`${it}T00:00:00Z`));
  const week = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const month = shown.around.toLocaleString(locale, { month: "long", year: "numeric" });
  const text = shown.view === "week" && first && last ? week.formatRange(first, last) : month;
  return (
    <nav className={look.steps} aria-label={t("calendar.steps")}>
      <Link href={to(shown.around.subtract(step))} replace className={look.step} aria-label={t("calendar.before")}>
        <Icon name="back" size={18} />
      </Link>
      <Link href={to(null)} replace className={look.step}>
        {t("chart.today")}
      </Link>
      <Link href={to(shown.around.add(step))} replace className={look.step} aria-label={t("calendar.after")}>
        <Icon name="next" size={18} />
      </Link>
      <h2 className={look.when} aria-live="polite">
        {text}
      </h2>
    </nav>
  );
}

function SiteChoice({ sites, chosen }: { sites: readonly Site[]; chosen: string }) {
  const { t } = useWords();
  const [address, go] = useSearchParams();
  const options = sites.map((it) => ({ value: it.id, label: it.place.city === "" ? t("calendar.elsewhere") : calledBy(it) }));
  return (
    <NativeSelect
      id={useId()}
      label={t("callOff.column.site")}
      value={sites.some((it) => it.id === chosen) ? chosen : ""}
      data={[{ value: "", label: t("calendar.everySite") }, ...options]}
      onChange={(it) => go(changed(address, "site", it.currentTarget.value), { replace: true })}
    />
  );
}

/** What the pages of an answer tell of, whole as soon as all of them are there. */
function useFound(pages: readonly CalendarQuery[] | undefined) {
  return useMemo(() => {
    if (pages === undefined) return undefined;
    const nodes = pages.flatMap((it) => it.deliveries?.nodes ?? []);
    const arrivals = nodes.map((it) => arrivalOf(read(ArrivalFragmentDoc, it)));
    const own = (pages[0]?.viewer.party?.addresses ?? []).map((it) => read(CalendarSiteFragmentDoc, it));
    // What is cancelled comes no more.
    const coming = arrivals.filter((it) => it.delivery.state !== "CANCELLED");
    return { arrivals: coming, sites: sitesOf(coming, own) };
  }, [pages]);
}

interface Given {
  shown: Shown;
  found: { arrivals: readonly Arrival[]; sites: readonly Site[] };
}

function Found({ shown, found }: Given) {
  const { t } = useWords();
  const isPhone = useMediaQuery(PHONE, false, { getInitialValueInEffect: false });
  const [moved, move] = useState<Moved | null>(null);
  const open = useCallback((arrival: Arrival, days: number) => move({ arrival, days }), []);
  const isChosen = found.sites.some((it) => it.id === shown.site);
  const sites = isChosen ? found.sites.filter((it) => it.id === shown.site) : found.sites;
  const arrivals = isChosen ? found.arrivals.filter((it) => it.site.id === shown.site) : found.arrivals;
  const drop = (id: string, day: Temporal.PlainDate) => {
    const arrival = arrivals.find((it) => it.delivery.id === id);
    if (arrival === undefined) return;
    const { delivery, site } = arrival;
    const from = Temporal.Instant.from(delivery.window.earliest).toZonedDateTimeISO(site.timeZone).toPlainDate();
    open(arrival, from.until(day).days);
  };
  const given = { days: shown.days, sites, arrivals, open, drop };
  return (
    <>
      <Filters views={<Views views={VIEWS} chosen={shown.view} label={t("orders.views")} />}>
        <SiteChoice sites={found.sites} chosen={shown.site} />
      </Filters>
      <Steps shown={shown} />
      {isPhone && <Agenda {...given} />}
      {!isPhone && (shown.view === "week" ? <Week {...given} /> : <Month {...given} month={shown.around.month} />)}
      <p className={look.hint}>
        {t("calendar.hint")} {arrivals.some(mayMove) && t("calendar.moveHint")}
      </p>
      <Moving moved={moved} close={() => move(null)} />
    </>
  );
}

export default function Calendar() {
  const { t } = useWords();
  const [address] = useSearchParams();
  const shown = shownBy(address);
  const pages = usePages(CalendarDocument, spanOf(shown.days), (it) => it.deliveries);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = pages;
  // A calendar with holes would be wrong: what is left is asked for at once.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const found = useFound(pages.data?.pages);
  return (
    <>
      <Title text={t("calendar.title")} />
      {found === undefined && (pages.error ? <Failed error={pages.error} again={pages.refetch} /> : <Waiting />)}
      {found && <Found shown={shown} found={found} />}
    </>
  );
}
