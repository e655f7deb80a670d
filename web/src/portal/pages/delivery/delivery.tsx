// One delivery: what comes when and how, what was counted against it, its parcels, and what is to be done.
import { Link } from "wouter";
import { DeliveryDocument, type DeliveryHeadFragment, DeliveryHeadFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { useAnswer } from "../../parts/data/asking";
import { History } from "../../parts/lists/history";
import { Badge, State } from "../../parts/look/badge";
import { Fact, Facts } from "../../parts/look/facts";
import page from "../../parts/look/page.module.css";
import { Answered, Nowhere } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { Clock, WindowClock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Acts } from "./acts";
import { Counts } from "./counts";
import { Parcels } from "./parcels";

const open = (of: DeliveryHeadFragment) => of.holds.filter((it) => it.releasedAt === null);

function States({ of }: { of: DeliveryHeadFragment }) {
  const { t, word } = useWords();
  return (
    <>
      <State of="DeliveryState" value={of.state} />
      {of.isLate && <Badge tone="bad">{t("order.late")}</Badge>}
      {open(of).map((it) => (
        <Badge key={it.id} tone="warn">
          {t("order.hold", { reason: word("HoldReason", it.reason) })}
        </Badge>
      ))}
    </>
  );
}

function Why({ of }: { of: DeliveryHeadFragment }) {
  const { word } = useWords();
  const notes = open(of).filter((it) => it.note !== null);
  if (notes.length === 0 && of.excuse === null && of.windowOverride === null) return null;
  return (
    <div className={page.why}>
      {notes.map((it) => (
        <p key={it.id}>
          {it.note} · <Clock instant={it.placedAt} zone={of.window.timeZone} />
        </p>
      ))}
      {of.excuse && <p>{word("SupplyExcuse", of.excuse)}</p>}
      {of.windowOverride && <p>{of.windowOverride}</p>}
    </div>
  );
}

function Others({ name, of }: { name: string; of: readonly { number: string }[] }) {
  if (of.length === 0) return null;
  return (
    <Fact name={name}>
      {of.map(({ number }) => (
        <Link key={number} href={`/deliveries/${encodeURIComponent(number)}`} className={page.link}>
          {number}
        </Link>
      ))}
    </Fact>
  );
}

function Head({ of }: { of: FragmentType<typeof DeliveryHeadFragmentDoc> }) {
  const { t, word } = useWords();
  const delivery = read(DeliveryHeadFragmentDoc, of);
  const { shipTo: place, window, orders } = delivery;
  const [first] = orders;
  const above = first && {
    href: `/orders/${encodeURIComponent(first.number)}`,
    text: t("order.title", { number: orders.map((it) => it.number).join(", ") }),
  };
  return (
    <>
      <Title text={t("delivery.title", { number: delivery.number })} {...(above && { above })} beside={<States of={delivery} />}>
        {delivery.party?.name ?? delivery.recipient?.name}
      </Title>
      <Why of={delivery} />
      <Facts>
        <Fact name={t("delivery.window")}>
          <WindowClock of={window} />
        </Fact>
        {delivery.fulfilBy && (
          <Fact name={t("delivery.fact.leaves")}>
            <Clock instant={delivery.fulfilBy} zone={window.timeZone} />
          </Fact>
        )}
        {delivery.promisedAt && (
          <Fact name={t("order.fact.confirmed")}>
            <Clock instant={delivery.promisedAt} zone={window.timeZone} />
          </Fact>
        )}
        <Fact name={t("delivery.fact.from")}>
          {delivery.location?.name ?? "–"}
          <span className={page.soft}>{word("DeliveryMethod", delivery.method)}</span>
        </Fact>
        {place && (
          <Fact name={t("order.fact.shipTo")}>
            {[place.name, place.line1, place.line2].filter(Boolean).join(", ")}
            <span className={page.soft}>{[place.postalCode, place.city, place.country].filter(Boolean).join(" ")}</span>
          </Fact>
        )}
        <Others name={t("delivery.fact.reships")} of={delivery.reships ? [delivery.reships] : []} />
        <Others name={t("delivery.fact.reshippedBy")} of={delivery.reshippedBy} />
      </Facts>
    </>
  );
}

export default function Delivery({ number }: { number: string }) {
  const answer = useAnswer(DeliveryDocument, { number: decodeURIComponent(number) });
  return (
    <Answered of={answer}>
      {({ delivery }) =>
        delivery === null ? (
          <Nowhere />
        ) : (
          <>
            <Head of={delivery} />
            <Acts id={delivery.id} of={delivery} />
            <Counts of={delivery} />
            <Parcels of={delivery} />
            <History of={delivery.events.nodes} zone={read(DeliveryHeadFragmentDoc, delivery).window.timeZone} />
          </>
        )
      }
    </Answered>
  );
}
