// What happened to an order: what is new came with the page, what was before comes when it is wanted.
import { EventsDocument, type OrderQuery } from "../../generated/graphql";
import { useOnward } from "../../parts/data/asking";
import { History } from "../../parts/lists/history";

interface Given {
  of: NonNullable<OrderQuery["order"]>["events"];
  number: string;
  zone: string;
}

export function Past({ of, number, zone }: Given) {
  const growing = useOnward(EventsDocument, { number }, (it) => it.order?.events, of);
  // Pages follow each other backwards, and each has its oldest first.
  const events = [...growing.pages].reverse().flat();
  return <History of={events} zone={zone} growing={growing} total={of} />;
}
