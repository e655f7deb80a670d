// Counting what came: each line has what was sent beside a field, and a reason where they differ.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { type DeliveryActsFragment, ReceiveDocument, type ReceiptDifference, type ReceivedLineInput } from "../../generated/graphql";
import { refusedAt, useAct } from "../../parts/data/acting";
import { Amount, readAmount, typedAmount } from "../../parts/figures/amount";
import { compare } from "../../parts/figures/decimal";
import { Quantity } from "../../parts/figures/figures";
import { Panel, Question, Refused, submitting } from "../../parts/page/panel";
import { backToTitle } from "../../parts/page/title";
import { useWords } from "../../parts/words/words";
import type { Sent } from "./sent";
import look from "./delivery.module.css";

type Line = DeliveryActsFragment["lines"][number];

/** What is said of a line. typed: how much of it came, as one writes it. */
interface Said {
  typed: string;
  why: ReceiptDifference;
  note: string;
}

/** More is always OVER; why it is less, who has counted says. */
const LESS = ["SHORT", "DAMAGED", "WRONG_ITEM", "REFUSED"] as const satisfies readonly ReceiptDifference[];

interface Given {
  of: Line;
  isFirst: boolean;
  said: Said;
  say: (it: Said) => void;
  errors: (name: string) => string | undefined;
}

function Field({ of, isFirst, said, say, errors }: Given) {
  const { t, word, locale } = useWords();
  const { product, unit } = of.orderLine;
  const read = readAmount(said.typed, locale);
  const differs = read === null ? 0 : compare(read, of.shipped);
  const invalid = read === null ? t("amount.wrong") : undefined;
  return (
    <li className={look.row}>
      <span className={look.article}>
        {product.name}
        <span className={look.soft}>{product.sku}</span>
      </span>
      <span className={look.sent}>
        <span className={look.soft}>{t("delivery.column.sent")}</span>
        <Quantity of={of.shipped} unit={unit} />
      </span>
      <Amount
        label={t("delivery.column.counted")}
        name={t("receipt.counted", { article: product.name })}
        isFirst={isFirst}
        value={said.typed}
        unit={unit}
        change={(typed) => say({ ...said, typed })}
        error={invalid ?? errors("received")}
      />
      {differs !== 0 && (
        <span className={look.why}>
          <NativeSelect
            label={t("receipt.why")}
            value={differs > 0 ? "OVER" : said.why}
            error={errors("difference")}
            onChange={(it) => say({ ...said, why: it.currentTarget.value as ReceiptDifference })}
            data={(differs > 0 ? (["OVER"] as const) : LESS).map((value) => ({ value, label: word("ReceiptDifference", value) }))}
          />
          <TextInput className={look.note ?? ""} label={t("receipt.note")} value={said.note} error={errors("note")} onChange={(it) => say({ ...said, note: it.currentTarget.value })} />
        </span>
      )}
    </li>
  );
}

/** What was said of a line last; before that, that all of it came. */
function begun(line: Line, receipts: DeliveryActsFragment["receipts"], locale: string): Said {
  const [last] = [...receipts].sort((one, other) => other.sequence - one.sequence);
  const said = last?.lines.find((it) => it.deliveryLine.id === line.id);
  const why = said?.difference && said.difference !== "OVER" ? said.difference : "SHORT";
  return { typed: typedAmount(said?.received ?? line.shipped, locale), why, note: said?.note ?? "" };
}

/** What the server is told of a line. */
function told(line: Line, { typed, why, note }: Said, locale: string): ReceivedLineInput {
  const received = readAmount(typed, locale) ?? line.shipped;
  const differs = compare(received, line.shipped);
  const difference = differs === 0 ? null : differs > 0 ? "OVER" : why;
  return { deliveryLineId: line.id, received, difference, note: differs === 0 || note.trim() === "" ? null : note.trim() };
}

const FIELDS = ["received", "difference", "note"];

export function Receiving({ of, sent, close }: { of: DeliveryActsFragment; sent: Sent; close: () => void }) {
  const { t, locale } = useWords();
  const begin = (it: Line) => begun(it, of.receipts, locale);
  const [said, say] = useState(() => new Map(of.lines.map((it) => [it.id, begin(it)])));
  const [by, sign] = useState("");
  const [reference, refer] = useState("");
  const receive = useAct<object, Sent & { lines: ReceivedLineInput[]; receivedBy: string | null; reference: string | null }>(ReceiveDocument, () => {
    close();
    backToTitle();
  });
  const ofLine = (it: Line) => said.get(it.id) ?? begin(it);
  const isWrong = of.lines.some((it) => readAmount(ofLine(it).typed, locale) === null);
  const send = () =>
    receive.act({
      ...sent,
      lines: of.lines.map((it) => told(it, ofLine(it), locale)),
      receivedBy: by.trim() || null,
      reference: reference.trim() || null,
    });
  return (
    <form onSubmit={submitting(send)}>
      <Panel label={t("act.receive")}>
        <Question>{t("receipt.question")}</Question>
        <ul className={look.rows}>
          {of.lines.map((it, place) => (
            <Field
              key={it.id}
              of={it}
              isFirst={place === 0}
              said={ofLine(it)}
              say={(now) => {
                receive.forget();
                say(new Map(said).set(it.id, now));
              }}
              errors={(name) => refusedAt(receive.refusals, `lines.${place}.${name}`)}
            />
          ))}
        </ul>
        <TextInput id={useId()} label={t("receipt.by")} value={by} error={refusedAt(receive.refusals, "receivedBy")} onChange={(it) => sign(it.currentTarget.value)} />
        <TextInput
          id={useId()}
          label={t("receipt.reference")}
          value={reference}
          error={refusedAt(receive.refusals, "reference")}
          onChange={(it) => refer(it.currentTarget.value)}
        />
        <Button type="submit" loading={receive.isActing} disabled={isWrong}>
          {t("receipt.confirm")}
        </Button>
        <Button variant="default" onClick={close}>
          {t("act.back")}
        </Button>
        <Refused of={receive} fields={["receivedBy", "reference", ...of.lines.flatMap((_, place) => FIELDS.map((it) => `lines.${place}.${it}`))]} />
      </Panel>
    </form>
  );
}
