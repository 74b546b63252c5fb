import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({
  extend: { theme: { text: ["xs", "sm", "base", "lg", "xl", "2xl"] } },
});

/** Class names, the later of two that contradict each other winning. */
export function cx(...names: ClassValue[]): string {
  return merge(clsx(names));
}
