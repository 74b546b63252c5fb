import { i18next } from "@/lib/i18n";
import type { Fault, Problem as ProblemBody } from "./schema";

type Fields = { fields?: Fault[] };

/** What the platform refused, and why (RFC 9457). `status` 0: it could not be reached. */
export class Problem extends Error implements ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly fields: Fault[];
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Partial<ProblemBody> & Record<string, unknown>) {
    const detail = body.detail || body.title || i18next.t("common:problem.unexplained", { status });
    super(detail);
    this.type = body.type ?? "about:blank";
    this.title = body.title ?? "";
    this.status = status;
    this.detail = detail;
    this.code = body.code ?? "";
    this.fields = body.fields ?? [];
    this.body = body;
  }
}

/** The words that belong to one field of a form; `providers` takes those for `providers.0.model` too. */
export function faultOf(error: Fields | null | undefined, field: string): string | undefined {
  return error?.fields?.find((fault) => fault.field === field || fault.field.startsWith(`${field}.`))?.detail;
}

/** What belongs to none of the fields that a form shows. */
export function restOf(error: (Fields & { detail: string }) | null | undefined, shown: string[]): string | undefined {
  if (!error || shown.some((field) => faultOf(error, field))) return undefined;
  return error.detail;
}

export function unreachable(): Problem {
  return new Problem(0, { code: "unreachable", detail: i18next.t("common:problem.unreachable") });
}

/** A write whose answer never came: it may have been done. */
export function unanswered(): Problem {
  return new Problem(0, { code: "unreachable", detail: i18next.t("common:problem.unanswered") });
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => ({}));
  return new Problem(response.status, body);
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return error instanceof TypeError ? unreachable() : new Problem(-1, { detail: String(error) });
}
