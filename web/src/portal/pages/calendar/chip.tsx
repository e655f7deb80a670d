// A delivery in the calendar: pressed it opens, dragged or moved by keys it goes to another day.
import { UnstyledButton } from "@mantine/core";
import type { CSSProperties, KeyboardEvent } from "react";
import { useWords } from "../../parts/words/words";
import look from "./calendar.module.css";
import type { Arrival } from "./days";

/** What a dragged delivery is known by. */
export const DRAGGED = "application/x-abruf-delivery";
const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

export function mayMove({ delivery }: Arrival): boolean {
  return delivery.availableActions.includes("RESCHEDULE");
}

/** "08:00–12:00" by the clock of the place. */
export function useTimes() {
  const { locale } = useWords();
  return ({ delivery: { window }, site }: Arrival) => {
    const form = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: site.timeZone });
    return form.formatRange(new Date(window.earliest), new Date(window.latest));
  };
}

const TONES: Record<string, string | undefined> = {
  DELIVERED: look.arrived,
  DISPATCHED: look.shipped,
  PARTIALLY_DELIVERED: look.shipped,
  PACKED: look.packed,
};

interface Given {
  arrival: Arrival;
  /** Opens it; by how many days it is to be moved. */
  open: (arrival: Arrival, days: number) => void;
  isNamed?: boolean;
  style?: CSSProperties;
}

export function Chip({ arrival, open, isNamed = false, style }: Given) {
  const { t, word } = useWords();
  const times = useTimes();
  const { delivery, site } = arrival;
  const isMovable = mayMove(arrival);
  const tone = delivery.isLate ? look.late : (TONES[delivery.state] ?? look.planned);
  const keys = (it: KeyboardEvent) => {
    const days = STEPS[it.key];
    if (!isMovable || !it.shiftKey || days === undefined) return;
    it.preventDefault();
    open(arrival, days);
  };
  const whose = site.place.name ?? (site.place.city || delivery.recipient?.name || delivery.party?.name);
  return (
    <UnstyledButton
      className={`${look.chip} ${tone}`}
      style={style}
      draggable={isMovable}
      onDragStart={(it) => it.dataTransfer.setData(DRAGGED, delivery.id)}
      onKeyDown={keys}
      onClick={() => open(arrival, 0)}
      aria-keyshortcuts={isMovable ? "Shift+ArrowLeft Shift+ArrowRight Shift+ArrowUp Shift+ArrowDown" : undefined}
    >
      <strong>{delivery.number}</strong>
      <span>{times(arrival)}</span>
      {isNamed && <span>{whose}</span>}
      <span className={look.state}>{delivery.isLate ? t("order.late") : word("DeliveryState", delivery.state)}</span>
    </UnstyledButton>
  );
}
