// What pages say: texts of the catalogue by id, words for the values of the API's enums.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { createIntl, createIntlCache, type IntlShape, RawIntlProvider, useIntl } from "react-intl";
import { type Catalogue, catalogueOf, type Id, keep, type Language, LANGUAGES } from "./languages";

type Values = Record<string, string | number>;

export interface Words {
  /** The text of that id. */
  t: (id: Id, values?: Values) => string;
  /** The word for a value of an enum of the API; one that is not known yet is shown as it is. */
  word: (enumeration: string, value: string) => string;
  locale: string;
}

const Choice = createContext<{ language: Language; choose: (language: Language) => void } | null>(null);
const cache = createIntlCache();

/** The reader's own kind of a language (en-GB), for dates and figures, else the language alone. */
function localeOf(language: Language): string {
  return navigator.languages.find((it) => it.split("-")[0] === language) ?? language;
}

function intlOf(language: Language, messages: Catalogue): IntlShape {
  return createIntl({ locale: localeOf(language), messages, onError: () => {} }, cache);
}

interface Given {
  first: { language: Language; catalogue: Catalogue };
  children: ReactNode;
}

export function Speaking({ first, children }: Given) {
  const [spoken, speak] = useState(first);
  const { language, catalogue } = spoken;
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choice = useMemo(
    () => ({
      language,
      choose: async (wanted: Language) => {
        keep(wanted);
        speak({ language: wanted, catalogue: await catalogueOf(wanted) });
      },
    }),
    [language],
  );
  const intl = useMemo(() => intlOf(language, catalogue), [language, catalogue]);
  return (
    <Choice value={choice}>
      <RawIntlProvider value={intl}>{children}</RawIntlProvider>
    </Choice>
  );
}

export function useLanguage() {
  const choice = useContext(Choice);
  if (choice === null) throw new Error("outside of Speaking");
  return { ...choice, languages: LANGUAGES };
}

export function useWords(): Words {
  const intl = useIntl();
  return useMemo(
    () => ({
      t: (id, values) => intl.formatMessage({ id }, values),
      word: (enumeration, value) => {
        const id = `${enumeration}.${value}`;
        return id in intl.messages ? intl.formatMessage({ id }) : value;
      },
      locale: intl.locale,
    }),
    [intl],
  );
}

/** The text of an id, as an element. */
export function T({ id, values }: { id: Id; values?: Values }) {
  return useWords().t(id, values);
}
