import { Checkbox, Field, Input, Select, Textarea } from "@/components/field";
import { useTranslation } from "@/lib/i18n";
import type { Faults } from "./check";
import { DocumentsField } from "./documents-field";
import { JsonField } from "./json-field";
import { LinesField } from "./lines-field";
import { ObjectsField } from "./objects-field";
import { Broken, fieldsOf, kindOf, labelOf, type Schema } from "./schema";

export type FieldProps = {
  name: string; schema: Schema; must: boolean; path: string; faults: Faults;
  value: unknown; onChange: (value: unknown) => void;
};

/** The control that fits a part of the schema. */
export function SchemaField(props: FieldProps) {
  switch (kindOf(props.schema)) {
    case "object": return <ObjectField {...props} />;
    case "objects": return <ObjectsField {...props} />;
    case "documents": return <DocumentsField {...props} />;
    case "list": return <LinesField {...props} />;
    case "choice": return <ChoiceField {...props} />;
    case "choices": return <ChoicesField {...props} />;
    case "boolean": return <BooleanField {...props} />;
    case "number": return <NumberField {...props} />;
    case "json": return <JsonField {...props} />;
    default: return <TextField {...props} />;
  }
}

export function Label({ name, schema, must }: Pick<FieldProps, "name" | "schema" | "must">) {
  const { t } = useTranslation();
  return <>{labelOf(name, schema)}{!must && <span className="font-normal text-ink-faint"> · {t("optional")}</span>}</>;
}

export function Fields({ schema, value, path, faults, onChange }: Omit<FieldProps, "name" | "must">) {
  const given = (value ?? {}) as Record<string, unknown>;
  return fieldsOf(schema).map(([name, part, must]) => (
    <SchemaField key={name} name={name} schema={part} must={must} path={`${path}.${name}`} faults={faults}
      value={given[name]} onChange={(next) => onChange({ ...given, [name]: next })} />
  ));
}

function ObjectField(props: FieldProps) {
  return (
    <fieldset className="grid min-w-0 gap-4 rounded-md border border-line p-4">
      <legend className="px-1 text-sm font-medium"><Label {...props} /></legend>
      {props.schema.description && <p className="text-sm text-ink-faint">{props.schema.description}</p>}
      <Fields {...props} />
    </fieldset>
  );
}

function TextField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const lines = kindOf(schema) === "lines";
  const given = { value: (value as string | undefined) ?? "", onChange: (event: { target: { value: string } }) => onChange(event.target.value) };
  return (
    <Field label={<Label name={name} schema={schema} must={must} />} hint={schema.description} error={faults[path]}>
      {(ids) => (lines
        ? <Textarea {...ids} {...given} aria-required={must} data-path={path} />
        : <Input {...ids} {...given} aria-required={must} data-path={path} type={schema.format === "email" ? "email" : schema.format === "date" ? "date" : "text"} />)}
    </Field>
  );
}

function NumberField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const { t } = useTranslation("workflows");
  const { minimum: min, maximum: max } = schema;
  const read = ({ currentTarget: { value: text, validity } }: { currentTarget: HTMLInputElement }) => (
    onChange(validity.badInput ? new Broken(t("form.number")) : text === "" ? undefined : Number(text)));
  const range = min !== undefined && max !== undefined ? t("form.between", { min, max }) : min !== undefined ? t("form.at_least", { min }) : max !== undefined ? t("form.at_most", { max }) : "";
  return (
    <Field label={<Label name={name} schema={schema} must={must} />} hint={[schema.description, range].filter(Boolean).join(" · ")} error={faults[path]} className="max-w-xs">
      {(ids) => (
        <Input {...ids} type="number" inputMode={schema.type === "integer" ? "numeric" : "decimal"} step={schema.type === "integer" ? 1 : "any"} min={min} max={max}
          aria-required={must} data-path={path} value={value === undefined || value instanceof Broken ? "" : String(value)}
          onChange={read} onInput={read} // what was no number from its first letter on is told by `input` alone
        />
      )}
    </Field>
  );
}

function BooleanField({ name, schema, path, faults, value, onChange }: FieldProps) {
  return (
    <div>
      <Checkbox label={labelOf(name, schema)} hint={schema.description} checked={value === true} data-path={path} onChange={(event) => onChange(event.target.checked)} />
      {faults[path] && <p role="alert" className="text-sm text-bad">{faults[path]}</p>}
    </div>
  );
}

function ChoiceField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const { t } = useTranslation("workflows");
  const options = schema.enum ?? [];
  const place = options.findIndex((option) => option === value);
  return (
    <Field label={<Label name={name} schema={schema} must={must} />} hint={schema.description} error={faults[path]} className="max-w-sm">
      {(ids) => (
        <Select {...ids} aria-required={must} data-path={path} value={place === -1 ? "" : String(place)}
          onChange={(event) => onChange(event.target.value === "" ? undefined : options[Number(event.target.value)])}>
          {(place === -1 || !must) && <option value="">{t("form.choose")}</option>}
          {options.map((option, index) => <option key={index} value={String(index)}>{String(option)}</option>)}
        </Select>
      )}
    </Field>
  );
}

function ChoicesField({ name, schema, must, path, faults, value, onChange }: FieldProps) {
  const chosen = (value as unknown[] | undefined) ?? [];
  return (
    <fieldset className="grid gap-1">
      <legend className="text-sm font-medium"><Label name={name} schema={schema} must={must} /></legend>
      {schema.description && <p className="text-sm text-ink-faint">{schema.description}</p>}
      <div className="flex flex-wrap gap-x-4" data-path={path} tabIndex={-1}>
        {(schema.items?.enum ?? []).map((option, index) => (
          <Checkbox key={index} label={String(option)} checked={chosen.includes(option)}
            onChange={(event) => onChange(event.target.checked ? [...chosen, option] : chosen.filter((each) => each !== option))} />
        ))}
      </div>
      {faults[path] && <p role="alert" className="text-sm text-bad">{faults[path]}</p>}
    </fieldset>
  );
}
