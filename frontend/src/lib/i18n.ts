import i18next from "i18next";
import { initReactI18next } from "react-i18next";

/** Every word of the interface goes through here. A namespace is a feature's own; `common` is everybody's. */
void i18next.use(initReactI18next).init({
  lng: "en",
  fallbackLng: "en",
  defaultNS: "common",
  resources: { en: {} },
  interpolation: { escapeValue: false },
  returnNull: false,
});

type Strings = { [key: string]: string | Strings };

/** Call once, as a feature's module loads. Languages later come as further arguments. */
export function addStrings(namespace: string, english: Strings): void {
  i18next.addResourceBundle("en", namespace, english, true, true);
}

export { i18next };
export type { TFunction } from "i18next";
export { Trans, useTranslation } from "react-i18next";
