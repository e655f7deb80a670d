// What every chart over time stands in: days to the right, quantities upwards, now as a line.
import { AxisBottom, AxisLeft } from "@visx/axis";
import { GridRows } from "@visx/grid";
import { scaleLinear, scaleUtc } from "@visx/scale";
import { useElementSize } from "@mantine/hooks";
import { type ReactNode, useMemo } from "react";
import { useFigures } from "../figures/figures";
import { useWords } from "../words/words";
import look from "./charts.module.css";

const HEIGHT = 300;
const EDGE = { top: 12, right: 12, bottom: 28, left: 60 };
const PER_TICK = 90;

export type Scale = (value: number | Date) => number;

export interface Plot {
  x: (day: string) => number;
  y: (quantity: string) => number;
  width: number;
  height: number;
}

interface Given {
  /** What one hears in place of seeing it. */
  summary: string;
  days: readonly [string, string];
  quantities: readonly [string, string];
  now: string;
  children: (plot: Plot) => ReactNode;
}

export function dateOf(day: string): Date {
  return new Date(`${day}T00:00:00Z`);
}

export function Frame({ summary, days, quantities, now, children }: Given) {
  const { ref, width } = useElementSize();
  const { number } = useFigures();
  const { locale } = useWords();
  const [inner, height] = [Math.max(width - EDGE.left - EDGE.right, 0), HEIGHT - EDGE.top - EDGE.bottom];
  const [first, last] = days;
  const [least, most] = quantities;
  const scales = useMemo(() => {
    const x = scaleUtc({ domain: [dateOf(first), dateOf(last)], range: [0, inner] });
    const y = scaleLinear({ domain: [Number(least), Number(most)], range: [height, 0], nice: true });
    return { x, y };
  }, [first, last, inner, least, most, height]);
  const plot: Plot = {
    x: (day) => scales.x(dateOf(day)),
    y: (quantity) => scales.y(Number(quantity)),
    width: inner,
    height,
  };
  const month = new Intl.DateTimeFormat(locale, { month: "short", timeZone: "UTC" });
  return (
    <div ref={ref} className={look.frame}>
      {inner > 0 && (
        <svg width={width} height={HEIGHT} role="img" aria-label={summary}>
          <g transform={`translate(${EDGE.left} ${EDGE.top})`}>
            <GridRows scale={scales.y} width={inner} numTicks={5} className={look.grid ?? ""} />
            {children(plot)}
            <line className={look.now} x1={plot.x(now)} x2={plot.x(now)} y1={0} y2={height} />
            <AxisLeft
              scale={scales.y}
              numTicks={5}
              hideAxisLine
              hideTicks
              tickFormat={(it) => number(String(it))}
              tickClassName={look.tick ?? ""}
              tickLabelProps={{ textAnchor: "end", dx: -4, dy: 4 }}
            />
            <AxisBottom
              top={height}
              scale={scales.x}
              numTicks={Math.max(2, Math.floor(inner / PER_TICK))}
              tickFormat={(it) => month.format(it as Date)}
              axisLineClassName={look.axis ?? ""}
              tickLineProps={{ className: look.axis ?? "" }}
              tickClassName={look.tick ?? ""}
              tickLabelProps={{ textAnchor: "middle", dy: 4 }}
            />
          </g>
        </svg>
      )}
    </div>
  );
}

/** What a mark means, beside a piece of it. */
export function Key({ mark, children }: { mark: string; children: ReactNode }) {
  return (
    <li>
      <span className={`${look.mark} ${look[mark]}`} aria-hidden="true" />
      {children}
    </li>
  );
}

export function Keys({ children }: { children: ReactNode }) {
  return <ul className={look.keys}>{children}</ul>;
}
