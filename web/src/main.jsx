// The GraphiQL page: the example operations in tabs, one Authorization header for all of them.
import "graphiql/style.css";
import "./main.css";
import "./workers.js";
import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { createFetcher } from "./fetcher.js";
import { SharedHeaders } from "./headers.jsx";

// GraphiQL's history plugin writes the headers of every run into local storage: it stays out.
const NO_PLUGINS = [];

/** The token of an address that ends in #token=..., which then leaves the address bar. */
function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

function Page({ operations, firstToken, isFirstVisit }) {
  // Null until the header editor is there: GraphiQL sends what stands in it.
  const [token, setToken] = useState(null);
  // GraphiQL asks for the schema again when it gets another fetcher.
  const fetcher = useMemo(createFetcher, [token]);
  return (
    <GraphiQL
      className={token === "" ? "abruf-no-token" : ""}
      fetcher={fetcher}
      // Without a token the server would refuse the introspection; null means "do not ask".
      schema={token ? undefined : null}
      inputValueDeprecation
      defaultTabs={operations}
      // GraphiQL fills the first tab's query into the editor on the first visit, not its variables.
      initialVariables={isFirstVisit ? operations?.[0].variables : undefined}
      defaultHeaders={JSON.stringify({ Authorization: `Bearer ${firstToken}` }, null, 2)}
      defaultEditorToolsVisibility={firstToken ? "variables" : "headers"}
      shouldPersistHeaders={false}
      plugins={NO_PLUGINS}
    >
      <GraphiQL.Logo>Abruf</GraphiQL.Logo>
      <SharedHeaders onToken={setToken} />
      {token === "" && (
        <GraphiQL.Footer>
          <p className="abruf-hint">
            Paste a token behind <code>Bearer</code> in the <strong>Headers</strong> below the query.
            Documentation, completion and answers come with it.
          </p>
        </GraphiQL.Footer>
      )}
    </GraphiQL>
  );
}

const firstToken = takeTokenFromAddress();
const operations = await (await fetch("/graphiql/operations.json")).json();
createRoot(document.getElementById("abruf")).render(
  <Page
    operations={operations.length > 0 ? operations : undefined}
    firstToken={firstToken}
    isFirstVisit={localStorage.getItem("graphiql:tabState") === null}
  />,
);
