// A state in a word, and what kind of news it is. A new state has no tone until it is given one here,
// and is shown calm.
import { useWords } from "../words/words";
import look from "./badge.module.css";

type Tone = "good" | "warn" | "bad" | "calm" | "blue";

const TONES: Record<string, Record<string, Tone>> = {
  OrderState: { PENDING_APPROVAL: "warn", CONFIRMED: "blue", CANCELLED: "calm", REJECTED: "bad" },
  FulfilmentStatus: {
    PARTIALLY_SHIPPED: "blue",
    SHIPPED: "blue",
    PARTIALLY_DELIVERED: "blue",
    DELIVERED: "good",
  },
  ContractState: { ACTIVE: "good", SUSPENDED: "warn", EXHAUSTED: "blue", TERMINATED: "bad" },
  DeliveryState: {
    DISPATCHED: "blue",
    PARTIALLY_DELIVERED: "warn",
    DELIVERED: "good",
    FAILED: "bad",
    LOST: "bad",
    RETURNED_TO_SENDER: "bad",
  },
  ParcelStatus: {
    PICKED_UP: "blue",
    IN_TRANSIT: "blue",
    OUT_FOR_DELIVERY: "blue",
    READY_FOR_PICKUP: "warn",
    ATTEMPT_FAILED: "warn",
    EXCEPTION: "bad",
    LOST: "bad",
    RETURNED_TO_SENDER: "bad",
    DELIVERED: "good",
  },
};

export function State({ of, value }: { of: keyof typeof TONES & string; value: string }) {
  const tone = TONES[of]?.[value] ?? "calm";
  return <span className={`${look.badge} ${look[tone]}`}>{useWords().word(of, value)}</span>;
}

export function Badge({ tone, children }: { tone: Tone; children: React.ReactNode }) {
  return <span className={`${look.badge} ${look[tone]}`}>{children}</span>;
}
