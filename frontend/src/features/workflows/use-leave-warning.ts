import { useBlocker } from "@tanstack/react-router";
import { useTranslation } from "@/lib/i18n";

/** Asks before unsaved changes are left behind, by a link or by closing the tab. */
export function useLeaveWarning(dirty: boolean): void {
  const { t } = useTranslation("workflows");
  useBlocker({
    enableBeforeUnload: () => dirty,
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname && !window.confirm(t("spec.leave")),
  });
}
