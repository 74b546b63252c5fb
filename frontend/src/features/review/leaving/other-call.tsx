import type { Call } from "@/api/schema";
import { useTranslation } from "@/lib/i18n";
import { Fact, Facts } from "./facts";
import { LongText } from "./long-text";

/** A tool that has no form of its own yet: every argument by its name, none left out. */
export function OtherCall({ call }: { call: Call }) {
  const { t } = useTranslation("review");
  const entries = Object.entries(call.arguments as Record<string, unknown>);
  if (entries.length === 0) return <p className="text-ink-soft">{t("leaving.no_arguments")}</p>;
  return <Facts>{entries.map(([name, value]) => <Fact key={name} name={name}><Value name={name} value={value} /></Fact>)}</Facts>;
}

function Value({ name, value }: { name: string; value: unknown }) {
  const { t } = useTranslation("review");
  const from = resultOf(value);
  if (from) return <span className="text-ink-soft">{t("leaving.result_of", { call: from.call, path: from.path.join(".") || "…" })}</span>;
  if (typeof value === "string") return <LongText text={value} label={name} />;
  if (typeof value === "object" && value !== null) return <LongText text={JSON.stringify(value, null, 2)} label={name} />;
  return <span className="font-mono text-sm">{JSON.stringify(value)}</span>;
}

/** A reference that the tool server fills in with an earlier call's outcome. */
function resultOf(value: unknown): { call: string; path: unknown[] } | undefined {
  const inside = (value as { $result?: { call?: unknown; path?: unknown } } | null)?.$result;
  return typeof inside?.call === "string" ? { call: inside.call, path: Array.isArray(inside.path) ? inside.path : [] } : undefined;
}
