import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function read(key: string): string | null {
  try { return localStorage.getItem(key); } catch { return null; }
}

/** What this person chose on this device. Storage that is closed keeps nothing and breaks nothing. */
export function keep(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch { /* see above */ }
  listeners.forEach((tell) => tell());
}

export function kept(key: string): string | null {
  return read(key);
}

export function useKept(key: string): [string | null, (value: string | null) => void] {
  const value = useSyncExternalStore(
    (tell) => { listeners.add(tell); return () => listeners.delete(tell); },
    () => read(key),
  );
  return [value, (next) => keep(key, next)];
}
