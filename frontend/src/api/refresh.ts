import { useQueryClient } from "@tanstack/react-query";
import type { paths } from "./schema";

/** Returns what makes every shown answer of these addresses be asked for again. */
export function useRefresh(): (...changed: (keyof paths)[]) => Promise<void> {
  const client = useQueryClient();
  return async (...changed) => {
    await Promise.all(changed.map((path) => client.invalidateQueries({ queryKey: ["get", path] })));
  };
}
