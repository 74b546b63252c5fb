/**
 * A published version's spec, as far as pages draw it. The platform describes the whole of it by a JSON Schema of its own
 * (`/api/v1/workflow-schema/`), which the editor's checks use; in the API's it is any object, for a draft may be that.
 */
export type SpecNode = {
  id: string; type: string; label?: string; next?: string | null;
  judges?: string; on_fail?: string | null; shows?: string; on_changes?: string | null;
  releases?: string[]; model?: string | null; tool?: string; checklist?: { id: string; text: string }[];
};
export type Spec = { start?: string; nodes?: SpecNode[] };
