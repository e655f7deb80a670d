// The ways to go, and what the reader may set: language, light, leaving.
import { Menu, SegmentedControl, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { Link, useLocation, useRouter } from "wouter";
import { MeDocument } from "../generated/graphql";
import { leads, PLACES, type Side } from "../map";
import { useAside } from "../parts/data/asking";
import { Icon } from "../parts/look/icons";
import { LANGUAGES, type Language } from "../parts/words/languages";
import { T, useLanguage, useWords } from "../parts/words/words";
import look from "./navigation.module.css";

function Ways() {
  const { t } = useWords();
  const [path] = useLocation();
  const { data } = useAside(MeDocument, {});
  const side = useRouter().base.slice(1) as Side;
  const isHere = (place: string) => (place === "/" ? path === "/" : path.startsWith(place));
  return (
    <nav aria-label={t("shell.navigation")}>
      <ul className={look.ways}>
        {PLACES.filter((it) => leads(it, side, data?.viewer.scopes)).map(({ path: place, entry }) => (
          <li key={place}>
            <Link href={place} className={look.way} aria-current={isHere(place) ? "page" : undefined}>
              {entry && <Icon name={entry.icon} />}
              {entry && <T id={entry.title} />}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Tongue() {
  const { t } = useWords();
  const { language, choose } = useLanguage();
  return (
    <Menu position="top-start" width="target" withinPortal={false}>
      <Menu.Target>
        <UnstyledButton className={look.way} aria-label={t("shell.language", { language: LANGUAGES[language] })}>
          <Icon name="language" />
          <span lang={language}>{LANGUAGES[language]}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGES) as Language[]).map((it) => (
          <Menu.Item key={it} lang={it} onClick={() => choose(it)} rightSection={it === language && <Icon name="check" size={16} />}>
            {LANGUAGES[it]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function Light() {
  const { t } = useWords();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choices = [
    { value: "light", label: t("shell.light") },
    { value: "auto", label: t("shell.auto") },
    { value: "dark", label: t("shell.dark") },
  ] as const;
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label={t("shell.scheme")}
      data={[...choices]}
      value={colorScheme}
      onChange={(it) => setColorScheme(it as typeof colorScheme)}
    />
  );
}

function Reader() {
  const { data } = useAside(MeDocument, {});
  const { t, word } = useWords();
  if (!data) return null;
  const { actor, contact, name, party, merchant, role } = data.viewer;
  return (
    <div className={look.reader}>
      <p className={look.name}>{contact?.name ?? name}</p>
      <p className={look.company}>{party?.name ?? merchant.name}</p>
      <p className={look.company}>{role ? word("CompanyRole", role) : word("Actor", actor)}</p>
      <form method="post" action="/portal/logout">
        <UnstyledButton type="submit" className={look.leave}>
          <Icon name="leave" size={16} />
          {t("shell.logout")}
        </UnstyledButton>
      </form>
    </div>
  );
}

export function Navigation() {
  return (
    <div className={look.navigation}>
      <Ways />
      <div className={look.below}>
        <Tongue />
        <Light />
        <Reader />
      </div>
    </div>
  );
}
