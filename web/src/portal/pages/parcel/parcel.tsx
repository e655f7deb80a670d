// One parcel: where it is, what lies in it, and each of its stations: when it happened, when that was reported.
import { ParcelDocument, type ParcelHeadFragment, ParcelHeadFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { useAnswer } from "../../parts/data/asking";
import { Quantity, useFigures } from "../../parts/figures/figures";
import { Badge, State } from "../../parts/look/badge";
import { Fact, Facts } from "../../parts/look/facts";
import page from "../../parts/look/page.module.css";
import { Answered, Nowhere, Notice } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { Clock, HERE } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Stations } from "./stations";

function Numbers({ of }: { of: ParcelHeadFragment["trackingNumbers"] }) {
  return of.map(({ number, url }) =>
    url ? (
      <a key={number} href={url} className={page.link} rel="noreferrer">
        {number}
      </a>
    ) : (
      <span key={number}>{number}</span>
    ),
  );
}

/** Weight and measures, as far as they are known. */
function Size({ of }: { of: ParcelHeadFragment }) {
  const { number } = useFigures();
  const { t } = useWords();
  const sides = [of.lengthMm, of.widthMm, of.heightMm].filter((it) => it !== null);
  if (of.weightG === null && sides.length === 0) return null;
  return (
    <Fact name={t("parcel.fact.size")}>
      {of.weightG !== null && <Quantity of={String(of.weightG)} unit="GRAM" />}
      {sides.length > 0 && <span className={page.soft}>{`${sides.map((it) => number(String(it))).join(" × ")} mm`}</span>}
    </Fact>
  );
}

function Head({ of }: { of: FragmentType<typeof ParcelHeadFragmentDoc> }) {
  const { t } = useWords();
  const parcel = read(ParcelHeadFragmentDoc, of);
  const { delivery } = parcel;
  const zone = delivery?.window.timeZone ?? HERE;
  const above = delivery && {
    href: `/deliveries/${encodeURIComponent(delivery.number)}`,
    text: t("delivery.title", { number: delivery.number }),
  };
  const states = (
    <>
      <State of="ParcelStatus" value={parcel.status} />
      {parcel.isDelayed && <Badge tone="warn">{t("parcel.delayed")}</Badge>}
    </>
  );
  return (
    <>
      <Title text={t("parcel.title", { number: parcel.parcelNo })} {...(above && { above })} beside={states}>
        {delivery?.party?.name ?? delivery?.recipient?.name}
      </Title>
      <Facts>
        <Fact name={t("parcel.column.since")}>
          <Clock instant={parcel.statusAt} zone={zone} />
        </Fact>
        {parcel.trackingNumbers.length > 0 && (
          <Fact name={t("parcel.column.number")}>
            <Numbers of={parcel.trackingNumbers} />
            {parcel.carrier && <span className={page.soft}>{[parcel.carrier.name, parcel.service].filter(Boolean).join(", ")}</span>}
          </Fact>
        )}
        {parcel.sscc && <Fact name={t("parcel.fact.sscc")}>{parcel.sscc}</Fact>}
        <Fact name={t("parcel.fact.packed")}>
          <Clock instant={parcel.packedAt} zone={zone} />
        </Fact>
        <Size of={parcel} />
      </Facts>
      <section className={page.section} aria-labelledby="inside">
        <h2 id="inside">{t("parcel.contents")}</h2>
        <ul className={page.cards}>
          {parcel.contents.map((it, place) => (
            // What lies in it stays as it was packed.
            <li key={place} className={page.card}>
              <div className={page.head}>
                <div className={page.what}>
                  <h3>{it.deliveryLine?.orderLine.product.name}</h3>
                  <p className={page.soft}>{[it.deliveryLine?.orderLine.product.sku, it.lot, ...it.serialNumbers].filter(Boolean).join(" · ")}</p>
                </div>
                {it.deliveryLine && (
                  <strong>
                    <Quantity of={it.quantity} unit={it.deliveryLine.orderLine.unit} />
                  </strong>
                )}
              </div>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

export default function Parcel({ id }: { id: string }) {
  const { t } = useWords();
  const answer = useAnswer(ParcelDocument, { id: decodeURIComponent(id) });
  return (
    <Answered of={answer}>
      {({ parcel }) =>
        parcel === null ? (
          <Nowhere />
        ) : (
          <>
            <Head of={parcel} />
            <section className={page.section} aria-labelledby="stations">
              <h2 id="stations">{t("parcel.stations")}</h2>
              {parcel.events.nodes.length === 0 ? (
                <Notice isSmall icon="truck" title={t("parcel.none")} />
              ) : (
                <Stations of={parcel.events.nodes} zone={parcel.delivery?.window.timeZone ?? HERE} />
              )}
            </section>
          </>
        )
      }
    </Answered>
  );
}
