import { useTranslation } from "@/lib/i18n";
import { listed } from "@/lib/listed";
import type { RequestDetail } from "@/api/schema";
import { whatLeaves } from "../leaving/what-leaves";
import { stillNeeded } from "../quorum";

/** What the approve button says it does, and whether that makes something leave. */
export function useApproveWords(request: RequestDetail, me: string): { words: string; effect: boolean } {
  const { t } = useTranslation("review");
  const still = stillNeeded(request, me);
  if (still.length > 0 && request.mine.may) {
    const roles = listed(still);
    return { words: t("approve.others", { roles, count: still.length }), effect: false };
  }
  const { people, files, others } = whatLeaves(request.calls);
  if (request.calls.length === 0) return { words: t("approve.plain"), effect: false };
  if (others > 0) return { words: t("approve.calls", { count: request.calls.length }), effect: true };
  if (people > 0) return { words: t("approve.send", { count: people }), effect: true };
  return { words: t("approve.write", { count: files }), effect: true };
}

/** The same as a list: what leaves at once when this approval is the last one. */
export function useLeavingWords(request: RequestDetail): string {
  const { t } = useTranslation("review");
  const { people, emails, files, others } = whatLeaves(request.calls);
  const parts = [
    emails > 0 && t("approve.part_emails", { count: emails, people: t("leaving.people", { count: people }) }),
    files > 0 && t("approve.part_files", { count: files }),
    others > 0 && t("approve.part_calls", { count: others }),
  ].filter((part) => part !== false);
  return listed(parts);
}
