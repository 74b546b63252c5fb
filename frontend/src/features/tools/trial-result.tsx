import { CheckCircle2, XCircle } from "lucide-react";
import type { Problem, ProviderTrial, Trial } from "@/api/schema";
import { Banner } from "@/components/banner";
import { useTranslation } from "@/lib/i18n";

type Props = { alias: string; busy: boolean; trial?: Trial; error: Problem | null };

/** What each provider said, and how long it took. */
export function TrialResult({ alias, busy, trial, error }: Props) {
  const { t } = useTranslation("tools");
  if (busy) return <p role="status" className="text-ink-soft">{t("models.testing", { alias })}</p>;
  if (error) return <Banner tone="bad">{error.detail}</Banner>;
  if (!trial) return null;
  const seconds = { seconds: trial.seconds.toFixed(1) };
  return (
    <Banner tone={trial.ok ? "ok" : "bad"} live title={t(trial.ok ? "models.test_ok" : "models.test_failed", seconds)}>
      <ul className="mt-1 grid gap-1">{trial.providers.map((provider, number) => <ProviderLine key={number} provider={provider} />)}</ul>
      {trial.providers.length === 0 && trial.detail}
    </Banner>
  );
}

function ProviderLine({ provider }: { provider: ProviderTrial }) {
  const { t } = useTranslation("tools");
  const Icon = provider.ok ? CheckCircle2 : XCircle;
  return (
    <li className="flex items-start gap-2">
      <Icon size={14} aria-hidden className={`mt-0.5 shrink-0 ${provider.ok ? "text-ok" : "text-bad"}`} />
      <span className="min-w-0 wrap-anywhere">
        <code className="font-mono text-xs">{provider.model}</code>{" "}
        {provider.ok ? t("models.answered") : <>{t("models.refused")}{": "}{provider.detail}</>}
      </span>
    </li>
  );
}
