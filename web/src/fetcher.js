// GraphiQL's own fetcher, and subscriptions as server-sent events.
import { createGraphiQLFetcher } from "@graphiql/toolkit";

const URL = "/graphql";

function isSubscription(document, name) {
  return document?.definitions.some(
    (it) => it.operation === "subscription" && (!name || it.name?.value === name),
  );
}

async function* resultsOf(params, headers, signal) {
  const response = await fetch(URL, {
    method: "POST",
    headers: { ...headers, Accept: "text/event-stream", "Content-Type": "application/json" },
    body: JSON.stringify(params),
    signal,
  });
  if (!response.headers.get("Content-Type").startsWith("text/event-stream")) {
    yield await response.json();
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let unread = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (unread + part.value).split("\n\n");
    unread = events.pop();
    for (const event of events) {
      const data = /^event: next\ndata: (.*)$/.exec(event)?.[1];
      if (data) yield JSON.parse(data);
    }
  }
}

/** What comes until the stop button ends it, also while nothing comes. */
function subscribe(params, headers) {
  const stop = new AbortController();
  const results = resultsOf(params, headers, stop.signal);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      results.next().catch((error) => {
        if (stop.signal.aborted) return { done: true };
        throw error;
      }),
    return: async () => {
      stop.abort();
      return { done: true };
    },
  };
}

export function createFetcher() {
  const once = createGraphiQLFetcher({ url: URL });
  return (params, options) =>
    isSubscription(options?.documentAST, params.operationName)
      ? subscribe(params, options.headers)
      : once(params, options);
}
