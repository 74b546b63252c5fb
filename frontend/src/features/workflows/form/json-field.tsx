import { useState } from "react";
import { Field, Textarea } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { Broken } from "./schema";
import { Label, type FieldProps } from "./schema-field";

/** Whatever has no control of its own is written as JSON. */
export function JsonField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const { t } = useTranslation("workflows");
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  const change = (next: string) => {
    setText(next);
    try {
      onChange(next.trim() === "" ? undefined : JSON.parse(next));
    } catch (error) {
      onChange(new Broken(t("form.json", { detail: (error as Error).message })));
    }
  };
  return (
    <Field label={<Label name={name} schema={schema} must={must} />} hint={[schema.description, t("form.json_hint")].filter(Boolean).join(" ")} error={value instanceof Broken ? value.detail : faults[path]}>
      {(ids) => <Textarea {...ids} aria-required={must} data-path={path} className="font-mono text-sm" spellCheck={false} value={text} onChange={(event) => change(event.target.value)} />}
    </Field>
  );
}
