// How the order list is filtered.
import { useSearchParams } from "wouter";
import { Choice, Field, Filters, Views } from "../../parts/lists/filters";
import { useWords } from "../../parts/words/words";
import { read, SORTS, VIEWS } from "./views";

export function OrderFilters() {
  const { t } = useWords();
  const [address] = useSearchParams();
  const { view, sorting, number, purchase } = read(address);
  return (
    <Filters views={<Views views={VIEWS} chosen={view} label={t("orders.views")} />}>
      <Field name="number" label={t("orders.filter.number")} value={number} />
      <Field name="po" label={t("orders.filter.purchase")} value={purchase} />
      <Choice name="sort" label={t("orders.sort")} choices={SORTS} chosen={sorting} />
    </Filters>
  );
}
