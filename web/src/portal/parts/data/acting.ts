// Mutations as hooks. What the server refuses is shown where it was asked; what it has done is asked for anew, on
// everything that is on the screen.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { execute, nameOf } from "./execute";

export interface Refusal {
  code: string;
  message: string;
  /** Where in the input, from "input" on; null where it is about all of it. */
  field?: readonly string[] | null;
}

/** The place of a refusal, or of a field, in the input: names and places in lists, with dots between them. */
export function placeOf(field: Refusal["field"]): string {
  return (field ?? []).slice(1).join(".");
}

/** What is refused of one field. */
export function refusedAt(refusals: readonly Refusal[], place: string): string | undefined {
  return refusals.find((it) => placeOf(it.field) === place)?.message;
}

type Payload = Record<string, { userErrors: readonly Refusal[] }>;

function refusalsOf(result: object): readonly Refusal[] {
  const [payload] = Object.values(result as Payload);
  return payload?.userErrors ?? [];
}

export interface Acting<Fields> {
  act: (fields: Fields) => void;
  isActing: boolean;
  /** Why it was not done; empty before, and when it was. */
  refusals: readonly Refusal[];
  error: Error | null;
  /** What was refused has been changed. */
  forget: () => void;
}

/**
 * Sends a mutation of one input. Its key is made when the form opens and kept while it is tried again, so that what
 * was done without an answer is not done twice.
 */
export function useAct<Result extends object, Fields extends object>(
  document: TypedDocumentNode<Result, { input: Fields & { idempotencyKey?: string | null } }>,
  done: (result: Result) => void = () => {},
): Acting<Fields> {
  const client = useQueryClient();
  const [key, renew] = useState(() => crypto.randomUUID());
  const { mutate, isPending, data, error, reset } = useMutation({
    mutationFn: (fields: Fields) => execute(document, { input: { ...fields, idempotencyKey: key } }),
    onSuccess: async (result) => {
      // What was answered is over: another try is another act.
      renew(crypto.randomUUID());
      await client.invalidateQueries();
      if (refusalsOf(result).length === 0) done(result);
    },
  });
  return { act: mutate, isActing: isPending, refusals: data ? refusalsOf(data) : [], error, forget: reset };
}

export interface Trying<About> {
  /** What the server would refuse of the input that it was asked about last. */
  refusals: readonly Refusal[];
  /** What was given along with that input. */
  about: About | null;
  isTrying: boolean;
  error: Error | null;
}

/** Asks what the server would say to a mutation, without doing it. Nothing is asked for null. */
export function useDryRun<Result extends object, Fields extends object, About>(
  document: TypedDocumentNode<Result, { input: Fields & { dryRun?: boolean | null } }>,
  fields: Fields | null,
  about: About,
): Trying<About> {
  const { data, isFetching, error } = useQuery({
    queryKey: [nameOf(document), "dry", fields],
    queryFn: async ({ signal }) => {
      const result = await execute(document, { input: { ...(fields as Fields), dryRun: true } }, signal);
      return { refusals: refusalsOf(result), about };
    },
    enabled: fields !== null,
    placeholderData: keepPreviousData,
    // What is about it is as it was given.
    structuralSharing: false,
  });
  const said = fields === null ? undefined : data;
  return { refusals: said?.refusals ?? [], about: said?.about ?? null, isTrying: isFetching, error };
}
