import createFetchClient, { type Middleware } from "openapi-fetch";
import createClient from "openapi-react-query";
import { problemOf, unanswered, unreachable } from "./problem";
import type { paths } from "./schema";

const SAFE = ["GET", "HEAD", "OPTIONS"];
/** Asked by POST, and changing nothing all the same. */
const ASKING = /\/(validate|preview)\/$/;

export function csrfToken(): string {
  return /(?:^|; )(?:__Host-csrf|csrftoken)=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

const session: Middleware = {
  onRequest({ request }) {
    if (!SAFE.includes(request.method)) request.headers.set("X-CSRFToken", csrfToken());
    return request;
  },
  async onResponse({ response }) {
    if (!response.ok && response.status !== 304) throw await problemOf(response);
    return response;
  },
  onError({ request }) {
    return SAFE.includes(request.method) || ASKING.test(request.url) ? unreachable() : unanswered();
  },
};

/** The API as its OpenAPI document describes it. Whatever is refused is thrown as a `Problem`. */
export const api = createFetchClient<paths>({ baseUrl: "/" , credentials: "same-origin" });
api.use(session);

/** The same for TanStack Query: `$api.queryOptions("get", path, init)`, `$api.useQuery`, `$api.useMutation`. */
export const $api = createClient(api);
