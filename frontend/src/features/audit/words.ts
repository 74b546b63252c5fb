import { i18next } from "@/lib/i18n";

/** An action in words; one that has none yet is shown as it is. */
export function actionInWords(action: string): string {
  return i18next.exists(`audit:actions.${action}`) ? i18next.t(`audit:actions.${action}`) : action;
}

export function subjectInWords(type: string): string {
  return i18next.exists(`audit:subjects.${type}`) ? i18next.t(`audit:subjects.${type}`) : type;
}
