/**
 * Canonical JSON (RFC 8785). ECMAScript's own number and string forms are the canonical ones, and its sort order of
 * strings is that of the names; what cannot be canonical never leaves the platform.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join(",")}}`;
}

/** `sha256:` and 64 hex digits; undefined where the browser lends its digests to encrypted pages only. */
export async function contentHash(text: string): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256:${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
