/** What the platform would make of a name, so that people see their team's address before it is made. */
export function slugOf(name: string): string {
  return name.normalize("NFKD").toLowerCase().replaceAll(/[^a-z0-9\s_-]/g, "").trim()
    .replaceAll(/[\s_-]+/g, "-").slice(0, 44).replaceAll(/^-+|-+$/g, "");
}
