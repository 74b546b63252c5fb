import { Send } from "lucide-react";
import type { RunDetail, ToolCall } from "@/api/schema";
import { Status } from "@/components/badge";
import { Copy } from "@/components/copy";
import { Panel } from "@/components/page";
import { Time } from "@/components/time";
import { useTranslation } from "@/lib/i18n";
import { useToolCalls } from "./use-run";

/** What was called and what came of it. Seal: it has left the building. */
export function ToolCalls({ slug, run }: { slug: string; run: RunDetail }) {
  const { t } = useTranslation("runs");
  const calls = useToolCalls(slug, run.id);
  return (
    <Panel title={t("effects.title")}>
      {calls.length === 0
        ? <p className="text-ink-faint">{t("effects.none")}</p>
        : <ul className="grid gap-4">{calls.map((call) => <Called key={call.id} call={call} />)}</ul>}
    </Panel>
  );
}

function Called({ call }: { call: ToolCall }) {
  const { t } = useTranslation("runs");
  const left = call.state === "done";
  return (
    <li className={left ? "border-l-2 border-seal pl-3" : "border-l-2 border-line pl-3"}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="inline-flex items-center gap-1.5 font-medium">{left && <Send size={13} aria-hidden className="text-seal" />}{call.tool}</h3>
        <Status state={call.state ?? "intent"} />
        <span className="ml-auto text-sm text-ink-faint">
          {(call.attempts ?? 1) > 1 && `${t("effects.attempts", { count: call.attempts })} · `}
          <Time at={call.settled_at ?? call.intent_at ?? call.created_at ?? ""} />
        </span>
      </div>
      {recipients(call) && <p className="text-sm text-ink-soft wrap-anywhere">{recipients(call)}</p>}
      {call.detail && <p className="text-sm text-bad">{call.detail}</p>}
      {call.resolutions.map((said) => (
        <p key={said.attempt} className="text-sm">
          {t("effects.resolution", { who: said.created_by ?? "", what: t(said.happened ? "effects.resolution_yes" : "effects.resolution_no") })}
          {said.note && ` “${said.note}”`}
        </p>
      ))}
      <Json title={t("effects.arguments")} value={call.arguments} />
      {call.result !== null && call.result !== undefined && <Json title={t("effects.result")} value={call.result} />}
    </li>
  );
}

function recipients(call: ToolCall): string {
  const sent = (call.arguments ?? {}) as { to?: unknown; name?: unknown };
  const to = Array.isArray(sent.to) ? sent.to.join(", ") : sent.to ?? sent.name;
  return typeof to === "string" ? to : "";
}

function Json({ title, value }: { title: string; value: unknown }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <details>
      <summary className="cursor-pointer py-1 text-sm text-accent">{title}</summary>
      <div className="relative">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a box that scrolls must be reachable by keyboard */}
        <pre tabIndex={0} role="region" aria-label={title} className="max-h-72 overflow-auto rounded-md bg-sunken p-3 pr-10 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere">{text}</pre>
        <Copy text={text} className="absolute top-1 right-1" />
      </div>
    </details>
  );
}
