import type { RequestDetail } from "@/api/schema";
import { Panel } from "@/components/page";
import { useTranslation } from "@/lib/i18n";
import { CallCard } from "./call-card";

type Props = { request: RequestDetail; labels: Record<string, string> };

/** The truth about what approval lets go: every planned call, nothing left out. */
export function LeavingPanel({ request, labels }: Props) {
  const { t } = useTranslation("review");
  return (
    <Panel title={t(request.status === "approved" ? "leaving.released" : "leaving.title")}>
      {request.calls.length === 0 && <p className="text-ink-soft">{t("leaving.nothing")}</p>}
      {request.calls.map((call) => <CallCard key={call.id} call={call} label={labels[call.id]} draft={request.shown.draft} />)}
    </Panel>
  );
}
