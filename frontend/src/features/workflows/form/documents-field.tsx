import { FileText, PencilLine, Upload, X } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { Banner } from "@/components/banner";
import { Button, IconButton } from "@/components/button";
import { Field, Input, Textarea } from "@/components/field";
import { cx } from "@/lib/cx";
import { useTranslation } from "@/lib/i18n";
import { bytes } from "@/lib/numbers";
import { type Document, readFiles, type Refused } from "./read-files";
import { Label, type FieldProps } from "./schema-field";

/** Documents: text files dropped or chosen, or texts that are written here. */
export function DocumentsField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const { t } = useTranslation("workflows");
  const id = useId();
  const documents = (value as Document[] | undefined) ?? [];
  const longest = schema.items?.properties?.text?.maxLength ?? Infinity;
  const [refused, setRefused] = useState<Refused[]>([]);
  const [added, setAdded] = useState(0);
  const [open, setOpen] = useState<number>();
  const take = async (files: File[]) => {
    const read = await readFiles(files, longest);
    setRefused(read.refused);
    setAdded(read.documents.length);
    onChange([...documents, ...read.documents]);
  };
  const set = (place: number, next: Document) => onChange(documents.map((each, index) => (index === place ? next : each)));
  return (
    <div role="group" aria-labelledby={`${id}-label`} className="grid gap-2">
      <p id={`${id}-label`} className="text-sm font-medium"><Label name={name} schema={schema} must={must} /></p>
      <Drop path={path} onFiles={(files) => void take(files)} onWrite={() => { onChange([...documents, { name: "", text: "" }]); setOpen(documents.length); }} />
      {schema.description && <p className="text-sm text-ink-faint">{schema.description}</p>}
      <p aria-live="polite" className="sr-only">{added > 0 && t("form.documents.added", { count: added })}</p>
      {refused.map((each) => <Banner key={each.name} tone="warn" live>{t(`form.documents.${each.why}`, { name: each.name, limit: longest })}</Banner>)}
      {documents.length > 0 && (
        <ul aria-label={t("form.documents.list")} className="grid gap-2">
          {documents.map((document, place) => (
            <DocumentRow key={place} document={document} number={place + 1} open={open === place} path={`${path}.${place}`} faults={faults}
              onOpen={() => setOpen(open === place ? undefined : place)} onSet={(next) => set(place, next)}
              onRemove={() => { onChange(documents.filter((_, index) => index !== place)); setOpen(undefined); }} />
          ))}
        </ul>
      )}
      {faults[path] && <p role="alert" className="text-sm text-bad">{faults[path]}</p>}
    </div>
  );
}

function Drop({ path, onFiles, onWrite }: { path: string; onFiles: (files: File[]) => void; onWrite: () => void }) {
  const { t } = useTranslation("workflows");
  const chooser = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  };
  return (
    <div onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}
      className={cx("flex flex-wrap items-center gap-2 rounded-md border border-dashed p-4", over ? "border-accent bg-accent-wash" : "border-edge/60 bg-sunken/40")}>
      <Upload size={16} aria-hidden className="text-ink-faint" />
      <span className="text-ink-soft">{t("form.documents.drop")}</span>
      <Button data-path={path} onClick={() => chooser.current?.click()}>{t("form.documents.choose")}</Button>
      <Button look="quiet" onClick={onWrite}>{t("form.documents.write")}</Button>
      <input ref={chooser} type="file" multiple hidden aria-label={t("form.documents.choose")} accept="text/*,.md,.markdown,.txt,.csv,.json,.yaml,.yml,.rst,.html,.log"
        onChange={(event) => { onFiles([...(event.target.files ?? [])]); event.target.value = ""; }} />
    </div>
  );
}

type RowProps = {
  document: Document; number: number; open: boolean; path: string; faults: Record<string, string>;
  onOpen: () => void; onSet: (document: Document) => void; onRemove: () => void;
};

function DocumentRow({ document, number, open, path, faults, onOpen, onSet, onRemove }: RowProps) {
  const { t } = useTranslation("workflows");
  const name = document.name || t("form.documents.unnamed", { number });
  const fault = faults[path] ?? faults[`${path}.name`] ?? faults[`${path}.text`];
  const shown = open || !!fault;
  return (
    <li className="grid gap-3 rounded-md border border-line bg-raised px-3 py-2">
      <div className="flex min-h-8 flex-wrap items-center gap-2">
        <FileText size={16} aria-hidden className="text-ink-faint" />
        <span className="min-w-0 font-medium wrap-anywhere">{name}</span>
        <span className="text-sm text-ink-faint tabular-nums">{bytes(new Blob([document.text]).size)}</span>
        <span className="ml-auto flex">
          <IconButton label={t("form.documents.edit", { name })} aria-expanded={shown} onClick={onOpen}><PencilLine size={14} aria-hidden /></IconButton>
          <IconButton label={t("form.documents.remove", { name })} onClick={onRemove}><X size={14} aria-hidden /></IconButton>
        </span>
      </div>
      {shown && (
        <>
          <Field label={t("form.documents.name")} error={faults[`${path}.name`]}>
            {(ids) => <Input {...ids} data-path={`${path}.name`} value={document.name} onChange={(event) => onSet({ ...document, name: event.target.value })} />}
          </Field>
          <Field label={t("form.documents.text")} error={faults[`${path}.text`] ?? faults[path]}>
            {(ids) => <Textarea {...ids} data-path={`${path}.text`} className="min-h-40 font-mono text-sm" value={document.text} onChange={(event) => onSet({ ...document, text: event.target.value })} />}
          </Field>
        </>
      )}
    </li>
  );
}
