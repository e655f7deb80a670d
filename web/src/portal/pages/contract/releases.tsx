// The newest release of a line against the one before it: what it wants more, and what less.
import { LatestFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { isNone } from "../../parts/figures/decimal";
import { useFigures } from "../../parts/figures/figures";
import { Fact, Facts } from "../../parts/look/facts";
import page from "../../parts/look/page.module.css";
import { DayAt } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";

interface Given {
  of: FragmentType<typeof LatestFragmentDoc>;
  unit: string;
  zone: string;
}

export function Latest({ of, unit, zone }: Given) {
  const { t } = useWords();
  const { quantity } = useFigures();
  const { number, issuedAt, comparison } = read(LatestFragmentDoc, of);
  if (comparison === null) return null;
  const changes = [
    { name: t("contract.release.added"), of: comparison.added, sign: "+" },
    { name: t("contract.release.raised"), of: comparison.raised, sign: "+" },
    { name: t("contract.release.lowered"), of: comparison.lowered, sign: "−" },
    { name: t("contract.release.removed"), of: comparison.removed, sign: "−" },
  ].filter((it) => !isNone(it.of));
  return (
    <section className={page.section} aria-labelledby="release">
      <h3 id="release">
        {comparison.earlier
          ? t("contract.release.against", { number, earlier: comparison.earlier.number })
          : t("contract.release.first", { number })}
      </h3>
      <Facts>
        <Fact name={t("contract.release.issued")}>
          <DayAt instant={issuedAt} zone={zone} />
        </Fact>
        <Fact name={t("contract.release.after")}>
          <strong>{quantity(comparison.after, unit)}</strong>
          <span className={page.soft}>{t("contract.release.before", { quantity: quantity(comparison.before, unit) })}</span>
        </Fact>
        {changes.map((it) => (
          <Fact key={it.name} name={it.name}>
            {it.sign}
            {quantity(it.of, unit)}
          </Fact>
        ))}
        {changes.length === 0 && <Fact name={t("contract.release.changes")}>{t("contract.release.none")}</Fact>}
      </Facts>
    </section>
  );
}
