// A delivery opened in the calendar: when it comes, and, for who may, another time for it.
import { Button, Drawer, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useId, useState } from "react";
import { Link } from "wouter";
import { type DeliveryRescheduleInput, RescheduleDocument, type RescheduleMutation } from "../../generated/graphql";
import { type Refusal, useAct, useDryRun } from "../../parts/data/acting";
import { State } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { submitting } from "../../parts/page/panel";
import { type Span, WindowClock } from "../../parts/words/clock";
import { openings, windowAt } from "../../parts/words/places";
import { useWords } from "../../parts/words/words";
import look from "./calendar.module.css";
import { mayMove } from "./chip";
import type { Arrival } from "./days";

const PAUSE_MS = 350;
/** Somebody else was faster, of which the server tells in numbers. */
const CHANGED = "VERSION_CONFLICT";

export interface Moved {
  arrival: Arrival;
  /** By how many days it is dragged. */
  days: number;
}

interface Time {
  day: string;
  from: string;
  to: string;
  reason: string;
}

function timeOf({ arrival: { delivery, site }, days }: Moved): Time {
  const at = (instant: string) => Temporal.Instant.from(instant).toZonedDateTimeISO(site.timeZone);
  const [from, to] = [at(delivery.window.earliest), at(delivery.window.latest)];
  const clock = (it: Temporal.ZonedDateTime) => it.toPlainTime().toString({ smallestUnit: "minute" });
  return { day: from.toPlainDate().add({ days }).toString(), from: clock(from), to: clock(to), reason: delivery.windowOverride ?? "" };
}

/** The input of the change; null as long as something is missing, or nothing is changed. */
function inputOf({ arrival: { delivery, site } }: Moved, time: Time): DeliveryRescheduleInput | null {
  if (time.day === "" || time.from === "" || time.to === "") return null;
  const window = windowAt(site.timeZone, time.day, time.from, time.to);
  const isSame = (["earliest", "latest"] as const).every((it) => Date.parse(window[it]) === Date.parse(delivery.window[it]));
  if (isSame) return null;
  const override = time.reason.trim() && { windowOverride: time.reason.trim() };
  return { deliveryId: delivery.id, expectedVersion: delivery.version, window, ...override };
}

function Told({ refusals, isAsked, isTrying }: { refusals: readonly Refusal[]; isAsked: boolean; isTrying: boolean }) {
  const { t } = useWords();
  const said = (it: Refusal) => {
    if (it.code === CHANGED) return t("state.changed");
    if (it.code === "OUTSIDE_RECEIVING_HOURS") return t("callOff.refused.OUTSIDE_RECEIVING_HOURS");
    return it.code === "INVALID_WINDOW" ? t("callOff.refused.INVALID_WINDOW") : it.message;
  };
  const text = isTrying ? t("callOff.checking") : t("calendar.fits");
  const tone = isAsked && !isTrying ? (refusals.length > 0 ? look.against : look.good) : "";
  return (
    <div aria-live="polite" className={isAsked ? `${look.told} ${tone}` : undefined}>
      {isAsked && (refusals.length === 0 || isTrying) && <p>{text}</p>}
      {!isTrying && refusals.map((it) => <p key={it.code + it.message}>{said(it)}</p>)}
    </div>
  );
}

function Form({ moved, close }: { moved: Moved; close: () => void }) {
  const { t } = useWords();
  const [dayId, fromId, toId, reasonId] = [useId(), useId(), useId(), useId()];
  const [time, set] = useState(() => timeOf(moved));
  const input = inputOf(moved, time);
  const [settled] = useDebouncedValue(JSON.stringify(input), PAUSE_MS);
  const asked = JSON.parse(settled) as DeliveryRescheduleInput | null;
  const trying = useDryRun<RescheduleMutation, DeliveryRescheduleInput, null>(RescheduleDocument, asked, null);
  const moving = useAct<RescheduleMutation, DeliveryRescheduleInput>(RescheduleDocument, close);
  const refusals = moving.refusals.length > 0 ? moving.refusals : trying.refusals;
  const { site } = moved.arrival;
  const hours = time.day ? openings(site, time.day) : null;
  const field = (name: keyof Time) => ({
    value: time[name],
    onChange: (it: { currentTarget: { value: string } }) => {
      moving.forget();
      set({ ...time, [name]: it.currentTarget.value });
    },
  });
  return (
    <form className={look.form} onSubmit={submitting(() => input && moving.act(input))}>
      <h3>{t("calendar.move")}</h3>
      <TextInput
        {...field("day")}
        id={dayId}
        type="date"
        label={t("callOff.column.day")}
        data-autofocus
        inputWrapperOrder={["label", "input", "description", "error"]}
        description={hours === null ? t("callOff.anyTime") : hours.map((it) => `${it.opens}–${it.closes}`).join(", ") || t("callOff.closed")}
      />
      <div className={look.times}>
        <TextInput {...field("from")} id={fromId} type="time" label={t("callOff.column.from")} />
        <TextInput {...field("to")} id={toId} type="time" label={t("callOff.column.to")} />
      </div>
      <TextInput {...field("reason")} id={reasonId} label={t("calendar.reason")} description={t("calendar.reasonHint")} />
      {input && (
        <p className={look.proposed}>
          <WindowClock of={input.window as Span} />
        </p>
      )}
      {(moving.error ?? trying.error) && <p role="alert">{t("state.away.text")}</p>}
      <Told refusals={refusals} isAsked={input !== null} isTrying={trying.isTrying || settled !== JSON.stringify(input)} />
      <Button type="submit" disabled={input === null} loading={moving.isActing}>
        {t("calendar.save")}
      </Button>
    </form>
  );
}

export function Moving({ moved, close }: { moved: Moved | null; close: () => void }) {
  const { t } = useWords();
  const delivery = moved?.arrival.delivery;
  return (
    <Drawer
      opened={moved !== null}
      onClose={close}
      position="right"
      title={<strong>{delivery?.number}</strong>}
      lockScroll={false}
      closeButtonProps={{ "aria-label": t("shell.close") }}
    >
      {moved && delivery && (
        <div className={look.opened}>
          <p>
            <State of="DeliveryState" value={delivery.state} />
          </p>
          <p>{delivery.party?.name ?? delivery.recipient?.name}</p>
          <WindowClock of={{ ...delivery.window, timeZone: moved.arrival.site.timeZone }} />
          {delivery.windowOverride && <p className={page.soft}>{delivery.windowOverride}</p>}
          <Link href={`/deliveries/${encodeURIComponent(delivery.number)}`} className={page.link}>
            {t("calendar.open")}
          </Link>
          {mayMove(moved.arrival) && <Form key={`${delivery.id} ${moved.days} ${delivery.version}`} moved={moved} close={close} />}
        </div>
      )}
    </Drawer>
  );
}
