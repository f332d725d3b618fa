/** What the server has to know of a statement before the engine sees it. */
export type Statement = {
  /** First word, in capitals; of `(SELECT …)` it is SELECT. */
  readonly keyword: string
  /** More than one statement: something follows a semicolon. */
  readonly several: boolean
  /** A file on the server's own disk would be written. */
  readonly intoOutfile: boolean
  /** Of `… FORMAT x`, the last one outside of texts and comments. */
  readonly format?: string
}

/** Of an INSERT whose data follows, or is in a file that its client shows: `INSERT INTO t (a, b) [FROM INFILE '/…'] FORMAT x`. */
export type InsertHead = {
  readonly into: string
  /** The columns as they stand between the parentheses; undefined when none are named. */
  readonly columns?: string
  readonly file?: string
  readonly format: string
}

/** Comments, quoted texts and names, words, and any other sign. What is quoted or commented out may hold anything. */
const tokenPattern =
  /--[^\n]*|#[! ][^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`|\$(\w*)\$[\s\S]*?\$\1\$|[A-Za-z_]\w*|\d[\w.]*|[^\s]/g
const isComment = (token: string) => /^(--|#[! ]|\/\*.)/.test(token)

export function readStatement(text: string): Statement {
  let keyword = ''
  let before = ''
  let format: string | undefined
  let intoOutfile = false
  let ended = false
  let several = false
  for (const [token] of text.matchAll(tokenPattern)) {
    if (isComment(token)) continue
    if (ended && token !== ';') several = true
    if (token === ';') ended = true
    const word = /^[A-Za-z_]/.test(token) ? token.toUpperCase() : token
    if (keyword === '' && word !== '(') keyword = word
    // Data that follows an INSERT may hold anything.
    if (keyword === 'INSERT') return { keyword, several: false, intoOutfile: false }
    if (before === 'FORMAT' && /^\w+$/.test(token)) format = token
    if (before === 'INTO' && word === 'OUTFILE') intoOutfile = true
    before = word
  }
  return { keyword, several, intoOutfile, ...(format === undefined ? {} : { format }) }
}

const insertPattern =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?(?<into>[\w.`"-]+)\s*(?:\((?<columns>[^()]*)\))?\s*(?:FROM\s+INFILE\s+'(?<file>[^'\\]+)'\s*)?FORMAT\s+(?<format>\w+)\s*;?\s*$/i

export function readInsertHead(text: string): InsertHead | undefined {
  const { into, columns, file, format } = insertPattern.exec(text)?.groups ?? {}
  if (into === undefined || format === undefined) return undefined
  return { into, format, ...(columns === undefined ? {} : { columns }), ...(file === undefined ? {} : { file }) }
}
