import { exact, relative } from "@/lib/time";
import { useNow } from "@/lib/use-now";

/** Relative, with the exact time on hover; copied text carries the exact one. */
export function Time({ at, className }: { at: string; className?: string }) {
  const now = useNow();
  const when = exact(at);
  return (
    <time dateTime={at} title={when} className={className}
      onCopy={(event) => { event.preventDefault(); event.clipboardData.setData("text/plain", when); }}>
      {relative(at, Math.max(now, 0))}
    </time>
  );
}
