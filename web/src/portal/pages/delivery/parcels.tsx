// The parcels of a delivery, each with where it is and the carrier's own page of it.
import { Link } from "wouter";
import { DeliveryParcelsFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import list from "../../parts/lists/list.module.css";
import { Badge, State } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { Clock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";

export function Parcels({ of }: { of: FragmentType<typeof DeliveryParcelsFragmentDoc> }) {
  const { t } = useWords();
  const { parcels, window } = read(DeliveryParcelsFragmentDoc, of);
  if (parcels.length === 0) return null;
  return (
    <section className={page.section} aria-labelledby="parcels">
      <h2 id="parcels">{t("delivery.parcels")}</h2>
      <div className={list.list}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("parcel.column.parcel")}</th>
              <th scope="col">{t("orders.column.state")}</th>
              <th scope="col">{t("parcel.column.since")}</th>
              <th scope="col">{t("parcel.column.number")}</th>
            </tr>
          </thead>
          <tbody>
            {parcels.map((it) => (
              <tr key={it.id}>
                <td>
                  <Link href={`/parcels/${it.id}`} className={list.link}>
                    {t("parcel.title", { number: it.parcelNo })}
                  </Link>
                  {it.sscc && <span className={list.soft}>{t("parcel.sscc", { number: it.sscc })}</span>}
                </td>
                <td>
                  <span className={list.states}>
                    <State of="ParcelStatus" value={it.status} />
                    {it.isDelayed && <Badge tone="warn">{t("parcel.delayed")}</Badge>}
                  </span>
                </td>
                <td data-wide>
                  <Clock instant={it.statusAt} zone={window.timeZone} />
                </td>
                <td data-wide>
                  {it.trackingNumbers.map(({ number }) => number).join(", ")}
                  {it.carrier && <span className={list.soft}>{it.carrier.name}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
