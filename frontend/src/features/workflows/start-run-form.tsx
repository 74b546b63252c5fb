import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { $api } from "@/api/client";
import type { Problem } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Field, Input } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { type Faults, faultsOf } from "./form/check";
import { beginning, type Schema, toSend } from "./form/schema";
import { Fields } from "./form/schema-field";
import { useLeaveWarning } from "./use-leave-warning";

const RUNS = "/api/v1/tenants/{slug}/runs/";
type Props = { slug: string; workflow: string; version: number; schema: Schema };

export function StartRunForm({ slug, workflow, version, schema }: Props) {
  const { t } = useTranslation("workflows");
  const { t: common } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [input, setInput] = useState(() => beginning({ ...schema, type: "object" }));
  const [title, setTitle] = useState("");
  const [faults, setFaults] = useState<Faults>({});
  const [touched, setTouched] = useState(false);
  const goesAlong = useLeaveWarning(touched, t("start.leave"));
  // One key for one filled-in form: pressed twice, or sent again after a lost answer, it starts one run.
  const key = useRef(crypto.randomUUID());

  const show = (found: Faults) => {
    setFaults(found);
    setTimeout(() => focusFirst(form.current, found));
  };
  const start = $api.useMutation("post", RUNS, {
    onSuccess: async (run) => {
      goesAlong();
      void client.invalidateQueries({ queryKey: ["get", RUNS] });
      await navigate({ to: "/t/$slug/runs/$id", params: { slug, id: run.id } });
    },
    onError: (error) => {
      if (isRefusal(error)) key.current = crypto.randomUUID();
      show(Object.fromEntries((error.fields ?? []).map(({ field, detail }) => [field, detail])));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const found = faultsOf({ ...schema, type: "object" }, input, "input", false, t);
    const missing = (schema.required ?? []).filter((name) => !(`input.${name}` in found) && (input as Record<string, unknown>)[name] === undefined);
    for (const name of missing) found[`input.${name}`] = t("form.required");
    start.reset();
    show(found);
    if (Object.keys(found).length > 0) return;
    start.mutate({
      params: { path: { slug }, header: { "Idempotency-Key": key.current } },
      body: { workflow, version, title: title.trim(), input: toSend({ ...schema, type: "object" }, input) as never },
    });
  };
  const edited = () => { setTouched(true); key.current = crypto.randomUUID(); };
  const unplaced = Object.entries(faults).filter(([field]) => !field.startsWith("input."));
  return (
    <form ref={form} noValidate onSubmit={submit} className="grid gap-6">
      <Fields schema={{ ...schema, type: "object" }} value={input} path="input" faults={faults} onChange={(next) => { setInput(next); edited(); }} />
      <Field label={<>{t("start.run_title")}<span className="font-normal text-ink-faint"> · {common("optional")}</span></>} hint={t("start.run_title_hint")} error={faults.title}>
        {(ids) => <Input {...ids} maxLength={200} value={title} onChange={(event) => { setTitle(event.target.value); edited(); }} />}
      </Field>
      {Object.keys(faults).length > 0 && (
        <Banner tone="bad" title={t("start.faulty")}>
          {unplaced.map(([field, detail]) => <p key={field}>{t("start.left_over", { field, detail })}</p>)}
        </Banner>
      )}
      {start.error && !start.error.fields?.length && <Banner tone="bad">{start.error.status === 0 ? t("start.unanswered") : start.error.detail}</Banner>}
      <div className="flex flex-wrap items-center gap-4">
        <Button look="primary" size="large" type="submit" busy={start.isPending}><Play size={16} aria-hidden />{t("start.action")}</Button>
        <p className="text-sm text-ink-faint">{t("start.version", { number: version })} · {t("start.why")}</p>
      </div>
    </form>
  );
}

/** Nothing was started and the same request never will be. Without this answer the run may exist: its key must stay. */
function isRefusal({ status, code }: Problem): boolean {
  return status >= 400 && status < 500 && ![408, 429].includes(status) && code !== "idempotency_in_progress";
}

/** The first field at fault, or what holds it, gets the focus. */
function focusFirst(form: HTMLFormElement | null, faults: Faults) {
  const paths = Object.keys(faults);
  const all = [...(form?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
  all.find((each) => paths.some((path) => path === each.dataset.path || path.startsWith(`${each.dataset.path}.`)))?.focus();
}
