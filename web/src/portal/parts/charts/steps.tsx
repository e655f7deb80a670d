// A quantity that stays until it changes: a staircase.
import { curveStepAfter } from "@visx/curve";
import { LinePath } from "@visx/shape";
import type { Plot } from "./frame";

export interface Step {
  day: string;
  quantity: string;
}

export function Steps({ plot, steps, className }: { plot: Plot; steps: readonly Step[]; className: string | undefined }) {
  return (
    <LinePath
      data={[...steps]}
      x={(it) => plot.x(it.day)}
      y={(it) => plot.y(it.quantity)}
      curve={curveStepAfter}
      className={className ?? ""}
    />
  );
}
