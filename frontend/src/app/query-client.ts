import { hashKey, MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { meQuery } from "@/api/me";
import { asProblem, type Problem } from "@/api/problem";
import { router } from "./router";

declare module "@tanstack/react-query" {
  interface Register { defaultError: Problem }
}

/** A session that ended is noticed by asking again who is here: the team's frame then says so, above what it shows. */
function onError(error: unknown) {
  if (asProblem(error).status !== 401 || !router.state.location.pathname.startsWith("/t/")) return;
  void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
}

const asksWho = hashKey(meQuery.queryKey);

export const queryClient = new QueryClient({
  // A query that says `stays` has its page to itself: it keeps what is shown, and what was typed, and offers sign-in.
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (query.queryHash !== asksWho && !(query.meta?.stays && query.state.data)) onError(error);
    },
  }),
  mutationCache: new MutationCache({ onError: (error) => { if (!location.pathname.includes("/approvals/")) onError(error); } }),
  defaultOptions: {
    // Without a connection a write fails at once, and its page says so. Put off, it would go out by itself later, when
    // whoever pressed the button is no longer looking.
    mutations: { networkMode: "always" },
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => (asProblem(error).status <= 0 || asProblem(error).status >= 500) && failures < 2,
    },
  },
});
