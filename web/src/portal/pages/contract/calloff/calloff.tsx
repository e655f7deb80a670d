// Calling off: several deliveries at once out of one contract.
import { CallOffDocument, CallOffLineFragmentDoc, type CallOffQuery, CallOffTermsFragmentDoc } from "../../../generated/graphql";
import { read } from "../../../generated/fragment-masking";
import { useAnswer } from "../../../parts/data/asking";
import { Answered, Notice, Nowhere } from "../../../parts/page/states";
import { Title } from "../../../parts/page/title";
import { useWords } from "../../../parts/words/words";
import { CallOffForm, type Choices } from "./form";

/** Out of what may be chosen. Who orders over no channel in particular chooses among those that are there. */
function choicesOf({ viewer, channels, locations }: CallOffQuery, contract: NonNullable<CallOffQuery["contract"]>): Choices {
  const active = (channels?.nodes ?? []).filter((it) => it.isActive);
  const portals = active.filter((it) => it.kind === "B2B_PORTAL");
  const terms = read(CallOffTermsFragmentDoc, contract);
  return {
    // A contract without addresses allows all of its party's.
    terms: terms.shipTos.length > 0 ? terms : { ...terms, shipTos: terms.party.addresses },
    lines: contract.lines.map((it) => read(CallOffLineFragmentDoc, it)),
    channels: viewer.channels.length > 0 ? viewer.channels : [...portals, ...active.filter((it) => !portals.includes(it))],
    locations: (locations?.nodes ?? []).filter((it) => it.isActive),
    recipient: contract.callOffs.nodes[0]?.recipient?.name ?? viewer.contact?.name ?? "",
  };
}

function Found({ of, contract }: { of: CallOffQuery; contract: NonNullable<CallOffQuery["contract"]> }) {
  const { t } = useWords();
  const choices = choicesOf(of, contract);
  const { terms } = choices;
  return (
    <>
      <Title
        text={t("callOff.title", { number: terms.number })}
        above={{ href: `/contracts/${encodeURIComponent(terms.number)}`, text: t("contract.title", { number: terms.number }) }}
      >
        {t("callOff.hint")}
      </Title>
      {terms.availableActions.includes("CALL_OFF") ? (
        <CallOffForm {...choices} />
      ) : (
        <Notice icon="lock" title={t("callOff.notNow")}>
          <p>{t("callOff.notNowHint")}</p>
        </Notice>
      )}
    </>
  );
}

export default function CallOff({ number }: { number: string }) {
  const answer = useAnswer(CallOffDocument, { number: decodeURIComponent(number) });
  return <Answered of={answer}>{(of) => (of.contract ? <Found of={of} contract={of.contract} /> : <Nowhere />)}</Answered>;
}
