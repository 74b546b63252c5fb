import { $api } from "./client";

/** Who is signed in, and the teams they belong to. */
export const meQuery = $api.queryOptions("get", "/api/v1/me/", {}, { staleTime: 60_000 });
