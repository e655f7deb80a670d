// Sends an operation of this build by its name; the browser holds no text of it.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

const ENDPOINT = "/portal/graphql";
const LOGIN = "/portal/login";

/** Why there is no answer: `outdated` a newer build is served, `right` a scope is missing, `busy`
 * too much was asked for, `away` nobody answers, `fault` anything else. */
export type Reason = "outdated" | "right" | "busy" | "away" | "fault";

export class Unanswered extends Error {
  readonly reason: Reason;
  readonly request: string | null;

  constructor(reason: Reason, message: string, request: string | null = null) {
    super(message);
    this.reason = reason;
    this.request = request;
  }
}

interface Answer<Result> {
  data?: Result | null;
  errors?: readonly { message: string; extensions?: { code?: string } }[];
}

const REASONS: Record<string, Reason> = {
  PERSISTED_QUERY_NOT_FOUND: "outdated",
  DOCUMENT_NOT_REGISTERED: "outdated",
  FORBIDDEN: "right",
  THROTTLED: "busy",
};

/** Returns the name by which the server knows an operation. */
export function nameOf(document: TypedDocumentNode<never, never> | object): string {
  const { hash } = (document as { __meta__: { hash: string } }).__meta__;
  return hash;
}

/** Asks the server; without a session the login page is shown. Unanswered says why there is no answer. */
export async function execute<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Result> {
  const body = JSON.stringify({ documentId: nameOf(document), variables });
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    "abruf-portal": "1",
    "accept-language": globalThis.document.documentElement.lang,
  };
  const sent = { method: "POST", body, headers, credentials: "same-origin", signal: signal ?? null } as const;
  const response = await fetch(ENDPOINT, sent).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Unanswered("away", String(error));
  });
  if (response.status === 401) {
    location.assign(`${LOGIN}?to=${encodeURIComponent(location.pathname + location.search)}`);
    return new Promise(() => {});
  }
  return answered<Result>(response);
}

async function answered<Result>(response: Response): Promise<Result> {
  const request = response.headers.get("x-request-id");
  const answer = await response.json().catch(() => null) as Answer<Result> | null;
  if (answer === null) throw new Unanswered(response.status < 500 ? "fault" : "away", response.statusText, request);
  const [error] = answer.errors ?? [];
  if (error) throw new Unanswered(REASONS[error.extensions?.code ?? ""] ?? "fault", error.message, request);
  return answer.data as Result;
}
