// Operations as hooks: one answer, or a list that grows page by page.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { execute, nameOf, Unanswered } from "./execute";

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

/** What a page waits for: its answer, or why there is none. */
export interface Asked<Result> {
  data: Result | undefined;
  error: Error | null;
  isFetching: boolean;
  refetch: () => unknown;
}

export function useAnswer<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Asked<Result> {
  return useQuery({
    queryKey: [nameOf(document), variables],
    queryFn: ({ signal }) => execute(document, variables, signal),
  });
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
  return useInfiniteQuery({
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
