// Packing: parcels with what lies in each; what lies in none was not found, and has a reason.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { CarriersDocument, type DeliveryActsFragment, PackDocument, type ParcelPackInput, type PickedLineInput, type ShortReason } from "../../../generated/graphql";
import { useAside } from "../../../parts/data/asking";
import { refusedAt, useAct } from "../../../parts/data/acting";
import { Amount, readAmount } from "../../../parts/figures/amount";
import { Quantity } from "../../../parts/figures/figures";
import { Panel, Question, Refused, submitting } from "../../../parts/page/panel";
import { backToTitle } from "../../../parts/page/title";
import { useWords } from "../../../parts/words/words";
import type { Sent } from "../sent";
import { another, begun, fieldsOf, type Filled, filledLines, isReadable, isWeight, missing, picked, told, withAmount } from "./filled";
import look from "./packing.module.css";

type Line = DeliveryActsFragment["lines"][number];
const REASONS = ["OUT_OF_STOCK", "NOT_FOUND", "DAMAGED", "QUALITY_HOLD", "OTHER"] as const satisfies readonly ShortReason[];

interface ParcelGiven {
  place: number;
  of: Filled;
  lines: readonly Line[];
  change: (it: Filled) => void;
  remove: (() => void) | null;
  errors: (name: string) => string | undefined;
}

function ParcelFields({ place, of, lines, change, remove, errors }: ParcelGiven) {
  const { t, locale } = useWords();
  const { data } = useAside(CarriersDocument, {});
  const isWrong = (typed: string) => typed.trim() !== "" && readAmount(typed, locale) === null;
  const filled = filledLines(of, lines);
  return (
    <fieldset className={look.parcel}>
      <legend>{t("parcel.title", { number: place + 1 })}</legend>
      {lines.map((it, index) => (
        <Amount
          key={it.id}
          isFirst={index === 0}
          label={it.orderLine.product.name}
          unit={it.orderLine.unit}
          value={of.amounts.get(it.id) ?? ""}
          change={(typed) => change(withAmount(of, it.id, typed))}
          error={isWrong(of.amounts.get(it.id) ?? "") ? t("amount.wrong") : errors(`contents.${filled.indexOf(it)}.quantity`)}
        />
      ))}
      <TextInput
        id={useId()}
        label={t("pack.tracking")}
        value={of.tracking}
        autoComplete="off"
        error={errors("trackingNumbers.0") ?? errors("trackingNumbers")}
        onChange={(it) => change({ ...of, tracking: it.currentTarget.value })}
      />
      <NativeSelect
        id={useId()}
        label={t("pack.carrier")}
        value={of.carrier}
        error={errors("carrierId")}
        onChange={(it) => change({ ...of, carrier: it.currentTarget.value })}
        data={[{ value: "", label: "–" }, ...(data?.parties?.nodes ?? []).map((it) => ({ value: it.id, label: it.name }))]}
      />
      <Amount
        label={t("pack.weight")}
        unit="KILOGRAM"
        value={of.kilograms}
        change={(kilograms) => change({ ...of, kilograms })}
        error={isWeight(of.kilograms, locale) ? errors("weightG") : t("amount.wrong")}
      />
      {remove && (
        <Button variant="subtle" onClick={remove}>
          {t("pack.remove", { number: place + 1 })}
        </Button>
      )}
    </fieldset>
  );
}

function Short({ of, amount, why, say, error }: { of: Line; amount: string; why: string; say: (it: ShortReason) => void; error: string | undefined }) {
  const { t, word } = useWords();
  return (
    <li className={look.short}>
      <span>
        <Quantity of={amount} unit={of.orderLine.unit} /> {of.orderLine.product.name}
      </span>
      <NativeSelect
        id={useId()}
        label={t("pack.why")}
        required
        value={why}
        error={error}
        onChange={(it) => say(it.currentTarget.value as ShortReason)}
        data={[{ value: "", label: t("pack.choose") }, ...REASONS.map((value) => ({ value, label: word("ShortReason", value) }))]}
      />
    </li>
  );
}

export function Packing({ of, sent, close }: { of: DeliveryActsFragment; sent: Sent; close: () => void }) {
  const { t, locale } = useWords();
  const [parcels, fill] = useState<readonly Filled[]>(() => [begun(of.lines, locale)]);
  const [reasons, reason] = useState<ReadonlyMap<string, ShortReason>>(new Map());
  const pack = useAct<object, Sent & { parcels: ParcelPackInput[]; lines: PickedLineInput[] }>(PackDocument, () => {
    close();
    backToTitle();
  });
  const change = (now: readonly Filled[]) => {
    pack.forget();
    fill(now);
  };
  const short = missing(of.lines, parcels, locale);
  const isReady = parcels.every((it) => isReadable(it, locale)) && short.every(({ line }) => reasons.has(line.id));
  const lines = picked(short, reasons);
  const send = () => pack.act({ ...sent, parcels: told(parcels, of.lines, locale), lines });
  return (
    <form onSubmit={submitting(send)}>
      <Panel label={t("act.pack")}>
        <Question>{t("pack.question")}</Question>
        <div className={look.parcels}>
          {parcels.map((it, place) => (
            <ParcelFields
              key={it.key}
              place={place}
              of={it}
              lines={of.lines}
              change={(now) => change(parcels.with(place, now))}
              remove={parcels.length > 1 ? () => change(parcels.toSpliced(place, 1)) : null}
              errors={(name) => refusedAt(pack.refusals, `parcels.${place}.${name}`)}
            />
          ))}
          <Button variant="default" className={look.more ?? ""} onClick={() => change([...parcels, another(parcels.at(-1)?.carrier)])}>
            {t("pack.more")}
          </Button>
        </div>
        {short.length > 0 && (
          <ul className={look.shorts} aria-label={t("pack.missing")}>
            <li className={look.soft}>{t("pack.missing")}</li>
            {short.map(({ line, amount }) => (
              <Short
                key={line.id}
                of={line}
                amount={amount}
                why={reasons.get(line.id) ?? ""}
                say={(it) => reason(new Map(reasons).set(line.id, it))}
                error={refusedAt(pack.refusals, `lines.${lines.findIndex((it) => it.deliveryLineId === line.id)}.shortReason`)}
              />
            ))}
          </ul>
        )}
        <Button type="submit" loading={pack.isActing} disabled={!isReady}>
          {t("pack.confirm")}
        </Button>
        <Button variant="default" onClick={close}>
          {t("act.back")}
        </Button>
        <Refused of={pack} fields={fieldsOf(parcels, of.lines)} />
      </Panel>
    </form>
  );
}
