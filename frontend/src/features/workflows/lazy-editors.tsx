import { lazy, Suspense } from "react";
import { Skeleton } from "@/components/states";

/** CodeMirror comes in a chunk of its own, when somebody opens a spec. */
const Editor = lazy(() => import("./code-editor"));
const Diff = lazy(() => import("./text-diff"));

export function CodeEditor(props: Parameters<typeof Editor>[0]) {
  return <Suspense fallback={<Skeleton rows={14} />}><Editor {...props} /></Suspense>;
}

export function TextDiff(props: Parameters<typeof Diff>[0]) {
  return <Suspense fallback={<Skeleton rows={14} />}><Diff {...props} /></Suspense>;
}
