// The form of a call-off: rows, what the server says to them while one types, and what they would do.
import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ClipboardEvent, useCallback, useId, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import {
  type CallOffLineFragment,
  type CallOffTermsFragment,
  type ContractCallOffInput,
  DrawDocument,
  type DrawMutation,
} from "../../../generated/graphql";
import { type Refusal, useAct, useDryRun } from "../../../parts/data/acting";
import { useFigures } from "../../../parts/figures/figures";
import { useWords } from "../../../parts/words/words";
import look from "./calloff.module.css";
import { type Draft, draftOf, faultOf, inputOf } from "./draft";
import { Effect } from "./effect";
import { FIELDS, nameOf, RowFields } from "./fields";
import { pasted } from "./paste";
import { Pasting } from "./pasting";
import { type Field, firstRow, missing, nextRow, type Row } from "./rows";
import { saidOf } from "./said";

const PAUSE_MS = 350;

export interface Choices {
  terms: CallOffTermsFragment;
  lines: readonly CallOffLineFragment[];
  channels: readonly { id: string; name: string }[];
  locations: readonly { id: string; name: string }[];
  recipient: string;
}

/** What is said of a form: at the fields of its rows, and of all of it. */
interface Said {
  at: Map<number, Partial<Record<Field, string>>>;
  recipient?: string;
  purchaseOrderNumber?: string;
  whole: string[];
  count: number;
}

function useSaid(refusals: readonly Refusal[], draft: Draft, { terms, lines }: Choices): Said {
  const words = useWords();
  const figures = useFigures();
  return useMemo(() => {
    const said: Said = { at: new Map(), whole: [], count: 0 };
    for (const refusal of refusals) {
      const fault = faultOf(refusal, draft);
      const row = draft.lines.flatMap((it) => it.rows).find((it) => it.key === fault.row);
      const text = saidOf(fault, { words, figures, terms, line: lines.find((it) => it.id === row?.line) });
      const { field } = fault;
      if (field === "recipient" || field === "purchaseOrderNumber") said[field] = text;
      else if (fault.row !== null && field !== null) said.at.set(fault.row, { [field]: text, ...said.at.get(fault.row) });
      else if (!said.whole.includes(text)) said.whole.push(text);
    }
    const fields = [...said.at.values()].flatMap((it) => Object.keys(it)).length;
    said.count = fields + said.whole.length + (said.recipient ? 1 : 0) + (said.purchaseOrderNumber ? 1 : 0);
    return said;
  }, [refusals, draft, words, figures, terms, lines]);
}

/** The rows, and what may be done with them. */
function useRows({ terms, lines }: Choices) {
  const { locale } = useWords();
  const [rows, set] = useState(() => [firstRow(terms, lines)]);
  const change = useCallback((row: Row) => set((all) => all.map((it) => (it.key === row.key ? row : it))), []);
  const remove = useCallback((row: Row) => set((all) => all.filter((it) => it.key !== row.key)), []);
  const add = () => set((all) => [...all, ...all.slice(-1).map(nextRow)]);
  /** Puts pasted rows behind a row, or in its place where nothing is in it. */
  const take = (text: string, key?: number) =>
    set((all) => {
      const found = all.findIndex((it) => it.key === key);
      const place = found < 0 ? all.length - 1 : found;
      const like = all[place];
      if (like === undefined) return all;
      const kept = like.quantity.trim() === "" ? place : place + 1;
      return [...all.slice(0, kept), ...pasted(text, { lines, sites: terms.shipTos, like, locale }), ...all.slice(place + 1)];
    });
  return { rows, change, remove, add, take };
}

function useForm(given: Choices) {
  const { terms, channels, locations } = given;
  const { locale } = useWords();
  const [, go] = useLocation();
  const kept = useRows(given);
  const [recipient, setRecipient] = useState(given.recipient);
  const [purchaseOrderNumber, setPurchase] = useState("");
  const [channelId, setChannel] = useState(channels[0]?.id ?? "");
  const [locationId, setLocation] = useState(terms.location?.id ?? locations[0]?.id ?? "");
  const head = { contractId: terms.id, channelId, locationId, recipient, purchaseOrderNumber };
  const draft = useMemo(() => draftOf(kept.rows, terms.shipTos, locale), [kept.rows, terms, locale]);
  const input = inputOf(draft, head);
  const [asked] = useDebouncedValue(JSON.stringify(draft.lines.length > 0 ? input : null), PAUSE_MS);
  const settled = useMemo(() => ({ fields: JSON.parse(asked) as ContractCallOffInput | null, draft }), [asked]);
  const trying = useDryRun<DrawMutation, ContractCallOffInput, Draft>(DrawDocument, settled.fields, settled.draft);
  const drawing = useAct<DrawMutation, ContractCallOffInput>(DrawDocument, ({ contractCallOff }) =>
    go(`/orders/${encodeURIComponent(contractCallOff.callOff?.number ?? "")}`),
  );
  // What was refused when it was sent is said until something is changed.
  const [sent, send] = useState("");
  const isSent = sent === JSON.stringify(input);
  const refusals = isSent && drawing.refusals.length > 0 ? drawing.refusals : trying.refusals;
  const said = useSaid(refusals, isSent ? draft : (trying.about ?? draft), given);
  const act = () => {
    send(JSON.stringify(input));
    drawing.act(input);
  };
  const fields = { recipient, setRecipient, purchaseOrderNumber, setPurchase, channelId, setChannel, locationId, setLocation };
  const isTrying = trying.isTrying || asked !== JSON.stringify(draft.lines.length > 0 ? input : null);
  return { ...kept, ...fields, draft, said, act, isTrying, isActing: drawing.isActing, error: drawing.error ?? trying.error };
}

type Form = ReturnType<typeof useForm>;

/** In one line: may it be done. */
function Verdict({ form }: { form: Form }) {
  const { t } = useWords();
  const { said, draft, isTrying, error } = form;
  const text = () => {
    if (error) return t("state.away.text");
    if (draft.lines.length === 0) return t("callOff.begin");
    if (isTrying) return t("callOff.checking");
    return said.count > 0 ? t("callOff.against", { count: said.count }) : t("callOff.fits");
  };
  const isAnswered = !error && !isTrying && draft.lines.length > 0;
  const tone = isAnswered && (said.count === 0 ? look.good : look.against);
  return (
    <div className={tone ? `${look.verdict} ${tone}` : look.verdict} aria-live="polite">
      <p>{text()}</p>
      {said.whole.map((it) => (
        <p key={it}>{it}</p>
      ))}
    </div>
  );
}

/** What is said once of all rows. */
function Head({ form, given: { channels, locations } }: { form: Form; given: Choices }) {
  const { t } = useWords();
  const [recipientId, purchaseId, channelId, locationId] = [useId(), useId(), useId(), useId()];
  const choices = (of: readonly { id: string; name: string }[]) => of.map((it) => ({ value: it.id, label: it.name }));
  return (
    <div className={look.head}>
      <TextInput
        id={purchaseId}
        label={t("order.fact.purchase")}
        value={form.purchaseOrderNumber}
        error={form.said.purchaseOrderNumber}
        onChange={(it) => form.setPurchase(it.currentTarget.value)}
        autoComplete="off"
      />
      <TextInput
        id={recipientId}
        label={t("callOff.recipient")}
        value={form.recipient}
        error={form.said.recipient}
        onChange={(it) => form.setRecipient(it.currentTarget.value)}
        autoComplete="off"
      />
      {channels.length > 1 && (
        <NativeSelect id={channelId} label={t("callOff.channel")} value={form.channelId} data={choices(channels)} onChange={(it) => form.setChannel(it.currentTarget.value)} />
      )}
      {locations.length > 1 && (
        <NativeSelect id={locationId} label={t("callOff.location")} value={form.locationId} data={choices(locations)} onChange={(it) => form.setLocation(it.currentTarget.value)} />
      )}
    </div>
  );
}

export function CallOffForm(given: Choices) {
  const { t, locale } = useWords();
  const form = useForm(given);
  const { terms, lines } = given;
  const [focused, focus] = useState<number | null>(null);
  const [isTried, tell] = useState(false);
  const fields = useRef<HTMLOListElement>(null);
  const watched = form.rows.find((it) => it.key === focused) ?? form.rows[0];
  const line = lines.find((it) => it.id === watched?.line) ?? lines[0];
  const lookAt = useCallback((row: Row) => focus(row.key), []);
  const gaps = (row: Row) => (isTried ? Object.fromEntries(missing(row, locale).map((it) => [it, t("callOff.missing")])) : {});
  const submit = () => {
    const [gap] = form.rows.flatMap((row) => missing(row, locale).map((field) => `${row.key}.${field}`));
    tell(gap !== undefined);
    if (gap) fields.current?.querySelector<HTMLElement>(`[data-field="${gap}"]`)?.focus();
    else form.act();
  };
  const paste = (it: ClipboardEvent) => {
    const text = it.clipboardData.getData("text");
    if (!/[\t\n]/.test(text.trim())) return;
    it.preventDefault();
    form.take(text, watched?.key);
  };
  return (
    <form
      className={look.form}
      noValidate
      onSubmit={(it) => {
        it.preventDefault();
        submit();
      }}
    >
      <Head form={form} given={given} />
      <div className={look.table}>
        <p className={look.names} aria-hidden="true">
          <span />
          {FIELDS.map((it) => (
            <span key={it}>{t(nameOf(it))}</span>
          ))}
        </p>
        <ol className={look.rows} ref={fields} onPaste={paste} aria-label={t("callOff.rows")}>
          {form.rows.map((row, place) => (
            <RowFields
              key={row.key}
              row={row}
              place={place}
              lines={lines}
              sites={terms.shipTos}
              said={{ ...form.said.at.get(row.key), ...gaps(row) }}
              isAlone={form.rows.length === 1}
              change={form.change}
              remove={form.remove}
              look={lookAt}
            />
          ))}
        </ol>
        <div className={look.below}>
          <Button variant="default" onClick={form.add}>
            {t("callOff.add")}
          </Button>
          <Pasting take={form.take} />
        </div>
      </div>
      <div className={look.end}>
        <Verdict form={form} />
        <Button type="submit" loading={form.isActing}>
          {t("callOff.send", { count: form.draft.loads.length })}
        </Button>
      </div>
      {line && <Effect draft={form.draft} line={line} lines={lines} terms={terms} />}
    </form>
  );
}
