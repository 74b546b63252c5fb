import {
  AlertTriangle, Ban, CheckCircle2, Circle, CircleDashed, Clock, FileCheck2, Hand, Loader, MessageSquareReply,
  PencilLine, XCircle,
} from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";

export type Tone = "neutral" | "accent" | "ok" | "warn" | "bad" | "seal";

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-ink-soft",
  accent: "bg-accent-wash text-accent",
  ok: "bg-ok-wash text-ok",
  warn: "bg-warn-wash text-warn",
  bad: "bg-bad-wash text-bad",
  seal: "bg-seal-wash text-seal",
};

export function Badge({ tone = "neutral", className, children }: { tone?: Tone; className?: string; children: ReactNode }) {
  return (
    <span className={cx("inline-flex h-5 items-center gap-1 rounded-sm px-1.5 text-xs font-medium whitespace-nowrap", TONES[tone], className)}>
      {children}
    </span>
  );
}

type Look = [Tone, ComponentType<{ size?: number; "aria-hidden"?: boolean; className?: string }>];

/** Every state of design §9, by its own word: never by colour alone. Seal marks what has left the building. */
const STATES: Record<string, Look> = {
  queued: ["neutral", CircleDashed],
  running: ["accent", Loader],
  waiting: ["warn", Hand],
  needs_attention: ["bad", AlertTriangle],
  completed: ["ok", CheckCircle2],
  rejected: ["neutral", XCircle],
  failed: ["bad", XCircle],
  cancelled: ["neutral", Ban],
  open: ["warn", Hand],
  approved: ["ok", CheckCircle2],
  changes_requested: ["accent", MessageSquareReply],
  expired: ["neutral", Clock],
  superseded: ["neutral", Circle],
  approve: ["ok", CheckCircle2],
  reject: ["neutral", XCircle],
  request_changes: ["accent", MessageSquareReply],
  held: ["warn", Clock],
  valid: ["accent", FileCheck2],
  consumed: ["seal", FileCheck2],
  revoked: ["neutral", Ban],
  intent: ["accent", Loader],
  done: ["seal", CheckCircle2],
  not_done: ["neutral", XCircle],
  unknown: ["bad", AlertTriangle],
  draft: ["neutral", PencilLine],
  published: ["ok", CheckCircle2],
  retired: ["neutral", Ban],
  accepted: ["ok", CheckCircle2],
  lost: ["bad", AlertTriangle],
};

export function Status({ state }: { state: string }) {
  const { t } = useTranslation();
  const [tone, Icon] = STATES[state] ?? ["neutral", Circle];
  return <Badge tone={tone}><Icon size={12} aria-hidden />{t(`state.${state}`)}</Badge>;
}
