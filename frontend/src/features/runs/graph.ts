import type { RunDetail, Step } from "@/api/schema";
import type { Spec, SpecNode } from "@/api/spec";
import { ENDED } from "./states";

export type NodeState = "todo" | "running" | "waiting" | "completed" | "failed" | "lost" | "skipped";
export type DrawnNode = { node: SpecNode; tries: Step[]; state: NodeState };
/** An edge that goes back: from a row to an earlier one, and how often it was taken. */
export type Loop = { from: number; to: number; why: "fail" | "changes"; taken: number };

/** The nodes from the start along `next`, then whatever else there is. */
export function inOrder(spec: Spec): SpecNode[] {
  const nodes = (spec.nodes ?? []).filter((node) => node && typeof node === "object" && node.id);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const order: SpecNode[] = [];
  let here = byId.get(spec.start ?? "");
  while (here && !order.includes(here)) {
    order.push(here);
    here = byId.get(here.next ?? "");
  }
  return [...order, ...nodes.filter((node) => !order.includes(node))];
}

/** What a node that judges or shows sends back to when it is not content. */
export function backTo(node: SpecNode): { to?: string; why: Loop["why"] } | null {
  if (node.type === "supervisor") return { to: node.on_fail ?? node.judges, why: "fail" };
  if (node.type === "approval") return { to: node.on_changes ?? node.shows, why: "changes" };
  return null;
}

export function drawn(spec: Spec, run: RunDetail, openGate: string | undefined): DrawnNode[] {
  return inOrder(spec).map((node) => {
    const tries = run.steps.filter((step) => step.node === node.id);
    return { node, tries, state: stateOf(node, tries, run, openGate) };
  });
}

function stateOf(node: SpecNode, tries: Step[], run: RunDetail, openGate: string | undefined): NodeState {
  if (run.status === "waiting" && node.id === openGate) return "waiting";
  const last = tries.at(-1);
  if (last?.status === "running" && run.status !== "running") return ENDED.includes(run.status) ? "lost" : "running";
  if (last) return last.status as NodeState;
  return ENDED.includes(run.status) ? "skipped" : "todo";
}

export function loops(rows: DrawnNode[]): Loop[] {
  const place = new Map(rows.map((row, index) => [row.node.id, index]));
  return rows.flatMap((row, from) => {
    const back = backTo(row.node);
    const to = back ? place.get(back.to ?? "") : undefined;
    return back && to !== undefined && to < from ? [{ from, to, why: back.why, taken: taken(row) }] : [];
  });
}

function taken({ node, tries }: DrawnNode): number {
  const sentBack = (step: Step) => (node.type === "approval"
    ? step.decision === "request_changes" : step.verdict?.verdict === "revise");
  return tries.filter(sentBack).length;
}

/** Only what acts stands in the ledger: a call to a tool that reads does not. */
export function hasActed({ tries }: DrawnNode): boolean {
  const last = tries.at(-1);
  return last?.outcome === "done" && !!last.ledger_entry;
}

export function nameOf(node: SpecNode | undefined, id: string): string {
  return node?.label || id.replaceAll("_", " ");
}
