import { Plus, X } from "lucide-react";
import { Button, IconButton } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { beginning, labelOf } from "./schema";
import { Fields, Label, type FieldProps } from "./schema-field";

/** A list of things with parts: each in a frame of its own. */
export function ObjectsField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const { t } = useTranslation("workflows");
  const items = (value as unknown[] | undefined) ?? [];
  const part = schema.items ?? {};
  const set = (place: number, next: unknown) => onChange(items.map((item, index) => (index === place ? next : item)));
  return (
    <fieldset className="grid min-w-0 gap-3">
      <legend className="text-sm font-medium"><Label name={name} schema={schema} must={must} /></legend>
      {schema.description && <p className="text-sm text-ink-faint">{schema.description}</p>}
      {items.map((item, place) => (
        <div key={place} role="group" aria-label={t("form.entry", { number: place + 1 })} className="relative grid gap-3 rounded-md border border-line p-4 pr-12">
          <IconButton label={t("form.remove", { number: place + 1 })} className="absolute top-2 right-2" onClick={() => onChange(items.filter((_, index) => index !== place))}>
            <X size={14} aria-hidden />
          </IconButton>
          <Fields schema={part} value={item} path={`${path}.${place}`} faults={faults} onChange={(next) => set(place, next)} />
        </div>
      ))}
      <Button className="justify-self-start" data-path={path} onClick={() => onChange([...items, beginning({ ...part, type: "object" })])}>
        <Plus size={14} aria-hidden />{t("form.add", { name: labelOf(name, schema).toLowerCase() })}
      </Button>
      {faults[path] && <p role="alert" className="text-sm text-bad">{faults[path]}</p>}
    </fieldset>
  );
}
