// A delivery of an order: its state and since when, what it brings, its parcels.
import { type DeliveryCardFragment, DeliveryCardFragmentDoc, type DeliveryState } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { Link } from "wouter";
import { Quantity } from "../../parts/figures/figures";
import { Badge, State } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { Clock, WindowClock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";

/** When it came into the state in which it is, as it says itself. */
function since(delivery: DeliveryCardFragment): string | null {
  const { plannedAt, releasedAt, packedAt, dispatchedAt, deliveredAt, cancelledAt } = delivery;
  const times: Partial<Record<DeliveryState, string | null>> = {
    PLANNED: plannedAt,
    RELEASED: releasedAt,
    PACKED: packedAt,
    DISPATCHED: dispatchedAt,
    DELIVERED: deliveredAt,
    CANCELLED: cancelledAt,
  };
  return times[delivery.state] ?? null;
}

interface Given {
  of: FragmentType<typeof DeliveryCardFragmentDoc>;
  /** When a delivery came into a state as the order's history tells it; null where it does not. */
  happened: (type: string) => string | null;
}

export function DeliveryCard({ of, happened }: Given) {
  const { t, word } = useWords();
  const delivery = read(DeliveryCardFragmentDoc, of);
  const at = since(delivery) ?? happened(`DELIVERY_${delivery.state}`);
  const zone = delivery.window.timeZone;
  return (
    <li className={page.card}>
      <div className={page.head}>
        <div className={page.what}>
          <h3>
            <Link href={`/deliveries/${encodeURIComponent(delivery.number)}`} className={page.link}>
              {delivery.number}
            </Link>
          </h3>
          <p className={page.states}>
            <State of="DeliveryState" value={delivery.state} />
            {delivery.isLate && <Badge tone="bad">{t("order.late")}</Badge>}
            {at && (
              <span className={page.soft}>
                {t("delivery.since")} <Clock instant={at} zone={zone} />
              </span>
            )}
          </p>
        </div>
        <div className={page.figures}>
          <span className={page.soft}>{t("delivery.window")}</span>
          <WindowClock of={delivery.window} />
        </div>
      </div>
      <ul className={page.contents}>
        {delivery.lines.map((it) => (
          <li key={it.id}>
            <Quantity of={it.planned} unit={it.orderLine.unit} /> {it.orderLine.product.name}
            {it.shortReason && <Badge tone="warn">{word("ShortReason", it.shortReason)}</Badge>}
          </li>
        ))}
      </ul>
      {delivery.parcels.length > 0 && (
        <ul className={page.contents}>
          {delivery.parcels.map((parcel) => (
            <li key={parcel.id}>
              <Link href={`/parcels/${parcel.id}`} className={page.link}>
                {t("parcel.title", { number: parcel.parcelNo })}
              </Link>
              <span>{word("ParcelStatus", parcel.status)}</span>
              <span className={page.soft}>
                <Clock instant={parcel.statusAt} zone={zone} />
              </span>
              {parcel.trackingNumbers.map(({ number, url }) =>
                url ? (
                  <a key={number} href={url} className={page.link} rel="noreferrer">
                    {number}
                  </a>
                ) : (
                  <span key={number}>{number}</span>
                ),
              )}
              {parcel.carrier && <span className={page.soft}>{parcel.carrier.name}</span>}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}
