// A field for a decimal, typed as one's language writes it, kept as what was typed.
import { TextInput } from "@mantine/core";
import { useId } from "react";
import { useWords } from "../words/words";
import look from "./figures.module.css";

const MOST_DIGITS = 20;

function marks(locale: string): { group: string; point: string } {
  const parts = new Intl.NumberFormat(locale).formatToParts(1234567.5);
  const mark = (type: string) => parts.find((it) => it.type === type)?.value ?? "";
  return { group: mark("group"), point: mark("decimal") };
}

/** The API's decimal of what was typed; null for what is none, or could be read in two ways. */
export function readAmount(typed: string, locale: string): string | null {
  const { group, point } = marks(locale);
  const [before = "", after, ...more] = typed.replaceAll(/\s/g, "").split(point);
  const [first = "", ...groups] = group.trim() === "" ? [before] : before.split(group);
  const isWhole = /^\d+$/.test(first) && groups.every((it) => /^\d{3}$/.test(it));
  if (!isWhole || more.length > 0 || (after !== undefined && !/^\d+$/.test(after))) return null;
  return first + groups.join("") + (after === undefined ? "" : `.${after}`);
}

/** How one types a decimal of the API. */
export function typedAmount(of: string, locale: string): string {
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: MOST_DIGITS, useGrouping: false });
  return plain.format(of as Intl.StringNumericLiteral);
}

interface Given {
  /** What stands above the field. */
  label: string;
  /** What it is called where that is not enough to tell it from others. */
  name?: string;
  /** What was typed. */
  value: string;
  change: (typed: string) => void;
  unit?: string;
  error?: string | undefined;
  /** Whether the keyboard goes there when it is shown. */
  isFirst?: boolean;
}

export function Amount({ label, name, value, change, unit, error, isFirst = false }: Given) {
  const { word } = useWords();
  return (
    <TextInput
      id={useId()}
      className={look.amount ?? ""}
      label={label}
      aria-label={name}
      value={value}
      inputMode="decimal"
      autoComplete="off"
      error={error}
      autoFocus={isFirst}
      rightSection={unit && <span className={look.unit}>{word("Unit", unit)}</span>}
      rightSectionWidth={unit ? "3.5rem" : undefined}
      onChange={(it) => change(it.currentTarget.value)}
      onFocus={(it) => it.currentTarget.select()}
    />
  );
}
