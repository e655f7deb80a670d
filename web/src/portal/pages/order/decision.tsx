// Approving and rejecting an order, for who may: the server says who that is, and what stands against it.
import { Button, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { ApproveDocument, type OrderHeadFragment, RejectDocument } from "../../generated/graphql";
import { type Acting, useAct } from "../../parts/data/acting";
import { useWords } from "../../parts/words/words";
import look from "./decision.module.css";

/** Somebody else was faster, of which the server tells in numbers. */
const CHANGED = "VERSION_CONFLICT";

function Why({ of }: { of: Pick<Acting<never>, "refusals" | "error"> }) {
  const { t } = useWords();
  if (of.refusals.length === 0 && of.error === null) return null;
  return (
    <div role="alert" className={look.refused}>
      {of.error && <p>{t("state.away.text")}</p>}
      {of.refusals.map((it) => (
        <p key={it.code + it.message}>{it.code === CHANGED ? t("state.changed") : it.message}</p>
      ))}
    </div>
  );
}

type Sent = { orderId: string; expectedVersion: number };

function Rejection({ sent, close }: { sent: Sent; close: () => void }) {
  const { t } = useWords();
  const [reason, say] = useState("");
  const reject = useAct<object, Sent & { reason: string }>(RejectDocument, close);
  return (
    <form
      className={look.form}
      onSubmit={(it) => {
        it.preventDefault();
        reject.act({ ...sent, reason });
      }}
    >
      <TextInput
        id={useId()}
        className={look.reason ?? ""}
        label={t("decision.reason")}
        value={reason}
        onChange={(it) => say(it.currentTarget.value)}
        required
        autoFocus
      />
      <Button type="submit" loading={reject.isActing} disabled={reason.trim() === ""}>
        {t("decision.reject")}
      </Button>
      <Button variant="default" onClick={close}>
        {t("decision.cancel")}
      </Button>
      <Why of={reject} />
    </form>
  );
}

export function Decision({ of }: { of: OrderHeadFragment }) {
  const { t } = useWords();
  const [isRejecting, ask] = useState(false);
  const approve = useAct<object, Sent>(ApproveDocument);
  const may = (action: "APPROVE" | "REJECT") => of.availableActions.includes(action);
  if (!may("APPROVE") && !may("REJECT")) return null;
  const sent = { orderId: of.id, expectedVersion: of.version };
  return (
    <section className={look.decision} aria-label={t("decision.title")}>
      {isRejecting ? (
        <Rejection sent={sent} close={() => ask(false)} />
      ) : (
        <div className={look.form}>
          <p className={look.question}>{t("decision.title")}</p>
          {may("APPROVE") && (
            <Button loading={approve.isActing} onClick={() => approve.act(sent)}>
              {t("decision.approve")}
            </Button>
          )}
          {may("REJECT") && (
            <Button variant="default" onClick={() => ask(true)}>
              {t("decision.rejecting")}
            </Button>
          )}
          <Why of={approve} />
        </div>
      )}
    </section>
  );
}
