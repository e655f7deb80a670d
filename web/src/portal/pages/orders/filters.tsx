// The filters of the order list, kept in the address: a link shows what its sender saw.
import { NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useId, useState } from "react";
import { Link, useSearchParams } from "wouter";
import { useWords } from "../../parts/words/words";
import look from "./filters.module.css";
import { changed, read, SORTS, type Sorting, type View, VIEWS } from "./views";

const PAUSE_MS = 250;

/** A field that goes into the address when one stops typing. */
function Field({ name, label, value }: { name: string; label: string; value: string }) {
  const [address, go] = useSearchParams();
  const [typed, type] = useState(value);
  const settle = useDebouncedCallback((text: string) => go(changed(address, name, text.trim()), { replace: true }), PAUSE_MS);
  return (
    <TextInput
      id={useId()}
      label={label}
      value={typed}
      autoComplete="off"
      onChange={(it) => {
        type(it.currentTarget.value);
        settle(it.currentTarget.value);
      }}
    />
  );
}

export function Filters() {
  const { t } = useWords();
  const [address, go] = useSearchParams();
  const { view, sorting, number, purchase } = read(address);
  const views = Object.keys(VIEWS) as View[];
  return (
    <div className={look.filters}>
      <nav aria-label={t("orders.views")} className={look.views}>
        {views.map((it) => (
          <Link
            key={it}
            href={`/orders?${changed(address, "view", it === "all" ? "" : it)}`}
            className={look.view}
            aria-current={it === view ? "true" : undefined}
          >
            {t(VIEWS[it].title)}
          </Link>
        ))}
      </nav>
      <search className={look.fields}>
        <Field name="number" label={t("orders.filter.number")} value={number} />
        <Field name="po" label={t("orders.filter.purchase")} value={purchase} />
        <NativeSelect
          label={t("orders.sort")}
          value={sorting}
          onChange={(it) => go(changed(address, "sort", it.currentTarget.value), { replace: true })}
          data={(Object.keys(SORTS) as Sorting[]).map((it) => ({ value: it, label: t(SORTS[it].title) }))}
        />
      </search>
    </div>
  );
}
