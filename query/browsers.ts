/** What a browser tells of a request, so that no page of another site can ask anything here. */

/** Whether it says so of our own page or of the user's hand, or nothing at all, as other clients do; of `sec-fetch-site`. */
export const isOwnSite = (site: string | null | undefined): boolean =>
  site === null || site === undefined || site === 'same-origin' || site === 'none'

/** Whether a body is JSON, by `content-type`: a browser lets no page of another site send this type unasked. */
export const isJson = (contentType: string | null | undefined): boolean =>
  (contentType ?? '').split(';')[0]!.trim().toLowerCase() === 'application/json'
