// Mutations as hooks. What the server refuses is shown where it was asked; what it has done is asked for anew, on
// everything that is on the screen.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { execute } from "./execute";

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
  done: () => void = () => {},
): Acting<Fields> {
  const client = useQueryClient();
  const [key, renew] = useState(() => crypto.randomUUID());
  const { mutate, isPending, data, error, reset } = useMutation({
    mutationFn: async (fields: Fields) => {
      const result = await execute(document, { input: { ...fields, idempotencyKey: key } });
      const [payload] = Object.values(result) as { userErrors: readonly Refusal[] }[];
      return payload?.userErrors ?? [];
    },
    onSuccess: async (refusals) => {
      // What was answered is over: another try is another act.
      renew(crypto.randomUUID());
      await client.invalidateQueries();
      if (refusals.length === 0) done();
    },
  });
  return { act: mutate, isActing: isPending, refusals: data ?? [], error, forget: reset };
}
