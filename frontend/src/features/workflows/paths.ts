/** The API's addresses that this feature asks. */
export const WORKFLOWS = "/api/v1/tenants/{slug}/workflows/";
export const WORKFLOW = "/api/v1/tenants/{slug}/workflows/{id}/";
export const PERMISSIONS = "/api/v1/tenants/{slug}/workflows/{id}/permissions/";
export const VERSIONS = "/api/v1/tenants/{slug}/workflows/{id}/versions/";
export const VERSION = "/api/v1/tenants/{slug}/workflows/{id}/versions/{number}/";
