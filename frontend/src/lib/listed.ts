import { i18next } from "./i18n";

/** "a, b, and c", as the language lists things. */
export function listed(things: string[]): string {
  return new Intl.ListFormat(i18next.language).format(things);
}
