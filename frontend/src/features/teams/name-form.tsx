import { type FormEvent, type ReactNode, useState } from "react";
import { faultOf, restOf } from "@/api/problem";
import type { Problem } from "@/api/schema";
import { Banner } from "@/components/banner";
import { Button } from "@/components/button";
import { Field, Input } from "@/components/field";
import { useTranslation } from "@/lib/i18n";

type Props = { label: string; hint?: ReactNode; name: string; error: Problem | null; busy: boolean; onSave: (name: string) => void };

/** One name, saved when it differs. */
export function NameForm({ label, hint, name, error, busy, onSave }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(name);
  const submit = (event: FormEvent) => { event.preventDefault(); onSave(typed.trim()); };
  const rest = restOf(error, ["name"]);
  return (
    <form onSubmit={submit} className="grid gap-4">
      {rest && <Banner tone="bad">{rest}</Banner>}
      <Field label={label} hint={hint} error={faultOf(error, "name")}>
        {(ids) => (
          <div className="flex gap-2">
            <Input {...ids} maxLength={120} value={typed} onChange={(event) => setTyped(event.target.value)} />
            <Button type="submit" className="h-9" busy={busy} disabled={typed.trim() === name}>{t("save")}</Button>
          </div>
        )}
      </Field>
    </form>
  );
}
