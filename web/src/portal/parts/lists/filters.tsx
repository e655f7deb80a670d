// The filters of a list, each a part of the address.
import { NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { type ReactNode, useId, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import type { Id } from "../words/languages";
import { useWords } from "../words/words";
import { changed } from "./address";
import look from "./filters.module.css";

const PAUSE_MS = 250;

type Titles = Record<string, { title: Id }>;

/** Views beside each other, of which one is chosen; the first one needs no word in the address. */
export function Views({ views, chosen, label, name = "view" }: { views: Titles; chosen: string; label: string; name?: string }) {
  const { t } = useWords();
  const [path] = useLocation();
  const [address] = useSearchParams();
  return (
    <nav aria-label={label} className={look.views}>
      {Object.entries(views).map(([it, { title }], place) => (
        <Link
          key={it}
          href={`${path}?${changed(address, name, place === 0 ? "" : it)}`}
          className={look.view}
          aria-current={it === chosen ? "true" : undefined}
        >
          {t(title)}
        </Link>
      ))}
    </nav>
  );
}

/** A field that goes into the address when one stops typing. */
export function Field({ name, label, value }: { name: string; label: string; value: string }) {
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

/** One of several; the first one needs no word in the address. */
export function Choice({ name, label, choices, chosen }: { name: string; label: string; choices: Titles; chosen: string }) {
  const { t } = useWords();
  const [address, go] = useSearchParams();
  const [first] = Object.keys(choices);
  return (
    <NativeSelect
      id={useId()}
      label={label}
      value={chosen}
      onChange={(it) => {
        const { value } = it.currentTarget;
        go(changed(address, name, value === first ? "" : value), { replace: true });
      }}
      data={Object.entries(choices).map(([value, { title }]) => ({ value, label: t(title) }))}
    />
  );
}

export function Filters({ views, children }: { views: ReactNode; children: ReactNode }) {
  return (
    <div className={look.filters}>
      {views}
      <search className={look.fields}>{children}</search>
    </div>
  );
}
