import { useBlocker } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "@/lib/i18n";

type Place = { pathname: string; search: unknown };

/** Asks before unsaved changes are left behind: by a link, another tab or version, or by closing the window.
 *  Call what it returns when the text goes along. */
export function useLeaveWarning(dirty: boolean): () => void {
  const { t } = useTranslation("workflows");
  const leaves = useRef(false);
  useEffect(() => { leaves.current = false; }, [dirty]);
  useBlocker({
    enableBeforeUnload: () => dirty,
    shouldBlockFn: ({ current, next }) => dirty && !leaves.current && placeOf(current) !== placeOf(next) && !window.confirm(t("spec.leave")),
  });
  return () => { leaves.current = true; };
}

/** What the text hangs on. Other parameters may change under it. */
function placeOf({ pathname, search }: Place): string {
  const { tab = "spec", version = "" } = (search ?? {}) as { tab?: string; version?: unknown };
  return [pathname, tab, version].join(" ");
}
