import { useState } from "react";
import { Field, Textarea } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import { Label, type FieldProps } from "./schema-field";

/** A list of texts: one a line, as people have them in a mail or a sheet. */
export function LinesField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const { t } = useTranslation("workflows");
  const emails = schema.items?.format === "email";
  const [text, setText] = useState(((value as string[] | undefined) ?? []).join("\n"));
  const split = (next: string) => next.split(emails ? /[\n,;]+/ : /\n+/).map((line) => line.trim()).filter(Boolean);
  const given = split(text);
  const wrong = Object.entries(faults).filter(([field]) => field.startsWith(`${path}.`))
    .map(([field, detail]) => t("form.line", { line: Number(field.slice(path.length + 1)) + 1, detail }));
  const hint = [schema.description, t(emails ? "form.emails_hint" : "form.lines_hint"), given.length > 0 && t("form.entries", { count: given.length })];
  return (
    <Field label={<Label name={name} schema={schema} must={must} />} hint={hint.filter(Boolean).join(" ")} error={faults[path] ?? (wrong.join(" ") || undefined)}>
      {(ids) => (
        <Textarea {...ids} aria-required={must} data-path={path} value={text} spellCheck={!emails} autoCapitalize="off"
          onChange={(event) => { setText(event.target.value); onChange(split(event.target.value)); }} />
      )}
    </Field>
  );
}
