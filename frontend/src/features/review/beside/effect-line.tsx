import { Link } from "@tanstack/react-router";
import type { ToolCall } from "@/api/schema";
import { Status } from "@/components/badge";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { exact } from "@/lib/time";

type Props = { slug: string; effect: ToolCall; label?: string };

/** One entry of the ledger, in words: what really happened, when, and where its evidence lies. */
export function EffectLine({ slug, effect, label }: Props) {
  const { t } = useTranslation("review");
  return (
    <div className="grid gap-0.5">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Status state={effect.state ?? ""} />
        <span className="font-medium wrap-anywhere">{useSentence(effect, label)}</span>
      </p>
      <p className="text-sm text-ink-soft">
        {effect.settled_at && <><Time at={effect.settled_at} /> · </>}
        <Link to="/t/$slug/runs/$id" params={{ slug, id: effect.run } as never} hash="tool-calls">{t("effect.evidence")}</Link>
      </p>
      {effect.state !== "done" && effect.detail && <p className="text-sm wrap-anywhere">{effect.detail}</p>}
    </div>
  );
}

export function useSentence(effect: ToolCall, label?: string): string {
  const { t } = useTranslation("review");
  const what = label ?? effect.tool;
  const result = (effect.result ?? {}) as { accepted?: string[]; name?: string };
  if (effect.state === "done" && effect.tool === "email.send" && result.accepted) {
    return t("effect.sent", { count: result.accepted.length, at: effect.settled_at ? exact(effect.settled_at) : "" });
  }
  if (effect.state === "done" && effect.tool === "files.write" && result.name) return t("effect.written", { name: result.name });
  return t(`effect.${effect.state}`, { what, defaultValue: what });
}
