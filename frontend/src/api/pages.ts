type Page = { next?: string | null };

/** For `$api.useInfiniteQuery`: a list's `next` names its cursor. */
export const byCursor = {
  pageParamName: "cursor",
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: Page) => (page.next ? new URL(page.next, location.origin).searchParams.get("cursor") : null),
};
