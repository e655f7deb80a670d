// What may be done with a delivery now, as the server says: release, pack, dispatch, count what came.
import { Button } from "@mantine/core";
import { type ReactNode, useState } from "react";
import {
  type DeliveryAction,
  type DeliveryActsFragment,
  DeliveryActsFragmentDoc,
  DispatchDocument,
  ReleaseDocument,
} from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { useAct } from "../../parts/data/acting";
import { Panel, Question, Refused } from "../../parts/page/panel";
import { backToTitle } from "../../parts/page/title";
import type { Id } from "../../parts/words/languages";
import { useWords } from "../../parts/words/words";
import { Packing } from "./packing/packing";
import { Receiving } from "./receiving";
import type { Sent } from "./sent";

/** The nearest to the end comes first: what is packed may leave, and be packed anew. */
const STEPS = ["CONFIRM_RECEIPT", "DISPATCH", "PACK", "RELEASE"] as const satisfies readonly DeliveryAction[];
type Step = (typeof STEPS)[number];

const CALLED: Record<Step, Id> = {
  CONFIRM_RECEIPT: "act.receive",
  DISPATCH: "act.dispatch",
  PACK: "act.pack",
  RELEASE: "act.release",
};
const ASKED: Record<Step, Id> = {
  CONFIRM_RECEIPT: "delivery.ask.receive",
  DISPATCH: "delivery.ask.dispatch",
  PACK: "delivery.ask.pack",
  RELEASE: "delivery.ask.release",
};
const FORMS: Partial<Record<Step, (given: { of: DeliveryActsFragment; sent: Sent; close: () => void }) => ReactNode>> = {
  CONFIRM_RECEIPT: Receiving,
  PACK: Packing,
};

function Steps({ steps, sent, isCounted, open }: { steps: readonly Step[]; sent: Sent; isCounted: boolean; open: (step: Step) => void }) {
  const { t } = useWords();
  const release = useAct<object, Sent>(ReleaseDocument, backToTitle);
  const dispatch = useAct<object, Sent>(DispatchDocument, backToTitle);
  const at = { RELEASE: release, DISPATCH: dispatch };
  const [first] = steps;
  if (first === undefined) return null;
  const said = (step: Step) => t(step === "CONFIRM_RECEIPT" && isCounted ? "act.correct" : CALLED[step]);
  return (
    <Panel label={t("delivery.next")} isWaiting={!isCounted}>
      <Question>{t(isCounted ? "delivery.ask.counted" : ASKED[first])}</Question>
      {steps.map((step, place) => {
        const acting = step === "RELEASE" || step === "DISPATCH" ? at[step] : null;
        return (
          <Button
            key={step}
            variant={place === 0 && !isCounted ? "filled" : "default"}
            loading={acting?.isActing ?? false}
            onClick={() => (acting ? acting.act(sent) : open(step))}
          >
            {said(step)}
          </Button>
        );
      })}
      <Refused of={release} />
      <Refused of={dispatch} />
    </Panel>
  );
}

export function Acts({ id, of }: { id: string; of: FragmentType<typeof DeliveryActsFragmentDoc> }) {
  const delivery = read(DeliveryActsFragmentDoc, of);
  const [opened, open] = useState<Step | null>(null);
  const steps = STEPS.filter((it) => delivery.availableActions.includes(it));
  const sent = { deliveryId: id, expectedVersion: delivery.version };
  const Form = opened && steps.includes(opened) ? FORMS[opened] : undefined;
  if (!Form) return <Steps steps={steps} sent={sent} isCounted={delivery.receipts.length > 0} open={open} />;
  return <Form of={delivery} sent={sent} close={() => open(null)} />;
}
