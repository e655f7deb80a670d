// Puts the portal together: theme, words, answers, addresses.
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { Route, Router, Switch } from "wouter";
import { PLACES, SIDES } from "../map";
import { client } from "../parts/data/asking";
import { theme, variables } from "../parts/look/theme";
import { catalogueOf, preferred } from "../parts/words/languages";
import { Speaking } from "../parts/words/words";
import { Guarded } from "./guarded";
import { Shell } from "./shell";
import { Nowhere } from "../parts/page/states";

/** The nonce of this page, which Mantine's style element needs. */
function nonce(): string {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
}

function Pages() {
  const side = SIDES.find((it) => location.pathname.startsWith(`/${it}`)) ?? "portal";
  return (
    <Router base={`/${side}`}>
      <Shell side={side}>
        <Guarded>
          <Switch>
            {PLACES.filter((it) => it.on.includes(side)).map(({ path, Page }) => (
              <Route key={path} path={path}>
                {(found) => <Page {...(found as Record<string, string>)} />}
              </Route>
            ))}
            <Route>
              <Nowhere />
            </Route>
          </Switch>
        </Guarded>
      </Shell>
    </Router>
  );
}

export async function start(): Promise<void> {
  const language = preferred();
  document.documentElement.lang = language;
  const first = { language, catalogue: await catalogueOf(language) };
  const root = document.getElementById("portal");
  if (root === null) throw new Error("the page has no place for the portal");
  createRoot(root).render(
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={nonce}
    >
      <Speaking first={first}>
        <QueryClientProvider client={client}>
          <Pages />
        </QueryClientProvider>
      </Speaking>
    </MantineProvider>,
  );
}
