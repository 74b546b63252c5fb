import type { RequestDetail } from "@/api/schema";
import { useTranslation } from "@/lib/i18n";
import { exact } from "@/lib/time";

const BY_PEOPLE = ["approved", "rejected", "changes_requested"];

/** "editor@… requested changes to revision 2 at 14:02.": whose word settled a request that people settled. */
export function useSettledBy(request: RequestDetail): string | undefined {
  const { t } = useTranslation("review");
  const last = request.decisions.at(-1);
  if (!last || !BY_PEOPLE.includes(request.status ?? "")) return undefined;
  return t(`said.${last.verdict}`, { who: last.user.name || last.user.email, n: request.revision, at: exact(last.at) });
}
