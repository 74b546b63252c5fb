import { useEffect } from "react";

type Page = { next?: string | null };

/** For `$api.useInfiniteQuery`: a list's `next` names its cursor. */
export const byCursor = {
  pageParamName: "cursor",
  initialPageParam: null as string | null, // not undefined, which would become a cursor of 0
  getNextPageParam: (page: Page) => (page.next ? new URL(page.next, location.origin).searchParams.get("cursor") : null),
};

type Listed<T> = { pages: { results: T[] }[] };

/** The rows of all pages that were asked for so far. */
export function rowsOf<T>(data: Listed<T> | undefined): T[] {
  return data?.pages.flatMap((page) => page.results) ?? [];
}

type Fetching = { hasNextPage: boolean; isFetchingNextPage: boolean; isError: boolean; fetchNextPage: () => unknown };

/** For lists that are short by their nature and needed whole, such as a picker's: asks for page after page. */
export function useWhole<Q extends Fetching>(query: Q): Q {
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  return query;
}
