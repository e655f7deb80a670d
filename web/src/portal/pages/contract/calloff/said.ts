// What stands against a call-off, in the reader's language where the page knows the figures of the rule.
import type { CallOffLineFragment, CallOffTermsFragment } from "../../../generated/graphql";
import { least, less, most } from "../../../parts/figures/decimal";
import type { useFigures } from "../../../parts/figures/figures";
import type { Words } from "../../../parts/words/words";
import type { Fault } from "./draft";

interface About {
  words: Words;
  figures: ReturnType<typeof useFigures>;
  terms: CallOffTermsFragment;
  line: CallOffLineFragment | undefined;
}

/** How much of a line one call-off may bring at the most. */
export function mostOf(line: CallOffLineFragment): string {
  const left = most(less(line.ceiling, line.calledOff), "0");
  return line.maxPerCallOff === null ? left : least(left, line.maxPerCallOff);
}

/** The words for a fault; the server's own where there are none here. */
export function saidOf({ refusal }: Fault, { words: { t }, figures: { quantity }, terms, line }: About): string {
  const figure = (of: string | null | undefined) => (line && of ? quantity(of, line.unit) : "");
  switch (refusal.code) {
    case "LOT_MULTIPLE":
      return t("callOff.refused.LOT_MULTIPLE", { quantity: figure(line?.lotMultiple) });
    case "BELOW_MINIMUM":
      return t("callOff.refused.BELOW_MINIMUM", { quantity: figure(line?.minPerCallOff) });
    case "EXCEEDS_MAX":
      return t("callOff.refused.EXCEEDS_MAX", { quantity: figure(line && mostOf(line)) });
    case "NOTICE_TOO_SHORT":
      return t("callOff.refused.NOTICE_TOO_SHORT", { days: terms.minNoticeDays });
    case "OUTSIDE_VALIDITY":
      return t("callOff.refused.OUTSIDE_VALIDITY", { number: terms.number });
    case "OUTSIDE_RECEIVING_HOURS":
      return t("callOff.refused.OUTSIDE_RECEIVING_HOURS");
    case "INVALID_WINDOW":
      return t("callOff.refused.INVALID_WINDOW");
    default:
      return refusal.message;
  }
}
