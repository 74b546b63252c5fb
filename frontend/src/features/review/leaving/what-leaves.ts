import type { Call } from "@/api/schema";

export type Email = { to: string[]; subject: string; body: string; html?: string | null };
export type File = { name: string; content: string };

const text = (value: unknown): value is string => typeof value === "string";

/** The call's arguments as an e-mail's, when all of them are those of one: what is odd is shown as it is instead. */
export function emailOf(call: Call): Email | undefined {
  const { to, subject, body, html, ...more } = call.arguments as Record<string, unknown>;
  const is = call.tool === "email.send" && Array.isArray(to) && to.every(text) && text(subject) && text(body)
    && (html === undefined || html === null || text(html)) && Object.keys(more).length === 0;
  return is ? (call.arguments as Email) : undefined;
}

export function fileOf(call: Call): File | undefined {
  const { name, content, ...more } = call.arguments as Record<string, unknown>;
  const is = call.tool === "files.write" && text(name) && text(content) && Object.keys(more).length === 0;
  return is ? (call.arguments as File) : undefined;
}

/** What becomes of the calls: they wait, they were let go, or they will not be made. Only the first two bear the seal. */
export function fateOf(status: string | undefined): "will" | "released" | "would" {
  return status === "open" ? "will" : status === "approved" ? "released" : "would";
}

/** Each address once, as the tool counts: without regard to how its domain is written. */
export function peopleOf(addresses: string[]): string[] {
  return [...new Set(addresses.map(plainAddress))];
}

function plainAddress(text: string): string {
  const at = text.trim().lastIndexOf("@");
  const [local, domain] = [text.trim().slice(0, at), text.trim().slice(at + 1)];
  try { return `${local}@${new URL(`http://${domain}`).hostname}`; } catch { return text.trim(); }
}

/** Everybody who would get an e-mail, each counted once; and what else would happen. */
export function whatLeaves(calls: Call[]) {
  const emails = calls.map(emailOf).filter((email) => email !== undefined);
  const files = calls.map(fileOf).filter((file) => file !== undefined);
  return {
    people: peopleOf(emails.flatMap((email) => email.to)).length,
    emails: emails.length,
    files: files.length,
    others: calls.length - emails.length - files.length,
  };
}
