// Operations as hooks: one answer, or a list that grows page by page.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { execute, nameOf, Unanswered } from "./execute";
import { useShow } from "./shown";

const TRIES = 2;

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Coming back to the window asks again; to be asked twice within a breath it need not be.
      staleTime: 2_000,
      retry: (tries, error) => error instanceof Unanswered && error.reason === "away" && tries < TRIES,
    },
  },
});

/** Marks what a page shows: it is asked for again when something happens. */
export const OF_PAGE = { isOfPage: true };

/** What a page waits for: its answer, or why there is none. */
export interface Asked<Result> {
  data: Result | undefined;
  error: Error | null;
  isFetching: boolean;
  refetch: () => unknown;
}

/** Asks what stands around pages, or opens on them. */
export function useAside<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
  meta: Record<string, unknown> = {},
): Asked<Result> {
  return useQuery({
    meta,
    queryKey: [nameOf(document), variables],
    queryFn: ({ signal }) => execute(document, variables, signal),
  });
}

/** Asks the operation of a page. */
export function useAnswer<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Asked<Result> {
  useShow(nameOf(document), variables);
  return useAside(document, variables, OF_PAGE);
}

interface Page {
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Asks for page after page of the connection that `of` takes out of the answer. */
export function usePages<Result, Variables extends { after?: string | null | undefined }, Connection extends Page>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Omit<Variables, "after">,
  of: (result: Result) => Connection | null,
) {
  useShow(nameOf(document), variables);
  return useInfiniteQuery({
    meta: OF_PAGE,
    queryKey: [nameOf(document), variables],
    queryFn: ({ pageParam, signal }) =>
      execute(document, { ...variables, after: pageParam } as unknown as Variables, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => {
      const page = of(last)?.pageInfo;
      return page?.hasNextPage ? page.endCursor : null;
    },
    placeholderData: keepPreviousData,
  });
}
