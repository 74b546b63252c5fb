import { useEffect, useRef, useSyncExternalStore } from "react";
import { kept } from "./kept";

export type Key = { key: string; label: string; run: () => void; disabled?: boolean };

const active = new Set<{ current: Key[] }>();
const listeners = new Set<() => void>();
let snapshot: Key[] = [];

function changed() {
  snapshot = [...active].flatMap((keys) => keys.current);
  listeners.forEach((tell) => tell());
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches("input, textarea, select, [role=textbox], [role=combobox]"));
}

/** Whether single keys act at all: a person may turn them off in the list that `?` shows. */
export function singleKeysAreOn(): boolean {
  return kept("keys") !== "off";
}

/** Single keys of a page, alive while the component is. Ignored while somebody types or a dialog is open. */
export function useKeys(keys: Key[]): void {
  const held = useRef(keys);
  useEffect(() => { held.current = keys; });
  const words = keys.map((key) => key.key + key.label).join();
  useEffect(() => {
    active.add(held);
    changed();
    return () => { active.delete(held); changed(); };
  }, [words]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("[role=dialog], [role=alertdialog], [role=menu]")) return;
      const found = held.current.find((key) => key.key === event.key && !key.disabled);
      if (!found || (!singleKeysAreOn() && event.key !== "?")) return;
      event.preventDefault();
      found.run();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}

/** All the keys of what is on the page now. */
export function useActiveKeys(): Key[] {
  return useSyncExternalStore((tell) => { listeners.add(tell); return () => listeners.delete(tell); }, () => snapshot);
}
