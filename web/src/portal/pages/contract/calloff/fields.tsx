// One row of the form: what, how much, where, when; what stands against it stands at its field.
import { NativeSelect, TextInput, UnstyledButton } from "@mantine/core";
import { memo } from "react";
import type { CallOffLineFragment } from "../../../generated/graphql";
import { Icon } from "../../../parts/look/icons";
import type { Id } from "../../../parts/words/languages";
import { calledBy, openings, type Site } from "../../../parts/words/places";
import { useWords } from "../../../parts/words/words";
import look from "./calloff.module.css";
import { type Field, type Row } from "./rows";

const NAMES: Record<Field, Id> = {
  line: "callOff.column.product",
  quantity: "callOff.column.quantity",
  site: "callOff.column.site",
  day: "callOff.column.day",
  from: "callOff.column.from",
  to: "callOff.column.to",
};
export const FIELDS = Object.keys(NAMES) as Field[];

export function nameOf(field: Field): Id {
  return NAMES[field];
}

interface Given {
  row: Row;
  place: number;
  lines: readonly CallOffLineFragment[];
  sites: readonly Site[];
  /** What is said at a field. */
  said: Partial<Record<Field, string>>;
  isAlone: boolean;
  change: (row: Row) => void;
  remove: (row: Row) => void;
  look: (row: Row) => void;
}

/** When the site takes goods in on that day, so that nobody has to try. */
function useHours(row: Row, sites: readonly Site[]): string {
  const { t } = useWords();
  const site = sites.find((it) => it.id === row.site);
  if (site === undefined || row.day === "") return "";
  const hours = openings(site, row.day);
  if (hours === null) return t("callOff.anyTime");
  if (hours.length === 0) return t("callOff.closed");
  return hours.map((it) => `${it.opens}–${it.closes}`).join(", ");
}

export const RowFields = memo(({ row, place, lines, sites, said, isAlone, change, remove, look: lookAt }: Given) => {
  const { t, word } = useWords();
  const hours = useHours(row, sites);
  const line = lines.find((it) => it.id === row.line);
  const of = (field: Field) => ({
    "aria-label": t("callOff.field", { field: t(NAMES[field]), row: place + 1 }),
    label: t(NAMES[field]),
    "data-field": `${row.key}.${field}`,
    value: row[field],
    error: said[field],
    onChange: (it: { currentTarget: { value: string } }) => change({ ...row, [field]: it.currentTarget.value }),
  });
  return (
    <li className={look.row} onFocus={() => lookAt(row)} data-row={place + 1}>
      <span className={look.number} aria-hidden="true">
        {place + 1}
      </span>
      <NativeSelect
        {...of("line")}
        className={look.product}
        data={[{ value: "", label: "–" }, ...lines.map((it) => ({ value: it.id, label: `${it.product.sku} · ${it.product.name}` }))]}
      />
      <TextInput
        {...of("quantity")}
        className={look.quantity}
        inputMode="decimal"
        autoComplete="off"
        rightSection={line && <span className={look.unit}>{word("Unit", line.unit)}</span>}
        rightSectionWidth={52}
      />
      <NativeSelect
        {...of("site")}
        className={look.site}
        data={[{ value: "", label: "–" }, ...sites.map((it) => ({ value: it.id, label: calledBy(it) }))]}
      />
      <TextInput {...of("day")} className={look.day} type="date" description={hours} inputWrapperOrder={["label", "input", "description", "error"]} />
      <TextInput {...of("from")} className={look.time} type="time" />
      <TextInput {...of("to")} className={look.time} type="time" />
      <UnstyledButton className={look.remove} disabled={isAlone} aria-label={t("callOff.remove", { row: place + 1 })} onClick={() => remove(row)}>
        <Icon name="cross" size={18} />
      </UnstyledButton>
    </li>
  );
});
