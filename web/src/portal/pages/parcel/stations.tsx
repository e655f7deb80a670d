// Where a parcel was seen, the latest first: when it happened, and when we were told.
import { SightingFragmentDoc } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { Badge } from "../../parts/look/badge";
import { Clock } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import look from "./stations.module.css";

type Ref = FragmentType<typeof SightingFragmentDoc>;

/** Minutes within which a report is as good as at once. */
const AT_ONCE_MIN = 1;

function isLater(occurred: string, recorded: string): boolean {
  return Date.parse(recorded) - Date.parse(occurred) >= AT_ONCE_MIN * 60_000;
}

function Station({ of, zone }: { of: Ref; zone: string }) {
  const { t, word } = useWords();
  const seen = read(SightingFragmentDoc, of);
  return (
    <li className={look.station} data-status={seen.status}>
      <div className={look.when}>
        <Clock instant={seen.occurredAt} zone={zone} />
        {isLater(seen.occurredAt, seen.recordedAt) && (
          <span className={look.soft}>
            {t("parcel.reported")} <Clock instant={seen.recordedAt} zone={zone} />
          </span>
        )}
      </div>
      <div>
        <p className={look.what}>
          {word("ParcelStatus", seen.status)}
          {seen.isDelay && <Badge tone="warn">{t("parcel.delayed")}</Badge>}
          {(seen.isCorrection || seen.isErrorDeclaration) && <Badge tone="calm">{t("parcel.corrected")}</Badge>}
        </p>
        <p className={look.soft}>{[seen.place, seen.message].filter(Boolean).join(" · ")}</p>
      </div>
    </li>
  );
}

export function Stations({ of, zone }: { of: readonly (Ref & { id: string })[]; zone: string }) {
  return (
    <ol className={look.stations} reversed>
      {of.map((it) => (
        <Station key={it.id} of={it} zone={zone} />
      ))}
    </ol>
  );
}
