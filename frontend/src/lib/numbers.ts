import { i18next } from "./i18n";

export function count(value: number): string {
  return new Intl.NumberFormat(i18next.language).format(value);
}

/** "2.2 kB": decimal units, as file managers show them. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const units = ["kB", "MB", "GB"];
  let size = value;
  let unit = -1;
  do { size /= 1000; unit += 1; } while (size >= 1000 && unit < units.length - 1);
  return `${size.toFixed(1)} ${units[unit]}`;
}

export function money(dollars: number): string {
  const digits = dollars !== 0 && Math.abs(dollars) < 0.1 ? 4 : 2;
  return new Intl.NumberFormat(i18next.language, {
    style: "currency", currency: "USD", minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(dollars);
}
