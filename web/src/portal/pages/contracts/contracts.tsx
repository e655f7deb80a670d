// All contracts: of each line how much is called off, against how much of the time is over.
import { Link } from "wouter";
import { ContractCardFragmentDoc, ContractsDocument } from "../../generated/graphql";
import { type FragmentType, read } from "../../generated/fragment-masking";
import { usePages } from "../../parts/data/asking";
import { More } from "../../parts/lists/more";
import { State } from "../../parts/look/badge";
import page from "../../parts/look/page.module.css";
import { Days } from "../../parts/words/clock";
import { useWords } from "../../parts/words/words";
import { Failed, Notice, Waiting } from "../../parts/page/states";
import { Title } from "../../parts/page/title";
import { Bullet, elapsed } from "./bullet";
import look from "./contracts.module.css";

function Card({ of }: { of: FragmentType<typeof ContractCardFragmentDoc> }) {
  const { t } = useWords();
  const contract = read(ContractCardFragmentDoc, of);
  const time = elapsed(contract);
  return (
    <li className={`${page.card} ${look.card}`}>
      <div className={page.head}>
        <div className={page.what}>
          <h2 className={look.name}>
            <Link href={`/contracts/${encodeURIComponent(contract.number)}`} className={look.link}>
              {contract.number}
            </Link>
            <State of="ContractState" value={contract.state} />
          </h2>
          <p className={page.soft}>{contract.party.name}</p>
        </div>
        <div className={page.figures}>
          <span>
            <Days from={contract.validFrom} to={contract.validTo} />
          </span>
          <span className={page.soft}>{t("contracts.elapsed", { percent: time })}</span>
        </div>
      </div>
      <ul className={look.lines}>
        {contract.lines.map((it) => (
          <Bullet key={it.id} line={it} time={time} />
        ))}
      </ul>
    </li>
  );
}

export default function Contracts() {
  const { t } = useWords();
  const pages = usePages(ContractsDocument, {}, (it) => it.contracts);
  const cards = pages.data?.pages.flatMap((it) => it.contracts?.nodes ?? []);
  return (
    <>
      <Title text={t("contracts.title")}>{t("contracts.hint")}</Title>
      {cards === undefined && (pages.error ? <Failed error={pages.error} again={pages.refetch} /> : <Waiting />)}
      {cards?.length === 0 && (
        <Notice icon="contracts" title={t("contracts.none")}>
          <p>{t("contracts.noneHint")}</p>
        </Notice>
      )}
      <ul className={page.cards}>
        {cards?.map((it) => (
          <Card key={it.id} of={it} />
        ))}
      </ul>
      <More {...pages} />
    </>
  );
}
