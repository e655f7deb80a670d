// GraphiQL's own fetcher, told when a token is refused, and subscriptions as server-sent events.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { parse } from "graphql";

const URL = "/graphql";

function operationsOf(text) {
  try {
    return parse(text).definitions.filter((it) => it.operation);
  } catch {
    return []; // The server says what is wrong with it.
  }
}

function isSubscription(operations, name) {
  return operations.some(
    (it) => it.operation === "subscription" && (!name || it.name?.value === name),
  );
}

/**
 * What is to be sent, without a name that no operation of it has: GraphiQL reads a document only a
 * moment after it was changed, and knows the name of the one before until then.
 */
function sent(params, operations) {
  const isNamed = operations.some((it) => it.name?.value === params.operationName);
  return isNamed ? params : { ...params, operationName: undefined };
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

/**
 * The schema as GraphiQL is to show it: types by name, whatever the order in which they are told; and
 * what has a default may be left out, where GraphiQL underlines variables without it.
 */
function shown(answer) {
  const types = answer.data?.__schema?.types ?? [];
  types.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const field of types.flatMap((type) => type.inputFields ?? [])) {
    const hasDefault = field.defaultValue !== null;
    if (hasDefault && field.type.kind === "NON_NULL") field.type = field.type.ofType;
  }
  return answer;
}

/** onRefused: called when the server does not know the token. */
export function createFetcher(onRefused) {
  const watched = async (...request) => {
    const response = await fetch(...request);
    if (response.status === 401) onRefused();
    return response;
  };
  const once = createGraphiQLFetcher({ url: URL, fetch: watched });
  return async (asked, options) => {
    const operations = operationsOf(asked.query);
    const params = sent(asked, operations);
    if (isSubscription(operations, params.operationName)) {
      return subscribe(params, options.headers);
    }
    const answer = await once(params, { ...options, documentAST: undefined });
    return params.operationName === "IntrospectionQuery" ? shown(answer) : answer;
  };
}
