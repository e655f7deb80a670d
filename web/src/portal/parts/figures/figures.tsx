// Figures as people read them: exact, in their unit, in the reader's language.
import { useMemo } from "react";
import { useWords } from "../words/words";
import look from "./figures.module.css";

const ALL_DIGITS = 20;

type Exact = Intl.StringNumericLiteral;

/** How long a list is; of a very long one, what was counted of it. */
export interface Total {
  totalCount: number;
  isTotalCountExact: boolean;
}

/** Writes decimals of the API to their last digit. */
export function useFigures() {
  const { locale, word } = useWords();
  return useMemo(() => {
    const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: ALL_DIGITS });
    const quantity = (of: string, unit: string) => `${plain.format(of as Exact)} ${word("Unit", unit)}`;
    const money = (of: { amount: string; currency: string }) => {
      const digits = of.amount.split(".")[1]?.length ?? 0;
      const usual = new Intl.NumberFormat(locale, { style: "currency", currency: of.currency });
      const least = usual.resolvedOptions().minimumFractionDigits ?? 0;
      const exact = new Intl.NumberFormat(locale, {
        style: "currency",
        currency: of.currency,
        minimumFractionDigits: least,
        maximumFractionDigits: Math.max(least, digits),
      });
      return exact.format(of.amount as Exact);
    };
    const counted = (of: Total) => plain.format(of.totalCount) + (of.isTotalCountExact ? "" : "+");
    return { counted, number: (of: string) => plain.format(of as Exact), quantity, money };
  }, [locale, word]);
}

export function Quantity({ of, unit }: { of: string; unit: string }) {
  return <span className={look.figure}>{useFigures().quantity(of, unit)}</span>;
}

export function Price({ of }: { of: { amount: string; currency: string } | null }) {
  const { money } = useFigures();
  return <span className={look.figure}>{of === null ? "–" : money(of)}</span>;
}
