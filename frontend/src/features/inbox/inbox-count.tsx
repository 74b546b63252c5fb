/** How many requests wait for me, beside the inbox's name. */
export function InboxCount(_: { slug: string; floating?: boolean }) {
  return null;
}
