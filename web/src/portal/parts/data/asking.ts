// Operations as hooks: one answer, or a list that grows page by page. No list is cut: what is not here yet is said.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
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

export interface PageOf<Node> extends Page {
  nodes: readonly Node[];
}

/** A list as far as it is here, and the way to what is not. */
export interface Growing<Node> {
  pages: readonly (readonly Node[])[];
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => void;
  error: Error | null;
}

/**
 * The pages behind a first one, which came with the answer of its page. They are asked for when they are wanted; up to
 * `atOnce` rows by themselves, for what sums over all of them.
 */
export function useOnward<Result, Variables extends object, Node>(
  document: TypedDocumentNode<Result, Variables & { after?: string | null | undefined }>,
  variables: Variables,
  of: (result: Result) => PageOf<Node> | null | undefined,
  first: PageOf<Node>,
  atOnce = 0,
): Growing<Node> {
  const [isWanted, want] = useState(false);
  const { hasNextPage, endCursor } = first.pageInfo;
  const later = useInfiniteQuery({
    queryKey: [nameOf(document), variables, endCursor],
    queryFn: ({ pageParam, signal }) =>
      execute(document, { ...variables, after: pageParam }, signal),
    initialPageParam: endCursor,
    getNextPageParam: (last) => {
      const page = of(last)?.pageInfo;
      return page?.hasNextPage ? page.endCursor : null;
    },
    enabled: hasNextPage && (isWanted || first.nodes.length < atOnce),
  });
  const pages = [first.nodes, ...(later.data?.pages ?? []).map((it) => of(it)?.nodes ?? [])];
  const length = pages.reduce((all, it) => all + it.length, 0);
  const { fetchNextPage, isFetching, error } = later;
  const isMore = later.data ? later.hasNextPage : hasNextPage;
  const goesOn = later.data !== undefined && isMore && length < atOnce && !isFetching && error === null;
  useEffect(() => {
    if (goesOn) fetchNextPage();
  }, [goesOn, fetchNextPage]);
  return {
    pages,
    hasNextPage: isMore,
    isFetchingNextPage: isFetching,
    fetchNextPage: () => (later.data ? fetchNextPage() : isWanted ? later.refetch() : want(true)),
    error,
  };
}
