// The palette (Ctrl-K): goes to pages, finds by any number, changes settings; all by keyboard.
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { Side } from "../../map";
import { Icon } from "../../parts/look/icons";
import { useWords } from "../../parts/words/words";
import { type Offer, useOffers } from "./hits";
import look from "./palette.module.css";

const OPEN = "abruf:palette";

export function PaletteButton({ isSmall = false }: { isSmall?: boolean }) {
  const { t } = useWords();
  return (
    <button
      type="button"
      className={isSmall ? look.small : look.button}
      onClick={() => dispatchEvent(new Event(OPEN))}
      aria-label={isSmall ? t("palette.open") : undefined}
    >
      <Icon name="search" size={18} />
      {!isSmall && (
        <>
          {t("palette.open")}
          <kbd>Ctrl K</kbd>
        </>
      )}
    </button>
  );
}

/** Opens the dialog by its key and its buttons. */
function useOpening() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, set] = useState(false);
  useEffect(() => {
    const open = () => set(true);
    const key = (it: globalThis.KeyboardEvent) => {
      if (it.key.toLowerCase() !== "k" || !(it.ctrlKey || it.metaKey)) return;
      it.preventDefault();
      open();
    };
    addEventListener("keydown", key);
    addEventListener(OPEN, open);
    return () => {
      removeEventListener("keydown", key);
      removeEventListener(OPEN, open);
    };
  }, []);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return { dialog, isOpen, close: () => set(false) };
}

export function Palette({ side }: { side: Side }) {
  const { t } = useWords();
  const { dialog, isOpen, close } = useOpening();
  return (
    // A click beside it closes it; by keyboard Escape does.
    <dialog
      ref={dialog}
      className={look.dialog}
      aria-label={t("palette.open")}
      onClose={close}
      onClick={(it) => it.target === dialog.current && close()}
      onKeyDown={(it) => it.key === "Escape" && close()}
    >
      {isOpen && <Choices side={side} close={close} />}
    </dialog>
  );
}

function Choices({ side, close }: { side: Side; close: () => void }) {
  const { t } = useWords();
  const [typed, type] = useState("");
  const [place, move] = useState(0);
  const { offers, isSearching } = useOffers(side, typed);
  const [, go] = useLocation();
  const chosen = Math.min(place, offers.length - 1);
  const take = (offer: Offer | undefined) => {
    if (offer === undefined) return;
    close();
    if (typeof offer.to === "string") go(offer.to);
    else offer.to();
  };
  const press = (it: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[it.key];
    if (step !== undefined && offers.length > 0) move((chosen + step + offers.length) % offers.length);
    else if (it.key === "Enter") take(offers[chosen]);
    else return;
    it.preventDefault();
  };
  return (
    <>
      <input
        autoFocus
        className={look.input}
        role="combobox"
        aria-expanded
        aria-controls="offers"
        aria-activedescendant={chosen >= 0 ? `offer-${chosen}` : undefined}
        aria-label={t("palette.open")}
        placeholder={t("palette.hint")}
        value={typed}
        onChange={(it) => {
          type(it.currentTarget.value);
          move(0);
        }}
        onKeyDown={press}
      />
      <ul id="offers" role="listbox" aria-label={t("palette.offers")} className={look.offers}>
        {offers.map((it, index) => (
          <li
            key={it.id}
            id={`offer-${index}`}
            role="option"
            aria-selected={index === chosen}
            className={look.offer}
            onClick={() => take(it)}
            onMouseMove={() => move(index)}
          >
            <Icon name={it.icon} size={18} />
            <span className={look.title}>{it.title}</span>
            <span className={look.about}>{it.about}</span>
          </li>
        ))}
      </ul>
      {offers.length === 0 && <p className={look.none}>{t(isSearching ? "state.waiting" : "palette.none")}</p>}
    </>
  );
}
