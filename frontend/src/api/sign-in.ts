import { i18next } from "@/lib/i18n";
import { csrfToken } from "./client";
import { Problem, unreachable } from "./problem";

/** allauth's headless API (its `browser` client): https://docs.allauth.org/en/latest/headless/openapi-specification/ */
export type Flow = { id: string; is_pending?: boolean; types?: string[] };
export type Session = { signedIn: boolean; flows: Flow[] };

type Answer = {
  status: number;
  data?: { flows?: Flow[] };
  meta?: { is_authenticated?: boolean };
  errors?: { message: string; code: string; param?: string }[];
};
type Body = Partial<Answer> & Record<string, unknown>;

async function call(method: string, path: string, body?: object): Promise<Session> {
  if (method !== "GET" && !csrfToken()) await readSession();
  const response = await fetch(`/_allauth/browser/v1/${path}`, {
    method,
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: body && JSON.stringify(body),
  }).catch(() => { throw unreachable(); });
  const answer: Body = await response.json().catch(() => ({}));
  if (response.ok || response.status === 401) {
    return { signedIn: answer.meta?.is_authenticated ?? false, flows: answer.data?.flows ?? [] };
  }
  throw response.status === 429 ? slowedDown(response, answer) : refusal(response.status, answer);
}

function refusal(status: number, answer: Body): Problem {
  const faults = answer.errors ?? [];
  if (faults.length === 0) return new Problem(status, answer as Record<string, unknown>);
  return new Problem(status, {
    code: faults[0]?.code,
    detail: faults.map((fault) => fault.message).join(" "),
    fields: faults.filter((fault) => fault.param)
      .map((fault) => ({ field: fault.param ?? "", code: fault.code, detail: fault.message })),
  });
}

function slowedDown(response: Response, answer: Body): Problem {
  const seconds = Number(response.headers.get("Retry-After"));
  const words = seconds > 0 ? i18next.t("common:problem.too_many_for", { seconds }) : i18next.t("common:problem.too_many");
  return new Problem(429, { code: "too_many_attempts", ...answer, detail: (answer.detail as string) || words });
}

/** Asks who is here; it also sets the CSRF cookie that every write needs. */
export const readSession = () => call("GET", "auth/session");
export const signIn = (email: string, password: string) => call("POST", "auth/login", { email, password });
export const secondFactor = (code: string) => call("POST", "auth/2fa/authenticate", { code });
export const signUp = (name: string, email: string, password: string) =>
  call("POST", "auth/signup", { name, email, password });
export const verifyEmail = (key: string) => call("POST", "auth/email/verify", { key });
export const resendVerification = () => call("POST", "auth/email/verify/resend");
export const askForReset = (email: string) => call("POST", "auth/password/request", { email });
export const resetPassword = (key: string, password: string) => call("POST", "auth/password/reset", { key, password });
export const signOut = () => call("DELETE", "auth/session");

export function isPending(session: Session, flow: string): boolean {
  return session.flows.some((each) => each.id === flow && each.is_pending);
}
