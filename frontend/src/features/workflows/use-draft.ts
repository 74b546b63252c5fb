import { useState } from "react";
import { $api } from "@/api/client";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { VERSION } from "./paths";
import { toYaml } from "./spec-yaml";
import { type Loaded, loadVersion, useVersionsChanged } from "./use-versions";

export type Conflict = { theirs: string; etag: string };

/** A draft's text while it is edited. It is saved over what one read, not over what somebody else saved since. */
export function useDraft(slug: string, id: string, loaded: Loaded) {
  const { t } = useTranslation("workflows");
  const { number } = loaded.version;
  const [start, setStart] = useState(() => ({ text: toYaml(loaded.version.spec), begun: 0 }));
  const [saved, setSaved] = useState(start.text);
  const [etag, setEtag] = useState(loaded.etag);
  const [text, setText] = useState(start.text);
  const [conflict, setConflict] = useState<Conflict>();
  const changed = useVersionsChanged();

  const begin = (fresh: string, freshEtag: string) => {
    setStart(({ begun }) => ({ text: fresh, begun: begun + 1 }));
    setSaved(fresh);
    setText(fresh);
    setEtag(freshEtag);
    setConflict(undefined);
  };
  const look = async () => {
    const now = await loadVersion(slug, id, number);
    setConflict({ theirs: toYaml(now.version.spec), etag: now.etag });
  };
  const patch = $api.useMutation("patch", VERSION, {
    onSuccess: async (_, sent) => {
      const now = await loadVersion(slug, id, number);
      setSaved((sent.body as { spec: string }).spec);
      setEtag(now.etag);
      setConflict(undefined);
      say(t("spec.saved", { number }));
      await changed();
    },
    onError: (error) => { if (error.code === "precondition_failed") void look(); },
  });
  const send = (over: string) => patch.mutate({
    params: { path: { slug, id, number: String(number) }, header: { "If-Match": over } }, body: { spec: text } });
  return {
    number, text, conflict, initial: start.text, begun: start.begun, dirty: text !== saved, saving: patch.isPending,
    error: patch.error && patch.error.code !== "precondition_failed" ? patch.error : null,
    change: setText,
    save: () => send(etag),
    discard: () => begin(saved, etag),
    overwrite: () => { if (conflict) send(conflict.etag); },
    takeTheirs: () => { if (conflict) begin(conflict.theirs, conflict.etag); },
  };
}
