// The staircase: what was released, has left and has arrived, each summed up; the gap is in transit. Where nobody
// sends schedules, what was called off stands in the place of what was released.
import { Area } from "@visx/shape";
import { curveStepAfter } from "@visx/curve";
import { DemandDocument, type DemandQuery, type RoomLineFragment } from "../../generated/graphql";
import { Frame, Key, Keys } from "../../parts/charts/frame";
import { Steps } from "../../parts/charts/steps";
import { type Growing, useOnward } from "../../parts/data/asking";
import { isNone, most } from "../../parts/figures/decimal";
import { type Total, useFigures } from "../../parts/figures/figures";
import { MoreByHand } from "../../parts/lists/more";
import { useWords } from "../../parts/words/words";
import look from "./room.module.css";
import { climbed, type Term, wanted } from "./series";

/** So many days of a schedule are read by themselves. */
const AT_ONCE = 1_000;

const demandOf = ({ node }: DemandQuery) => (node && "demand" in node ? node.demand : null);

/** Says how much of the schedule is drawn, where that is not all. */
function Unread({ of, total }: { of: Growing<unknown>; total: Total }) {
  return <MoreByHand {...of} shown={of.pages.flat().length} total={total} />;
}

function useSummary(line: RoomLineFragment): string {
  const { t } = useWords();
  const { quantity } = useFigures();
  const said = {
    issued: quantity(line.shipped, line.unit),
    received: quantity(line.delivered, line.unit),
    transit: quantity(line.inTransit, line.unit),
  };
  return isNone(line.released)
    ? t("contract.stairs.summary", { ...said, called: quantity(line.calledOff, line.unit) })
    : t("contract.stairs.releasedSummary", { ...said, released: quantity(line.released, line.unit) });
}

export function Staircase({ line, term }: { line: RoomLineFragment; term: Term }) {
  const { t } = useWords();
  const { quantity } = useFigures();
  const demand = useOnward(DemandDocument, { contractLine: line.id }, demandOf, line.demand, AT_ONCE);
  const upper = isNone(line.released) ? "calledOff" : "released";
  const [asked, issued, received] = ([upper, "shipped", "delivered"] as const).map((it) => climbed(line, it, term));
  const ahead = wanted(line, demand.pages.flat(), term);
  const top = [line[upper], line.shipped, line.delivered, ahead.at(-1)?.quantity ?? "0", "1"].reduce(most);
  const last = Temporal.PlainDate.from(ahead.at(-1)?.day ?? term.now).add({ weeks: 2 }).toString();
  const summary = useSummary(line);
  // Between what has left and what has arrived lies what is under way, day by day.
  const between = (issued ?? []).map((it, place) => ({ ...it, lower: received?.[place]?.quantity ?? "0" }));
  return (
    <figure className={look.figure}>
      <figcaption>
        <h3>{t(upper === "released" ? "contract.stairs.releasedTitle" : "contract.stairs.title")}</h3>
        <p>{summary}</p>
      </figcaption>
      <Frame summary={summary} days={[term.validFrom, last]} quantities={["0", top]} now={term.now}>
        {(plot) => (
          <>
            <Area
              data={between}
              x={(it) => plot.x(it.day)}
              y0={(it) => plot.y(it.lower)}
              y1={(it) => plot.y(it.quantity)}
              curve={curveStepAfter}
              className={look.gap ?? ""}
            />
            <Steps plot={plot} steps={asked ?? []} className={look.called} />
            <Steps plot={plot} steps={issued ?? []} className={look.issued} />
            <Steps plot={plot} steps={received ?? []} className={look.received} />
            <Steps plot={plot} steps={ahead.concat(ahead.slice(-1).map((it) => ({ ...it, day: last })))} className={look.wanted} />
          </>
        )}
      </Frame>
      <Keys>
        <Key mark="called">{t(upper === "released" ? "contract.column.released" : "contract.column.calledOff")}</Key>
        <Key mark="issued">{t("contract.column.issued")}</Key>
        <Key mark="received">{t("contract.column.received")}</Key>
        {!isNone(line.inTransit) && <Key mark="gap">{t("contract.stairs.transit", { quantity: quantity(line.inTransit, line.unit) })}</Key>}
        {ahead.length > 0 && <Key mark="wanted">{t("contract.stairs.wanted")}</Key>}
        <Key mark="today">{t("chart.today")}</Key>
      </Keys>
      <Unread of={demand} total={line.demand} />
    </figure>
  );
}
