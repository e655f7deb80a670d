// What is open is asked for again when something happens, by whomever: at most once in a while, and not while nobody
// looks.
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ChangedDocument } from "../../generated/graphql";
import { OF_PAGE } from "../../parts/data/asking";
import { follow } from "../../parts/data/socket";

const AT_MOST_EVERY_MS = 2_000;

/** Asks anew for what is open: at once, then again after a while if more has happened meanwhile. */
function refreshing(client: QueryClient) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBehind = false;
  const ask = () => {
    isBehind = false;
    void client.invalidateQueries({ predicate: (it) => it.meta === OF_PAGE });
    timer = setTimeout(() => {
      timer = undefined;
      if (isBehind) ask();
    }, AT_MOST_EVERY_MS);
  };
  return {
    refresh: () => {
      if (timer === undefined) ask();
      else isBehind = true;
    },
    stop: () => clearTimeout(timer),
  };
}

export function useLive(): void {
  const client = useQueryClient();
  useEffect(() => {
    let cursor: string | null = null;
    let end: (() => void) | null = null;
    const { refresh, stop } = refreshing(client);
    const begin = () => {
      end = follow(ChangedDocument, {
        variables: () => ({ after: cursor }),
        // What has happened since the page was answered nobody tells.
        begun: () => cursor ?? refresh(),
        heard: ({ changed }) => {
          ({ cursor } = changed);
          refresh();
        },
        // To ask says what is the case, and where to sign in.
        ended: refresh,
      });
    };
    const look = () => {
      end?.();
      end = null;
      if (!document.hidden) begin();
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      end?.();
      stop();
    };
  }, [client]);
}
