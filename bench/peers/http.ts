/** Questions to a peer, as text. */
const timeoutMs = 120_000

/** Throws unless the answer's status is 2xx, with what it says. */
export async function ask(url: string, parameters: Readonly<Record<string, string>> = {}): Promise<string> {
  const query = new URLSearchParams(parameters).toString()
  const response = await fetch(query === '' ? url : `${url}?${query}`, { signal: AbortSignal.timeout(timeoutMs) })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`)
  return text
}

export async function postJson<Answer>(url: string, body: object): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 500)}`)
  return JSON.parse(text) as Answer
}
