import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api, $api } from "@/api/client";
import { PERMISSIONS, WORKFLOW, WORKFLOWS } from "./paths";

/** The ETag of what is about to be edited, asked for when `open` becomes true: an edit of something older is refused. */
export function useWorkflowEtag(slug: string, id: string, open: boolean): string | undefined {
  const found = useQuery({
    queryKey: ["etag", WORKFLOW, slug, id], enabled: open, staleTime: 0, gcTime: 0,
    queryFn: async () => (await api.GET(WORKFLOW, { params: { path: { slug, id } } })).response.headers.get("ETag") ?? "",
  });
  return found.data || undefined;
}

/** A change of the workflow itself: its name, or whether it is archived. */
export function useEditWorkflow(onDone: () => void) {
  const client = useQueryClient();
  const again = () => Promise.all([WORKFLOW, WORKFLOWS].map((path) => client.invalidateQueries({ queryKey: ["get", path] })));
  return $api.useMutation("patch", WORKFLOW, {
    onSuccess: async () => { await again(); onDone(); },
    onError: (error) => {
      if (error.code !== "precondition_failed") return;
      void again();
      void client.invalidateQueries({ queryKey: ["etag", WORKFLOW] });
    },
  });
}

export function usePermissions(slug: string, id: string) {
  return $api.useQuery("get", PERMISSIONS, { params: { path: { slug, id } } });
}
