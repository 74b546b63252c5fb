import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { asProblem, type Problem } from "@/api/problem";
import { router } from "./router";

declare module "@tanstack/react-query" {
  interface Register { defaultError: Problem }
}

/** A session that ended asks for sign-in again, and comes back to the same address. */
function onError(error: unknown) {
  const { pathname, href } = router.state.location;
  if (asProblem(error).status !== 401 || !pathname.startsWith("/t/")) return;
  queryClient.removeQueries({ queryKey: ["get", "/api/v1/me/"] });
  void router.navigate({ to: "/sign-in", search: { next: href } as never });
}

export const queryClient = new QueryClient({
  // A query that says `stays` has its page to itself: it keeps what is shown, and what was typed, and offers sign-in.
  queryCache: new QueryCache({ onError: (error, query) => { if (!query.meta?.stays || !query.state.data) onError(error); } }),
  mutationCache: new MutationCache({ onError: (error) => { if (!location.pathname.includes("/approvals/")) onError(error); } }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => (asProblem(error).status <= 0 || asProblem(error).status >= 500) && failures < 2,
    },
  },
});
