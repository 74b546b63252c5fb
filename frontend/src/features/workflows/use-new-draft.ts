import { $api } from "@/api/client";
import type { Version } from "@/api/schema";
import { VERSIONS } from "./paths";
import { useVersionsChanged } from "./use-versions";

export function useNewDraft(onMade: (made: Version) => void) {
  const changed = useVersionsChanged();
  return $api.useMutation("post", VERSIONS, { onSuccess: async (made) => { await changed(); onMade(made); } });
}
