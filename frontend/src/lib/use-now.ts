import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(tell: () => void) {
  listeners.add(tell);
  if (timer === undefined) {
    now = Date.now(); // while nobody listened it stood still
    timer = setInterval(() => { now = Date.now(); listeners.forEach((each) => each()); }, 15_000);
  }
  return () => {
    listeners.delete(tell);
    if (listeners.size === 0) { clearInterval(timer); timer = undefined; }
  };
}

/** Milliseconds, moving every 15 s: one clock for all relative times on a page. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
