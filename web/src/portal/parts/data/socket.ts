// One subscription over a socket of the page (graphql-transport-ws), known by its session's cookie. What breaks is
// opened again, later each time, and goes on where it was.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { nameOf } from "./execute";

const ENDPOINT = "/portal/graphql";
const PROTOCOL = "graphql-transport-ws";
const ID = "1";
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** The server's word for who is signed in no more. */
const FORBIDDEN = 4403;

interface Message<Result> {
  type: "connection_ack" | "next" | "error" | "complete" | "ping" | "pong";
  payload?: { data?: Result | null; errors?: unknown };
}

interface Following<Result> {
  /** Asked at each opening: where it is to go on. */
  variables: () => object;
  /** It tells from now on what happens. */
  begun: () => void;
  heard: (data: Result) => void;
  /** Nobody is signed in any more. */
  ended: () => void;
}

/** Follows what a subscription tells; returns what ends that. */
export function follow<Result, Variables>(document: TypedDocumentNode<Result, Variables>, by: Following<Result>): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE_MS;
  let isOver = false;
  const end = () => {
    isOver = true;
    clearTimeout(timer);
    socket?.close();
  };
  const open = () => {
    const own = new WebSocket(`${location.origin.replace("http", "ws")}${ENDPOINT}`, PROTOCOL);
    const send = (message: object) => own.send(JSON.stringify(message));
    const payload = () => ({ documentId: nameOf(document), variables: by.variables() });
    socket = own;
    own.onopen = () => send({ type: "connection_init" });
    own.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as Message<Result>;
      if (message.type === "connection_ack") {
        send({ id: ID, type: "subscribe", payload: payload() });
        by.begun();
      } else if (message.type === "ping") send({ type: "pong" });
      else if (message.type === "next" && message.payload?.data) {
        pause = FIRST_PAUSE_MS;
        by.heard(message.payload.data);
      } else if (message.type === "complete") own.close();
      // A right is missing, or a newer build is served: the page stays as it is until it is asked again.
      else if (message.type === "error") end();
    };
    own.onclose = ({ code }) => {
      if (isOver) return;
      if (code === FORBIDDEN) {
        end();
        by.ended();
        return;
      }
      timer = setTimeout(open, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    };
  };
  open();
  return end;
}
