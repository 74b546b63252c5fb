import { AlertTriangle, Check, Hand, Send, X } from "lucide-react";
import { cx } from "@/lib/cx";
import type { NodeState } from "./graph";

const LOOKS: Record<NodeState, string> = {
  todo: "border-edge bg-raised text-ink-faint",
  skipped: "border-dashed border-edge bg-raised text-ink-faint",
  running: "border-accent bg-accent-wash text-accent",
  waiting: "border-warn bg-warn-wash text-warn",
  completed: "border-ok bg-ok-wash text-ok",
  failed: "border-bad bg-bad-wash text-bad",
  lost: "border-bad bg-bad-wash text-bad",
};

/** A node's mark on the line. A call that has acted bears the seal, one that only read does not. */
export function StepMark({ state, left }: { state: NodeState; left: boolean }) {
  return (
    <span className={cx("relative grid size-6 place-items-center rounded-full border", left ? "border-seal bg-seal-wash text-seal" : LOOKS[state])}>
      {left ? <Send size={12} /> : <Inner state={state} />}
    </span>
  );
}

function Inner({ state }: { state: NodeState }) {
  switch (state) {
    case "completed": return <Check size={13} />;
    case "waiting": return <Hand size={12} />;
    case "failed": return <X size={13} />;
    case "lost": return <AlertTriangle size={12} />;
    case "running": return <span className="size-2 animate-pulse rounded-full bg-current motion-reduce:animate-none" />;
    default: return null;
  }
}
