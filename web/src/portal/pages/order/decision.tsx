// Approving and rejecting an order, for who may: the server says who that is, and what stands against it.
import { Button, TextInput } from "@mantine/core";
import { useId, useState } from "react";
import { ApproveDocument, type OrderHeadFragment, RejectDocument } from "../../generated/graphql";
import { useAct } from "../../parts/data/acting";
import { Panel, Question, Refused, submitting } from "../../parts/page/panel";
import { useWords } from "../../parts/words/words";
import look from "./decision.module.css";

type Sent = { orderId: string; expectedVersion: number };

function Rejection({ sent, close }: { sent: Sent; close: () => void }) {
  const { t } = useWords();
  const [reason, say] = useState("");
  const reject = useAct<object, Sent & { reason: string }>(RejectDocument, close);
  return (
    <form className={look.form} onSubmit={submitting(() => reject.act({ ...sent, reason }))}>
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
        {t("act.back")}
      </Button>
      <Refused of={reject} />
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
    <Panel label={t("decision.title")} isWaiting>
      {isRejecting ? (
        <Rejection sent={sent} close={() => ask(false)} />
      ) : (
        <>
          <Question>{t("decision.title")}</Question>
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
          <Refused of={approve} />
        </>
      )}
    </Panel>
  );
}
