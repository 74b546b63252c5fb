import { isMap, isNode, isSeq, LineCounter, type Node, parseDocument, stringify } from "yaml";

/** The database keeps a document without its order; people read it in this one. What isn't named here comes after. */
const ORDER = [
  "name", "id", "label", "type", "title", "description", "format", "input", "limits", "start", "model", "tool", "judges", "shows",
  "prompt", "checklist", "checks", "output", "policy", "stages", "rules", "role", "count", "releases", "arguments",
  "on_fail", "on_changes", "additionalProperties", "required", "properties", "items", "enum", "minLength", "maxLength",
  "minItems", "maxItems", "uniqueItems", "minimum", "maximum", "default", "text", "nodes", "next",
];
const RANK = new Map(ORDER.map((key, place) => [key, place]));
/** Their keys are the author's own words. */
const NAMED = ["properties", "arguments"];

export type Fault = { field: string; code: string; detail: string };
export type Span = { from: number; to: number; line: number };
export type Broken = Span & { detail: string };

export function toYaml(spec: unknown): string {
  return stringify(inOrder(spec), { lineWidth: 0, blockQuote: "literal", flowCollectionPadding: false });
}

function inOrder(value: unknown, named = false): unknown {
  if (Array.isArray(value)) return value.map((item) => inOrder(item));
  if (!value || typeof value !== "object") return value;
  const entries = Object.entries(value);
  const rank = (key: string) => RANK.get(key) ?? ORDER.length;
  if (!named) entries.sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries(entries.map(([key, item]) => [key, inOrder(item, NAMED.includes(key))]));
}

/** A text as far as it can be read: what breaks it, and where a fault's path leads to. */
export class SpecText {
  private readonly lines = new LineCounter();
  private readonly document;

  constructor(readonly text: string) {
    this.document = parseDocument(text, { lineCounter: this.lines, version: "1.2" });
  }

  get broken(): Broken[] {
    return this.document.errors.map((error) => ({
      ...this.span(error.pos[0], error.pos[1]), detail: error.message.split(" at line ")[0] ?? error.message }));
  }

  get value(): unknown {
    try { return this.document.toJS(); } catch { return undefined; }
  }

  get hasComments(): boolean {
    return /(^|\s)#/m.test(this.text) && stripped(this.text) !== this.text;
  }

  /** Where `nodes.0.model` stands. A part that is missing is shown at what should hold it. */
  place(field: string): Span {
    let here: unknown = this.document.contents;
    let found: [number, number] = [0, 0];
    for (const part of field ? field.split(".") : []) {
      const next = inside(here, part);
      if (!next) break;
      found = next.range;
      here = next.value;
    }
    return this.span(...found);
  }

  private span(from: number, to: number): Span {
    const start = Math.min(from, this.text.length);
    const lineEnd = this.text.indexOf("\n", start);
    const last = Math.min(Math.max(to, start), lineEnd === -1 ? this.text.length : lineEnd);
    return { from: start, to: last, line: this.lines.linePos(start).line || 1 };
  }
}

type Found = { value: unknown; range: [number, number] };

function inside(here: unknown, part: string): Found | undefined {
  if (isMap(here)) {
    const pair = here.items.find((item) => String((item.key as { value?: unknown } | null)?.value ?? item.key) === part);
    const key = pair?.key;
    if (!pair || !isNode(key) || !key.range) return undefined;
    return { value: pair.value, range: [key.range[0], endOf(pair.value) ?? key.range[1]] };
  }
  if (isSeq(here)) {
    const item = here.items[Number(part)];
    return isNode(item) && item.range ? { value: item, range: [item.range[0], item.range[1]] } : undefined;
  }
  return undefined;
}

function endOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[1] : undefined;
}

/** Whole-line comments are what people write; a `#` inside a prompt is no comment. */
function stripped(text: string): string {
  const document = parseDocument(text);
  let comments = Boolean(document.commentBefore || document.comment);
  const look = (node: unknown): void => {
    if (!node || comments || typeof node !== "object") return;
    const each = node as { comment?: string; commentBefore?: string; items?: unknown[]; key?: unknown; value?: unknown };
    if (each.comment || each.commentBefore) { comments = true; return; }
    each.items?.forEach(look);
    look(each.key);
    look(each.value);
  };
  look(document.contents);
  return comments ? "" : text;
}
