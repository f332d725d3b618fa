import { style } from './style.ts'
import { escaped } from './svg.ts'

/** One page of some parts, of which those that are empty are left out. It needs nothing else. */
export function page(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${style}</style></head><body>
${parts.filter((part) => part !== '').join('\n')}
</body></html>
`
}
