import type { Provider, ProviderRequest } from "@/api/schema";

/** A provider as its form holds it: everything text, with a key of its own while the order changes. */
export type ProviderDraft = { key: number; model: string; credential: string; api_base: string; params: string };

let last = 0;

export function draftOf(provider?: Provider): ProviderDraft {
  const params = provider?.params ?? {};
  return {
    key: ++last, model: provider?.model ?? "", credential: provider?.credential ?? "", api_base: provider?.api_base ?? "",
    params: Object.keys(params).length ? JSON.stringify(params) : "",
  };
}

/** Undefined when the text is no JSON object. */
export function paramsOf(text: string): Record<string, unknown> | undefined {
  if (!text.trim()) return {};
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? read as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

export function asked(draft: ProviderDraft): ProviderRequest {
  return {
    model: draft.model.trim(), credential: draft.credential || null, api_base: draft.api_base.trim() || null,
    params: paramsOf(draft.params),
  };
}
