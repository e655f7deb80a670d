// What stands around every page: where one is, where one can go, who one is, in which language.
import { Burger, Drawer } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";
import { useLocation } from "wouter";
import type { Side } from "../map";
import { useOperation } from "../parts/data/shown";
import { Icon } from "../parts/look/icons";
import { useWords } from "../parts/words/words";
import { useLive } from "./live/live";
import { Navigation } from "./navigation";
import { Palette, PaletteButton } from "./palette/palette";
import look from "./shell.module.css";

function Mark() {
  return (
    <svg className={look.mark} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#d60590" />
      <path d="M9 24 16 7l7 17M11.7 18h8.6" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

function Brand({ side }: { side: Side }) {
  const { t } = useWords();
  return (
    <span className={look.brand}>
      <Mark />
      <span>
        Abruf
        <span className={look.side}>{t(side === "portal" ? "shell.portal" : "shell.operations")}</span>
      </span>
    </span>
  );
}

/** The way to what the page asks: portal and documentation in one. */
function Operation() {
  const { t } = useWords();
  const address = useOperation();
  if (address === null) return null;
  return (
    <footer className={look.foot}>
      <a href={address} target="_blank" rel="noreferrer">
        <Icon name="code" size={16} />
        {t("shell.operation")}
      </a>
      <span>{t("shell.operationHint")}</span>
    </footer>
  );
}

export function Shell({ side, children }: { side: Side; children: ReactNode }) {
  const { t } = useWords();
  const [isOpen, open] = useState(false);
  const [path] = useLocation();
  useLive();
  // Who has gone somewhere is done with the menu.
  useEffect(() => open(false), [path]);
  return (
    <div className={look.shell}>
      <a className={look.skip} href="#main">
        {t("shell.skip")}
      </a>
      <aside className={look.rail}>
        <Brand side={side} />
        <PaletteButton />
        <Navigation />
      </aside>
      <header className={look.bar}>
        <Brand side={side} />
        <span className={look.tools}>
          <PaletteButton isSmall />
          <Burger opened={isOpen} onClick={() => open(!isOpen)} aria-label={t("shell.menu")} aria-expanded={isOpen} size="sm" />
        </span>
      </header>
      <Drawer
        opened={isOpen}
        onClose={() => open(false)}
        position="right"
        size="18rem"
        lockScroll={false}
        title={<Brand side={side} />}
        closeButtonProps={{ "aria-label": t("shell.close") }}
      >
        <div className={look.drawer}>
          <Navigation />
        </div>
      </Drawer>
      <Palette side={side} />
      <main id="main" className={look.main} tabIndex={-1}>
        {children}
        <Operation />
      </main>
    </div>
  );
}
