import { i18next } from "@/lib/i18n";

/** An action in words; one that has none yet is shown as it is. */
export function actionInWords(action: string): string {
  return i18next.exists(`audit:actions.${action}`) ? i18next.t(`audit:actions.${action}`) : action;
}

export function subjectInWords(type: string): string {
  return i18next.exists(`audit:subjects.${type}`) ? i18next.t(`audit:subjects.${type}`) : type;
}

const TELLING = ["name", "email", "title", "alias", "verdict", "to"];

/** The word of an entry's data that says most, such as a name. */
export function gist(data: unknown): string {
  if (typeof data !== "object" || data === null) return "";
  const fields = data as Record<string, unknown>;
  const told = TELLING.map((name) => fields[name]).find((value) => typeof value === "string" && value);
  return (told as string | undefined) ?? "";
}
