import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Problem } from "@/api/problem";
import { say } from "@/components/toast";
import { useTranslation } from "@/lib/i18n";
import { SpecText, toYaml } from "./spec-yaml";
import { type Loaded, loadVersion, saveVersion, useVersionsChanged } from "./use-versions";

/** What this text was read or saved as: an edit goes over that ETag alone, and that spec is what may be published. */
export type Standing = { etag: string; specHash: string };
export type Conflict = { theirs: string; stands: Standing };

const standingOf = ({ version, etag }: Loaded): Standing => ({ etag, specHash: version.spec_hash });

/** A draft's text while it is edited. It is saved over what one read, not over what somebody else saved since. */
export function useDraft(slug: string, id: string, loaded: Loaded) {
  const { t } = useTranslation("workflows");
  const { number } = loaded.version;
  const [start, setStart] = useState(() => ({ text: toYaml(loaded.version.spec), begun: 0 }));
  const [saved, setSaved] = useState(start.text);
  const [stands, setStands] = useState(() => standingOf(loaded));
  const [text, setText] = useState(start.text);
  const [conflict, setConflict] = useState<Conflict>();
  const changed = useVersionsChanged();

  const begin = (fresh: string) => {
    setStart(({ begun }) => ({ text: fresh, begun: begun + 1 }));
    setSaved(fresh);
    setText(fresh);
    setConflict(undefined);
  };
  const hold = (mine: string, now: Loaded) => {
    setSaved(mine);
    setStands(standingOf(now));
    setConflict(undefined);
  };
  const look = async (mine: string) => {
    const now = await loadVersion(slug, id, number);
    const theirs = toYaml(now.version.spec);
    // After a lost answer, what is refused may be what was saved the first time.
    if (toYaml(new SpecText(mine).value) === theirs) hold(mine, now);
    else setConflict({ theirs, stands: standingOf(now) });
  };
  const patch = useMutation<Loaded, Problem, { spec: string; over: string }>({
    mutationFn: ({ spec, over }) => saveVersion(slug, id, number, over, { spec }),
    onSuccess: async (now, sent) => {
      hold(sent.spec, now);
      say(t("spec.saved", { number }));
      await changed();
    },
    onError: (error, sent) => { if (error.code === "precondition_failed") void look(sent.spec); },
  });
  return {
    number, text, stands, conflict, initial: start.text, begun: start.begun, dirty: text !== saved,
    saving: patch.isPending,
    error: patch.error && patch.error.code !== "precondition_failed" ? patch.error : null,
    change: setText,
    look: () => look(text),
    noted: (now: Loaded) => setStands(standingOf(now)),
    save: () => patch.mutate({ spec: text, over: stands.etag }),
    discard: () => begin(saved),
    overwrite: () => { if (conflict) patch.mutate({ spec: text, over: conflict.stands.etag }); },
    takeTheirs: () => { if (conflict) { setStands(conflict.stands); begin(conflict.theirs); } },
  };
}
