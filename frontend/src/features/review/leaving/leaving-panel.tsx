import type { RequestDetail } from "@/api/schema";
import { Panel } from "@/components/page";
import { useTranslation } from "@/lib/i18n";
import { CallCard } from "./call-card";
import { fateOf } from "./what-leaves";

type Props = { slug: string; request: RequestDetail; labels: Record<string, string> };

/** The truth about what approval lets go: every planned call, nothing left out. */
export function LeavingPanel({ slug, request, labels }: Props) {
  const { t } = useTranslation("review");
  const fate = fateOf(request.status);
  return (
    <Panel title={t(`leaving.${fate}`)}>
      {request.calls.length === 0 && <p className="text-ink-soft">{t("leaving.nothing")}</p>}
      {request.calls.map((call) => <CallCard key={call.id} slug={slug} request={request} call={call} label={labels[call.id]} />)}
    </Panel>
  );
}
