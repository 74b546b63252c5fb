import { useNavigate, useParams, useSearch } from "@tanstack/react-router";

/** State worth sharing: one search parameter of the page's address. Its default leaves the address clean. */
export function useUrlState(name: string, initial = ""): [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const value = search[name] === undefined ? initial : String(search[name]);
  const set = (next: string) => {
    const change = (before: Record<string, unknown>) => ({ ...before, [name]: next === initial ? undefined : next });
    void navigate({ to: ".", search: change as never, replace: true, resetScroll: false });
  };
  return [value, set];
}

/** The team whose page this is. */
export function useSlug(): string {
  return (useParams({ strict: false }) as { slug?: string }).slug ?? "";
}

export function useParam(name: string): string {
  return (useParams({ strict: false }) as Record<string, string>)[name] ?? "";
}
