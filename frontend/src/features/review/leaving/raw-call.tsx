import { useQuery } from "@tanstack/react-query";
import { CheckCircle2, TriangleAlert } from "lucide-react";
import type { Call } from "@/api/schema";
import { Copy, Id } from "@/components/copy";
import { byteLength, canonicalJson, contentHash } from "@/lib/canonical";
import { useTranslation } from "@/lib/i18n";
import { bytes, count } from "@/lib/numbers";
import { CodeBox } from "./code-box";
import { Fact, Facts } from "./facts";

/** The arguments as the tool gets them, byte for byte, and whether they are what the approval will be bound to. */
export function RawCall({ call }: { call: Call }) {
  const { t } = useTranslation("review");
  const text = canonicalJson(call.arguments);
  const size = byteLength(text);
  return (
    <div className="grid min-w-0 gap-3">
      <div className="flex items-center justify-between gap-2 text-sm text-ink-soft">
        <span>{t("leaving.canonical", { size: bytes(size), exact: count(size) })}</span>
        <Copy text={text} label={t("leaving.copy_json")} className="size-8" />
      </div>
      <CodeBox text={text} label={t("leaving.raw")} />
      <Facts>
        <Fact name={t("leaving.tool")}><span className="font-mono text-xs">{call.tool}</span></Fact>
        <Fact name={t("leaving.arguments_hash")}><Id value={call.arguments_hash} keep={23} /><Match text={text} hash={call.arguments_hash} /></Fact>
        <Fact name={t("leaving.schema_hash")}><Id value={call.schema_hash} keep={23} /></Fact>
      </Facts>
    </div>
  );
}

function Match({ text, hash }: { text: string; hash: string }) {
  const { t } = useTranslation("review");
  const computed = useQuery({ queryKey: ["hash", hash, text.length], queryFn: async () => (await contentHash(text)) ?? null, staleTime: Infinity }).data;
  if (!computed) return null;
  const same = computed === hash;
  const Icon = same ? CheckCircle2 : TriangleAlert;
  return (
    <p role={same ? undefined : "alert"} className={same ? "flex gap-1 text-xs text-ok" : "flex gap-1 text-xs text-bad"}>
      <Icon size={14} aria-hidden className="shrink-0" />{t(same ? "leaving.hash_same" : "leaving.hash_differs")}
    </p>
  );
}
