// The contract room: how a contract is drawn down, line by line, and what was called off from it.
import { Button } from "@mantine/core";
import { Link, useSearchParams } from "wouter";
import {
  ContractDocument,
  type ContractHeadFragment,
  ContractHeadFragmentDoc,
  type ContractQuery,
  type RoomLineFragment,
  RoomLineFragmentDoc,
} from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { useAnswer } from "../../parts/data/asking";
import { isNone } from "../../parts/figures/decimal";
import { Price, Quantity } from "../../parts/figures/figures";
import { State } from "../../parts/look/badge";
import { Fact, Facts } from "../../parts/look/facts";
import page from "../../parts/look/page.module.css";
import { Days } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Answered, Nowhere } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { BurnDown, BurnFigures } from "./burn";
import { CallOffs } from "./calloffs";
import { LineTiles } from "./lines";
import { Latest } from "./releases";
import look from "./room.module.css";
import { paceOf, type Term, termOf } from "./series";
import { Staircase } from "./staircase";

function Head({ contract }: { contract: ContractHeadFragment }) {
  const { t } = useWords();
  return (
    <>
      <Title
        text={t("contract.title", { number: contract.number })}
        above={{ href: "/contracts", text: t("contracts.title") }}
        beside={<State of="ContractState" value={contract.state} />}
      >
        {contract.party.name}
      </Title>
      {contract.availableActions.includes("CALL_OFF") && (
        <p className={look.actions}>
          <Button component={Link} href={`/contracts/${encodeURIComponent(contract.number)}/call-off`}>
            {t("callOff.open")}
          </Button>
        </p>
      )}
      {contract.stateReason && <p className={page.why}>{contract.stateReason}</p>}
      <Facts>
        <Fact name={t("contract.fact.valid")}>
          <Days from={contract.validFrom} to={contract.validTo} />
        </Fact>
        {contract.purchaseOrderNumber && <Fact name={t("order.fact.purchase")}>{contract.purchaseOrderNumber}</Fact>}
        <Fact name={t("contract.fact.notice")}>{t("contract.days", { days: contract.minNoticeDays })}</Fact>
        <Fact name={t("contract.fact.firm")}>{t("contract.days", { days: contract.firmZoneDays })}</Fact>
        <Fact name={t("contract.fact.tradeOff")}>{t("contract.days", { days: contract.tradeOffDays })}</Fact>
      </Facts>
    </>
  );
}

function Pace({ line, term }: { line: RoomLineFragment; term: Term }) {
  const { t, locale, word } = useWords();
  const pace = paceOf(line, term);
  if (pace === null) return null;
  const about = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const [needed, soFar] = [pace.needed, pace.soFar].map((it) => about.format(it));
  return (
    <Fact name={t("contract.pace")}>
      {t("contract.paceNeeded", { quantity: `${needed} ${word("Unit", line.unit)}` })}
      <span className={page.soft}>{t("contract.paceSoFar", { quantity: `${soFar} ${word("Unit", line.unit)}` })}</span>
    </Fact>
  );
}

function Line({ line, term, zone }: { line: RoomLineFragment; term: Term; zone: string }) {
  const { t } = useWords();
  return (
    <section aria-label={line.product.name}>
      <Facts>
        <Fact name={t("contract.fact.left")}>
          <strong>
            <Quantity of={line.remaining} unit={line.unit} />
          </strong>
          <span className={page.soft}>
            {t("contract.of")} <Quantity of={line.agreed} unit={line.unit} />
          </span>
        </Fact>
        <Fact name={t("contract.column.calledOff")}>
          <Quantity of={line.calledOff} unit={line.unit} />
        </Fact>
        {!isNone(line.released) && (
          <Fact name={t("contract.column.released")}>
            <Quantity of={line.released} unit={line.unit} />
          </Fact>
        )}
        <Fact name={t("contract.fact.transit")}>
          <Quantity of={line.inTransit} unit={line.unit} />
        </Fact>
        <Fact name={t("contract.column.received")}>
          <Quantity of={line.delivered} unit={line.unit} />
        </Fact>
        <Pace line={line} term={term} />
        <Fact name={t("contract.fact.price")}>
          <Price of={line.unitPrice} />
        </Fact>
      </Facts>
      <div className={look.charts}>
        <BurnDown line={line} term={term}>
          <BurnFigures line={line} />
        </BurnDown>
        <Staircase key={line.id} line={line} term={term} />
      </div>
      {line.releases.nodes.map((it) => (
        <Latest key={it.id} of={it} unit={line.unit} zone={zone} />
      ))}
    </section>
  );
}

interface Found {
  head: FragmentType<typeof ContractHeadFragmentDoc>;
  lines: readonly FragmentType<typeof RoomLineFragmentDoc>[];
  callOffs: NonNullable<ContractQuery["contract"]>["callOffs"];
}

function Room({ head, lines, callOffs }: Found) {
  const [address] = useSearchParams();
  const contract = read(ContractHeadFragmentDoc, head);
  const all = lines.map((it) => read(RoomLineFragmentDoc, it));
  const chosen = all.find((it) => String(it.lineNo) === address.get("line")) ?? all[0];
  return (
    <>
      <Head contract={contract} />
      <LineTiles lines={all} chosen={chosen} number={contract.number} />
      {chosen && <Line line={chosen} term={termOf(contract)} zone={contract.timeZone} />}
      <CallOffs of={callOffs} number={contract.number} />
    </>
  );
}

export default function Contract({ number }: { number: string }) {
  const answer = useAnswer(ContractDocument, { number: decodeURIComponent(number) });
  return (
    <Answered of={answer}>
      {({ contract }) =>
        contract ? <Room head={contract} lines={contract.lines} callOffs={contract.callOffs} /> : <Nowhere />
      }
    </Answered>
  );
}
