// The GraphiQL page: the example operations in tabs, one Authorization header for all of them.
import "graphiql/style.css";
import "./main.css";
import "./workers.js";
import { GraphiQL } from "graphiql";
import { useEffect, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import { createFetcher } from "./fetcher.js";
import { SharedHeaders } from "./headers.jsx";
import { BrokenLines } from "./lines.jsx";

// GraphiQL's history plugin writes the headers of every run into local storage: it stays out.
const NO_PLUGINS = [];

const KEPT = "abruf:token";
const WELCOME = `# Abruf: what an operation may ask stands in the documentation, behind the book on the left.
# Ctrl-Space completes, the button on the right runs. This asks who you are:
query Viewer {
  viewer { name actor role scopes merchant { name currency timeZone } party { name } }
}
`;
// How the values of our scalars are written in JSON: without it GraphiQL underlines them in variables.
const TEXT = { type: "string" };
const SCALARS = { Country: TEXT, Currency: TEXT, Date: TEXT, DateTime: TEXT, Decimal: TEXT, JSON: {} };

/** What an address has behind its #; a token then leaves the address bar. */
function takeAddress() {
  const about = new URLSearchParams(location.hash.slice(1));
  if (about.has("token")) history.replaceState(null, "", location.pathname + location.search);
  return about;
}

/** The operation of a page of the portal that an address names (#operation=sha256:...), with variables. */
async function operationOf(about) {
  const name = about.get("operation");
  if (name === null) return {};
  const documents = await (await fetch(new URL("documents.json", import.meta.url))).json();
  // One of an earlier build has another name; the tabs are shown as they are then.
  return documents[name] ? { initialQuery: documents[name], initialVariables: about.get("variables") ?? "{}" } : {};
}

/** Whether the token outlives a reload: only where it was chosen, and only until the tab is closed. */
function useKept(token) {
  const [isKept, setKept] = useState(sessionStorage.getItem(KEPT) !== null);
  useEffect(() => {
    if (isKept && token) sessionStorage.setItem(KEPT, token);
    if (!isKept) sessionStorage.removeItem(KEPT);
  }, [isKept, token]);
  return [isKept, setKept];
}

function Hint({ isRefused }) {
  return (
    <p className="abruf-hint" role="status">
      {isRefused && "The server does not know this token, or it has ended. "}
      Paste a token behind <code>Bearer</code> in the <strong>Headers</strong> below the query.
      Documentation, completion and answers come with it.
    </p>
  );
}

function Page({ operations, firstToken, isFirstVisit, shown }) {
  // Null until the header editor is there: GraphiQL sends what stands in it.
  const [token, setToken] = useState(null);
  const [refused, setRefused] = useState(null);
  const [isKept, setKept] = useKept(token);
  const isMissing = token === "" || (token !== null && token === refused);
  // GraphiQL asks for the schema again when it gets another fetcher.
  const fetcher = useMemo(() => createFetcher(() => setRefused(token)), [token]);
  return (
    <GraphiQL
      className={isMissing ? "abruf-no-token" : ""}
      fetcher={fetcher}
      // Without a token the server would refuse the introspection; null means "do not ask".
      schema={token && !isMissing ? undefined : null}
      schemaDescription
      inputValueDeprecation
      customScalarSchemas={SCALARS}
      defaultQuery={WELCOME}
      defaultTabs={operations}
      // GraphiQL fills the first tab's query into the editor on the first visit, not its variables.
      initialVariables={isFirstVisit ? operations?.[0].variables : undefined}
      {...shown}
      defaultHeaders={JSON.stringify({ Authorization: `Bearer ${firstToken}` }, null, 2)}
      defaultEditorToolsVisibility={firstToken ? "variables" : "headers"}
      shouldPersistHeaders={false}
      plugins={NO_PLUGINS}
    >
      <GraphiQL.Logo>Abruf</GraphiQL.Logo>
      <SharedHeaders onToken={setToken} />
      <BrokenLines />
      <GraphiQL.Footer>
        {isMissing && <Hint isRefused={token !== ""} />}
        <label className="abruf-keep">
          <input
            type="checkbox"
            checked={isKept}
            onChange={(event) => setKept(event.target.checked)}
          />
          Keep the token until this tab is closed, in its session storage
        </label>
      </GraphiQL.Footer>
    </GraphiQL>
  );
}

const address = takeAddress();
const firstToken = address.get("token") || (sessionStorage.getItem(KEPT) ?? "");
const operations = await (await fetch("/graphiql/operations.json")).json();
createRoot(document.getElementById("abruf")).render(
  <Page
    operations={operations.length > 0 ? operations : undefined}
    firstToken={firstToken}
    isFirstVisit={localStorage.getItem("graphiql:tabState") === null}
    shown={await operationOf(address)}
  />,
);
