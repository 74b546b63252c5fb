import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { isPending, readSession, type Session } from "@/api/sign-in";
import { safeNext } from "@/lib/next";

/** Whose address the last form named, for the next one. In memory alone: it has no business in a page's address. */
export const asked = { email: "" };

/** Kept short: whether a code is waited for can change in another tab. */
export const sessionQuery = { queryKey: ["session"], queryFn: readSession, staleTime: 0, gcTime: 0, retry: false };

/** Where this person was going, as a path of this site. */
export function useNext(): string {
  return safeNext((useSearch({ strict: false }) as { next?: unknown }).next);
}

/** The search parameter that carries it on; nothing for the start page. */
export function nextSearch(next: string): never {
  return { next: next === "/" ? undefined : next } as never;
}

/** Goes where a session's answer leads. Returns false when it leads nowhere that is known. */
export function useEnter(): (session: Session) => boolean {
  const client = useQueryClient();
  const { history } = useRouter();
  const navigate = useNavigate();
  const next = useNext();
  return (session) => {
    if (session.signedIn) {
      client.clear();
      history.push(next);
    } else if (isPending(session, "verify_email")) {
      void navigate({ to: "/verify-email", search: nextSearch(next) });
    } else {
      return false;
    }
    return true;
  };
}
