import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { api } from "@/api/client";
import type { Problem } from "@/api/problem";
import type { Findings } from "@/api/schema";
import { SpecText, type Span } from "./spec-yaml";

export type Finding = Span & { severity: "error" | "warning"; detail: string; field: string };
export type Checked = { findings: Finding[]; checking: boolean; problem?: string; text: SpecText };

const PAUSE = 500;
const VALIDATE = "/api/v1/tenants/{slug}/workflows/validate/";

/** What publishing this text would find, asked for whenever its writer pauses. What breaks the text needs no asking. */
export function useFindings(slug: string, workflow: string, text: string): Checked {
  const settled = usePaused(text, PAUSE);
  const parsed = useMemo(() => new SpecText(settled), [settled]);
  const broken = parsed.broken;
  const asked = useQuery<Findings, Problem>({
    queryKey: ["findings", slug, workflow, settled],
    enabled: broken.length === 0,
    queryFn: async ({ signal }) => {
      const { data } = await api.POST(VALIDATE, { params: { path: { slug } }, body: { spec: settled, workflow } as never, signal });
      return data as Findings;
    },
    retry: false, staleTime: 30_000, gcTime: 60_000, placeholderData: (before) => before,
  });
  const findings = useMemo(() => (
    broken.length ? broken.map((each) => ({ ...each, severity: "error" as const, field: "" })) : placed(asked.data, parsed)
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `broken` belongs to `parsed`
  ), [asked.data, parsed]);
  const unreadable = asked.error?.code === "spec_unreadable" || asked.error?.code === "spec_too_large";
  const shown = unreadable && asked.error ? [refused(asked.error.detail, parsed)] : findings;
  return {
    findings: shown, text: parsed, checking: asked.isFetching || settled !== text,
    problem: asked.error && !unreadable ? asked.error.detail : undefined,
  };
}

function placed(found: Findings | undefined, text: SpecText): Finding[] {
  if (!found) return [];
  const all = (list: Findings["faults"], severity: Finding["severity"]) => (
    list.map(({ field, detail }) => ({ ...text.place(field), severity, detail, field })));
  return [...all(found.faults, "error"), ...all(found.warnings, "warning")];
}

/** The platform names the line where reading stopped. */
function refused(detail: string, text: SpecText): Finding {
  const line = Number(/^Line (\d+)/.exec(detail)?.[1] ?? 1);
  const from = text.text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  return { from, to: from, line, severity: "error", detail, field: "" };
}

function usePaused(value: string, pause: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [pause, value]);
  return settled;
}
