// One order: what was ordered of each line and where it is, the deliveries that bring it, what happened.
import type { OrderHeadFragment, OrderQuery } from "../../generated/graphql";
import { OrderDocument, OrderHeadFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { Link } from "wouter";
import { useAnswer } from "../../parts/data/asking";
import { Price } from "../../parts/figures/figures";
import { Facts, Fact } from "../../parts/look/facts";
import { Badge, State } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { Clock, HERE, WindowClock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Answered, Nowhere } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { Decision } from "./decision";
import { DeliveryCard } from "./delivery";
import { LineCard } from "./line";
import { Past } from "./past";

function States({ of }: { of: OrderHeadFragment }) {
  const { t, word } = useWords();
  return (
    <>
      <State of="OrderState" value={of.state} />
      {(of.state === "CONFIRMED" || of.state === "CLOSED") && <State of="FulfilmentStatus" value={of.fulfilmentStatus} />}
      {of.isLate && <Badge tone="bad">{t("order.late")}</Badge>}
      {of.awaitingApprovalOf.map((it) => (
        <Badge key={it} tone="warn">
          {word("Approval", it)}
        </Badge>
      ))}
      {of.holds.filter((it) => it.releasedAt === null).map((it) => (
        <Badge key={it.id} tone="warn">
          {t("order.hold", { reason: word("HoldReason", it.reason) })}
        </Badge>
      ))}
    </>
  );
}

/** Why it is not going on, in the words of who decided it. */
function Why({ of }: { of: OrderHeadFragment }) {
  const { word } = useWords();
  const reasons = [of.rejectReason, of.cancelReason].filter((it) => it !== null);
  const holds = of.holds.filter((it) => it.releasedAt === null);
  if (reasons.length + holds.length === 0) return null;
  return (
    <div className={page.why}>
      {reasons.map((it) => (
        <p key={it}>{it}</p>
      ))}
      {holds.map((it) => (
        <p key={it.id}>
          {it.note ?? word("HoldReason", it.reason)} · <Clock instant={it.placedAt} zone={of.window?.timeZone ?? HERE} />
        </p>
      ))}
    </div>
  );
}

function Head({ of }: { of: FragmentType<typeof OrderHeadFragmentDoc> }) {
  const { t } = useWords();
  const order = read(OrderHeadFragmentDoc, of);
  const zone = order.window?.timeZone ?? HERE;
  const wanted = order.confirmedWindow ?? order.window;
  const place = order.shipTo;
  return (
    <>
      <Title text={t("order.title", { number: order.number })} above={{ href: "/orders", text: t("orders.title") }} beside={<States of={order} />}>
        {order.party?.name ?? order.guest?.name}
      </Title>
      <Why of={order} />
      <Decision of={order} />
      <Facts>
        {order.purchaseOrderNumber && <Fact name={t("order.fact.purchase")}>{order.purchaseOrderNumber}</Fact>}
        <Fact name={t("order.fact.placed")}>
          <Clock instant={order.placedAt} zone={zone} />
          {order.buyerContact && <span className={page.soft}>{t("order.fact.by", { name: order.buyerContact.name })}</span>}
        </Fact>
        <Fact name={t(order.confirmedWindow ? "order.fact.confirmed" : "order.fact.window")}>
          {wanted ? <WindowClock of={wanted} /> : t("order.noWindow")}
        </Fact>
        {place && (
          <Fact name={t("order.fact.shipTo")}>
            {[place.name, place.line1, place.line2].filter(Boolean).join(", ")}
            <span className={page.soft}>{[place.postalCode, place.city, place.country].filter(Boolean).join(" ")}</span>
          </Fact>
        )}
        {order.contract && (
          <Fact name={t("order.fact.contract")}>
            <Link href={`/contracts/${encodeURIComponent(order.contract.number)}`} className={page.link}>
              {order.contract.number}
            </Link>
          </Fact>
        )}
        {order.totals && (
          <Fact name={t(order.totals.gross ? "order.fact.gross" : "order.fact.net")}>
            <strong>
              <Price of={order.totals.gross ?? order.totals.net} />
            </strong>
          </Fact>
        )}
      </Facts>
    </>
  );
}

/** When something happened to an object last, as far as the history goes back. */
function happened(order: NonNullable<OrderQuery["order"]>, id: string, type: string): string | null {
  return order.events.nodes.findLast((it) => it.objectId === id && it.type === type)?.occurredAt ?? null;
}

export default function Order({ number }: { number: string }) {
  const { t } = useWords();
  const answer = useAnswer(OrderDocument, { number: decodeURIComponent(number) });
  return (
    <Answered of={answer}>
      {({ order }) =>
        order === null ? (
          <Nowhere />
        ) : (
          <>
            <Head of={order} />
            <section className={page.section} aria-labelledby="lines">
              <h2 id="lines">{t("order.lines")}</h2>
              <ol className={page.cards}>
                {order.lines.map((it) => (
                  <LineCard key={it.id} of={it} />
                ))}
              </ol>
            </section>
            {order.deliveries.length > 0 && (
              <section className={page.section} aria-labelledby="deliveries">
                <h2 id="deliveries">{t("order.deliveries")}</h2>
                <ul className={page.cards}>
                  {order.deliveries.map((it) => (
                    <DeliveryCard key={it.id} of={it} happened={(type) => happened(order, it.id, type)} />
                  ))}
                </ul>
              </section>
            )}
            <Past of={order.events} number={decodeURIComponent(number)} zone={order.window?.timeZone ?? HERE} />
          </>
        )
      }
    </Answered>
  );
}
