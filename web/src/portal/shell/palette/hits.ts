// What the palette offers: pages by their names, and whatever the server finds by a text.
import { useMantineColorScheme } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { MeDocument, SearchDocument, type SearchQuery } from "../../generated/graphql";
import { leads, PLACES, type Side } from "../../map";
import { useAside } from "../../parts/data/asking";
import { execute, nameOf } from "../../parts/data/execute";
import { useOperation } from "../../parts/data/shown";
import type { IconName } from "../../parts/look/icons";
import { useWords } from "../../parts/words/words";

export interface Offer {
  id: string;
  icon: IconName;
  title: string;
  about: string;
  /** Where it leads, or what it does. */
  to: string | (() => void);
}

const SHORTEST = 2;
const PAUSE_MS = 150;

type Hit = NonNullable<SearchQuery["search"]>[number];

const at = (room: string, key: string) => `/${room}/${encodeURIComponent(key)}`;

function offerOf(hit: Hit): Offer | null {
  switch (hit.__typename) {
    case "Order": {
      const about = [hit.purchaseOrderNumber, hit.party?.name ?? hit.guest?.name].filter(Boolean).join(" · ");
      return { id: hit.id, icon: "orders", title: hit.number, about, to: at("orders", hit.number) };
    }
    case "Contract":
      return { id: hit.id, icon: "contracts", title: hit.number, about: hit.customer.name, to: at("contracts", hit.number) };
    case "Delivery":
      return { id: hit.id, icon: "truck", title: hit.number, about: hit.orders.map((it) => it.number).join(", "), to: at("deliveries", hit.number) };
    case "Parcel": {
      const title = hit.trackingNumbers.map((it) => it.number).join(", ") || (hit.sscc ?? "");
      return { id: hit.id, icon: "truck", title, about: hit.delivery?.number ?? "", to: at("parcels", hit.id) };
    }
    default:
      return null;
  }
}

/** Pages and settings whose names contain the text. */
function useOwn(side: Side, text: string): Offer[] {
  const { t } = useWords();
  const { data } = useAside(MeDocument, {});
  const { setColorScheme } = useMantineColorScheme();
  const pages = PLACES.filter((it) => leads(it, side, data?.viewer.scopes)).map(({ path, entry }): Offer => ({
    id: path,
    icon: entry?.icon ?? "next",
    title: entry ? t(entry.title) : path,
    about: t("palette.page"),
    to: path,
  }));
  const light: Offer = { id: "light", icon: "light", title: t("shell.light"), about: t("shell.scheme"), to: () => setColorScheme("light") };
  const dark: Offer = { id: "dark", icon: "dark", title: t("shell.dark"), about: t("shell.scheme"), to: () => setColorScheme("dark") };
  const operation = useOperation();
  const shown: Offer[] = operation
    ? [{ id: "operation", icon: "code", title: t("shell.operation"), about: "GraphiQL", to: () => void open(operation, "_blank", "noopener") }]
    : [];
  const wanted = text.toLocaleLowerCase();
  return [...pages, light, dark, ...shown].filter((it) => it.title.toLocaleLowerCase().includes(wanted));
}

/** What there is for a text; the server is asked when one pauses. */
export function useOffers(side: Side, typed: string): { offers: Offer[]; isSearching: boolean } {
  const own = useOwn(side, typed.trim());
  const [text] = useDebouncedValue(typed.trim(), PAUSE_MS);
  const { data, isFetching } = useQuery({
    queryKey: [nameOf(SearchDocument), text],
    queryFn: ({ signal }) => execute(SearchDocument, { text }, signal),
    enabled: text.length >= SHORTEST,
  });
  const isCurrent = text === typed.trim();
  const found = (isCurrent && data?.search ? data.search : []).map(offerOf).filter((it) => it !== null);
  return { offers: [...own, ...found], isSearching: isFetching || !isCurrent };
}
