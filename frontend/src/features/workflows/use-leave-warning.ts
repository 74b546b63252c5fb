import { useBlocker } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "@/lib/i18n";

type Place = { pathname: string; search: unknown };

/** Asks before unsaved changes are left behind: by a link, another tab or version, or by closing the window.
 *  Call what it returns when the text goes along. */
export function useLeaveWarning(dirty: boolean): () => void {
  const { t } = useTranslation("workflows");
  const leaves = useRef(false);
  const refused = useRef({ to: "", at: 0 });
  useEffect(() => { leaves.current = false; }, [dirty]);
  useBlocker({
    enableBeforeUnload: () => dirty,
    shouldBlockFn: ({ current, next }) => {
      if (!dirty || leaves.current || placeOf(current) === placeOf(next)) return false;
      // A tab asks twice, as it is pressed and as it gets the focus back from the question.
      if (refused.current.to === placeOf(next) && Date.now() - refused.current.at < 500) return true;
      const stays = !window.confirm(t("spec.leave"));
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
