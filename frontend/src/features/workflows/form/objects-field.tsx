import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Button, IconButton } from "@/components/button";
import { useTranslation } from "@/lib/i18n";
import { beginning, labelOf } from "./schema";
import { Fields, Label, type FieldProps } from "./schema-field";

/** A list of things with parts: each in a frame of its own. */
export function ObjectsField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const { t } = useTranslation("workflows");
  const items = (value as unknown[] | undefined) ?? [];
  const part = schema.items ?? {};
  // A field may hold text of its own: it goes with its entry, not with the place.
  const [keys, setKeys] = useState(() => items.map((_, place) => place));
  const add = () => { setKeys([...keys, Math.max(-1, ...keys) + 1]); onChange([...items, beginning({ ...part, type: "object" })]); };
  const remove = (place: number) => { setKeys(keys.toSpliced(place, 1)); onChange(items.toSpliced(place, 1)); };
  const set = (place: number, next: unknown) => onChange(items.map((item, index) => (index === place ? next : item)));
  return (
    <fieldset className="grid min-w-0 gap-3">
      <legend className="text-sm font-medium"><Label name={name} schema={schema} must={must} /></legend>
      {schema.description && <p className="text-sm text-ink-faint">{schema.description}</p>}
      {items.map((item, place) => (
        <div key={keys[place]} role="group" aria-label={t("form.entry", { number: place + 1 })} className="relative grid gap-3 rounded-md border border-line p-4 pr-12">
          <IconButton label={t("form.remove", { number: place + 1 })} className="absolute top-2 right-2" onClick={() => remove(place)}>
            <X size={14} aria-hidden />
          </IconButton>
          <Fields schema={part} value={item} path={`${path}.${place}`} faults={faults} onChange={(next) => set(place, next)} />
        </div>
      ))}
      <Button className="justify-self-start" data-path={path} onClick={add}>
        <Plus size={14} aria-hidden />{t("form.add", { name: labelOf(name, schema).toLowerCase() })}
      </Button>
      {faults[path] && <p role="alert" className="text-sm text-bad">{faults[path]}</p>}
    </fieldset>
  );
}
