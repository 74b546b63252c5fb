import { useBlocker } from "@tanstack/react-router";
import { useEffect, useRef } from "react";

type Place = { pathname: string; search: unknown };

/** Asks before what was typed is left behind: by a link, another tab or version, or by closing the window.
 *  Call what it returns when the text goes along. */
export function useLeaveWarning(dirty: boolean, question: string): () => void {
  const leaves = useRef(false);
  const refused = useRef({ to: "", at: 0 });
  useEffect(() => { leaves.current = false; }, [dirty]);
  useBlocker({
    enableBeforeUnload: () => dirty,
    shouldBlockFn: ({ current, next }) => {
      if (!dirty || leaves.current || placeOf(current) === placeOf(next)) return false;
      // A tab asks twice, as it is pressed and as it gets the focus back from the question.
      if (refused.current.to === placeOf(next) && Date.now() - refused.current.at < 500) return true;
      const stays = !window.confirm(question);
      refused.current = { to: placeOf(next), at: Date.now() };
      return stays;
    },
  });
  return () => { leaves.current = true; };
}

/** What the text hangs on. Other parameters may change under it. */
function placeOf({ pathname, search }: Place): string {
  const { tab = "spec", version = "" } = (search ?? {}) as { tab?: string; version?: unknown };
  return [pathname, tab, version].join(" ");
}
