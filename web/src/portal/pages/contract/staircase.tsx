// The staircase: what was called off, has left and has arrived, each summed up; the gap is in transit.
import { Area } from "@visx/shape";
import { curveStepAfter } from "@visx/curve";
import type { RoomLineFragment } from "../../generated/graphql";
import { Frame, Key, Keys } from "../../parts/charts/frame";
import { Steps } from "../../parts/charts/steps";
import { isNone, most } from "../../parts/figures/decimal";
import { useFigures } from "../../parts/figures/figures";
import { useWords } from "../../parts/words/words";
import look from "./room.module.css";
import { climbed, type Term, wanted } from "./series";

export function Staircase({ line, term }: { line: RoomLineFragment; term: Term }) {
  const { t } = useWords();
  const { quantity } = useFigures();
  const [called, issued, received] = (["calledOff", "shipped", "delivered"] as const).map((it) => climbed(line, it, term));
  const ahead = wanted(line, term);
  const top = [line.calledOff, line.shipped, line.delivered, ahead.at(-1)?.quantity ?? "0", "1"].reduce(most);
  const last = Temporal.PlainDate.from(ahead.at(-1)?.day ?? term.now).add({ weeks: 2 }).toString();
  const summary = t("contract.stairs.summary", {
    called: quantity(line.calledOff, line.unit),
    issued: quantity(line.shipped, line.unit),
    received: quantity(line.delivered, line.unit),
    transit: quantity(line.inTransit, line.unit),
  });
  // Between what has left and what has arrived lies what is under way, day by day.
  const between = (issued ?? []).map(({ day, quantity: upper }, place) => ({ day, upper, lower: received?.[place]?.quantity ?? "0" }));
  return (
    <figure className={look.figure}>
      <figcaption>
        <h3>{t("contract.stairs.title")}</h3>
        <p>{summary}</p>
      </figcaption>
      <Frame summary={summary} days={[term.validFrom, last]} quantities={["0", top]} now={term.now}>
        {(plot) => (
          <>
            <Area
              data={between}
              x={(it) => plot.x(it.day)}
              y0={(it) => plot.y(it.lower)}
              y1={(it) => plot.y(it.upper)}
              curve={curveStepAfter}
              className={look.gap ?? ""}
            />
            <Steps plot={plot} steps={called ?? []} className={look.called} />
            <Steps plot={plot} steps={issued ?? []} className={look.issued} />
            <Steps plot={plot} steps={received ?? []} className={look.received} />
            <Steps plot={plot} steps={ahead.concat(ahead.slice(-1).map((it) => ({ ...it, day: last })))} className={look.wanted} />
          </>
        )}
      </Frame>
      <Keys>
        <Key mark="called">{t("contract.column.calledOff")}</Key>
        <Key mark="issued">{t("contract.column.issued")}</Key>
        <Key mark="received">{t("contract.column.received")}</Key>
        {!isNone(line.inTransit) && <Key mark="gap">{t("contract.stairs.transit", { quantity: quantity(line.inTransit, line.unit) })}</Key>}
        {ahead.length > 0 && <Key mark="wanted">{t("contract.stairs.wanted")}</Key>}
        <Key mark="today">{t("chart.today")}</Key>
      </Keys>
    </figure>
  );
}
