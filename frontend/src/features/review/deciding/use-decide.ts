import { useQueryClient } from "@tanstack/react-query";
import { $api } from "@/api/client";
import type { RequestDetail, Verdict } from "@/api/schema";

/** Says a verdict on exactly what was on screen: its revision and its plan's hash go with it. */
export function useDecide(slug: string, request: RequestDetail, done: () => void) {
  const cache = useQueryClient();
  const decide = $api.useMutation("post", "/api/v1/tenants/{slug}/approvals/{id}/decisions/", {
    onSuccess: done,
    // A refusal means that something else is true by now: it is looked at again either way.
    onSettled: () => cache.invalidateQueries({ predicate: ({ queryKey }) => /\/(approvals|inbox)\//.test(String(queryKey[1])) }),
  });
  const say = (verdict: Verdict, comment: string) => decide.mutate({
    params: { path: { slug, id: request.id } },
    body: { verdict, comment, revision: request.revision, plan_hash: request.plan_hash },
  });
  return { ...decide, say };
}
