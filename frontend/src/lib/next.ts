/** Where to go after signing in: a path of this very site, or `/`. An address elsewhere is refused however it is spelt. */
export function safeNext(asked: unknown): string {
  if (typeof asked !== "string" || !asked.startsWith("/")) return "/";
  const { origin, pathname, search, hash } = new URL(asked, location.origin);
  if (origin !== location.origin || pathname.startsWith("//")) return "/";
  return /^\/sign-(in|up)\b/.test(pathname) ? "/" : pathname + search + hash;
}
