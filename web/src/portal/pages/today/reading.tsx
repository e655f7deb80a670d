// Lists of deliveries of which Today sums: read to their end, and what is not read yet is said.
import { Button } from "@mantine/core";
import { type DueDeliveryFragment, DueDeliveryFragmentDoc, type DeliveryFilter, DueDocument } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { type Growing, type PageOf, useOnward } from "../../parts/data/asking";
import { type Total, useFigures } from "../../parts/figures/figures";
import { useWords } from "../../parts/words/words";
import { byDue } from "./days";
import look from "./today.module.css";

/** So many are read by themselves. */
const AT_ONCE = 1_000;

type Masked = FragmentType<typeof DueDeliveryFragmentDoc>;

export interface Read {
  deliveries: DueDeliveryFragment[];
  total: Total;
  growing: Growing<Masked>;
}

/** The deliveries of a list, in the order in which they are due, as far as they are read. */
export function useRead(first: PageOf<Masked> & Total, filter: DeliveryFilter): Read {
  const growing = useOnward(DueDocument, { filter }, (it) => it.deliveries, first, AT_ONCE);
  const deliveries = growing.pages.flat().map((it) => read(DueDeliveryFragmentDoc, it)).sort(byDue);
  return { deliveries, total: first, growing };
}

/** How many of a list are read, while not all of them are. */
export function Unread({ of: { deliveries, total, growing } }: { of: Read }) {
  const { t } = useWords();
  const { counted, number } = useFigures();
  if (!growing.hasNextPage) return null;
  const isReading = growing.isFetchingNextPage;
  return (
    <p className={look.unread} role={isReading ? "status" : "alert"}>
      {t("today.unread", { shown: number(String(deliveries.length)), total: counted(total) })}
      {!isReading && (
        <Button variant="default" size="xs" onClick={growing.fetchNextPage}>
          {t("list.more")}
        </Button>
      )}
    </p>
  );
}
