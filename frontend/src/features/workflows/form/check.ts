import type { TFunction } from "@/lib/i18n";
import { Broken, fieldsOf, isEmpty, kindOf, type Schema } from "./schema";

/** What is wrong, by the same paths as the platform's answer: `input.documents.0.text`. */
export type Faults = Record<string, string>;
type Words = TFunction<"workflows">;

/** What a browser can tell before asking. The platform checks all of it again. */
export function faultsOf(schema: Schema, value: unknown, path: string, must: boolean, t: Words): Faults {
  if (value instanceof Broken) return { [path]: value.detail };
  if (isEmpty(value)) return must ? { [path]: emptyOf(schema, t) } : {};
  switch (kindOf(schema)) {
    case "object": return Object.assign({}, ...fieldsOf(schema).map(([name, part, needed]) => (
      faultsOf(part, (value as Record<string, unknown>)[name], `${path}.${name}`, needed, t))));
    case "documents": case "objects": return ofItems(schema, value as unknown[], path, t);
    case "list": return ofLines(schema, value as string[], path, t);
    case "choices": return counted(schema, (value as unknown[]).length, path, t);
    case "number": return found(path, ofNumber(schema, value, t));
    case "text": case "lines": return found(path, ofText(schema, value as string, t));
    default: return {};
  }
}

const found = (path: string, detail: string | undefined): Faults => (detail ? { [path]: detail } : {});

function emptyOf(schema: Schema, t: Words): string {
  return schema.type === "array" && schema.minItems ? t("form.min_items", { count: schema.minItems }) : t("form.required");
}

export function ofText({ minLength, maxLength, format }: Schema, value: string, t: Words): string | undefined {
  const length = [...value].length;
  if (minLength !== undefined && length < minLength) return t("form.min_length", { count: minLength });
  if (maxLength !== undefined && length > maxLength) return t("form.max_length", { count: maxLength });
  if (format === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) return t("form.email", { value });
  return undefined;
}

function ofNumber({ type, minimum, maximum }: Schema, value: unknown, t: Words): string | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) return t("form.number");
  if (type === "integer" && !Number.isInteger(value)) return t("form.integer");
  if (minimum !== undefined && value < minimum) return t("form.minimum", { limit: minimum });
  if (maximum !== undefined && value > maximum) return t("form.maximum", { limit: maximum });
  return undefined;
}

function counted({ minItems, maxItems }: Schema, count: number, path: string, t: Words): Faults {
  if (minItems !== undefined && count < minItems) return { [path]: t("form.min_items", { count: minItems }) };
  if (maxItems !== undefined && count > maxItems) return { [path]: t("form.max_items", { count: maxItems }) };
  return {};
}

function ofItems(schema: Schema, items: unknown[], path: string, t: Words): Faults {
  return Object.assign(counted(schema, items.length, path, t), ...items.map((item, place) => (
    faultsOf({ ...schema.items, type: "object" }, item, `${path}.${place}`, true, t))));
}

function ofLines(schema: Schema, lines: string[], path: string, t: Words): Faults {
  const given = lines.map((line) => line.trim()).filter(Boolean);
  const faults = counted(schema, given.length, path, t);
  for (const [place, line] of given.entries()) {
    const twice = schema.uniqueItems && given.indexOf(line) < place;
    const detail = twice ? t("form.twice", { value: line }) : ofText(schema.items ?? {}, line, t);
    if (detail) faults[`${path}.${place}`] = detail;
  }
  return faults;
}
