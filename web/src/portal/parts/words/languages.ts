// The five languages: how each calls itself, and its catalogue, fetched when it is chosen.
import type { MessageFormatElement } from "@formatjs/icu-messageformat-parser";
import type english from "../../texts/en.json";

export type Id = keyof typeof english;
export type Catalogue = Record<string, MessageFormatElement[]>;

export const LANGUAGES = {
  en: "English",
  de: "Deutsch",
  pl: "Polski",
  nl: "Nederlands",
  fil: "Filipino",
} as const;
export type Language = keyof typeof LANGUAGES;

const CATALOGUES: Record<Language, () => Promise<{ default: unknown }>> = {
  en: () => import("../../texts/en.json"),
  de: () => import("../../texts/de.json"),
  pl: () => import("../../texts/pl.json"),
  nl: () => import("../../texts/nl.json"),
  fil: () => import("../../texts/fil.json"),
};
const KEPT = "abruf.language";

export async function catalogueOf(language: Language): Promise<Catalogue> {
  return (await CATALOGUES[language]()).default as Catalogue;
}

function isLanguage(text: string | null): text is Language {
  return text !== null && text in LANGUAGES;
}

/** The language that was chosen here, else the first of the browser's that there is, else English. */
export function preferred(): Language {
  const chosen = localStorage.getItem(KEPT);
  if (isLanguage(chosen)) return chosen;
  const wished = navigator.languages.map((it) => it.split("-")[0]?.replace("tl", "fil") ?? "");
  return wished.find(isLanguage) ?? "en";
}

export function keep(language: Language): void {
  localStorage.setItem(KEPT, language);
}
