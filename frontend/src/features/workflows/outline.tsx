import { Bot, Hand, ListChecks, Wrench } from "lucide-react";
import type { ComponentType } from "react";
import { useTranslation } from "@/lib/i18n";
import type { SpecText } from "./spec-yaml";

const ICONS: Record<string, ComponentType<{ size?: number; "aria-hidden"?: boolean; className?: string }>> = {
  worker: Bot, supervisor: ListChecks, approval: Hand, tool: Wrench,
};

/** The nodes of the text as it stands; a click goes to one. */
export function Outline({ text, onGo }: { text: SpecText; onGo: (at: number) => void }) {
  const { t } = useTranslation("workflows");
  const nodes = (text.value as { nodes?: unknown } | undefined)?.nodes;
  const found = Array.isArray(nodes) ? nodes as { id?: string; label?: string; type?: string }[] : [];
  if (found.length === 0) return null;
  return (
    <nav aria-label={t("spec.outline")} className="grid gap-1">
      <h2 className="px-2 text-xs font-medium text-ink-soft">{t("spec.outline")}</h2>
      <ol>
        {found.map((node, place) => {
          const Icon = ICONS[node?.type ?? ""] ?? Wrench;
          const name = node?.label || node?.id || String(place + 1);
          return (
            <li key={place}>
              <button type="button" aria-label={t("spec.goto", { node: name })} onClick={() => onGo(text.place(`nodes.${place}`).from)}
                className="flex min-h-8 w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-sunken">
                <Icon size={14} aria-hidden className="shrink-0 text-ink-faint" />
                <span className="min-w-0 truncate">{name}</span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
