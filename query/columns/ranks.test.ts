import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import { codeOf, compareCodes, createDictionary, textAt } from './dictionary.ts'
import { rankOfText, rankTexts } from './ranks.ts'
import { matchingTexts } from './text-matches.ts'

const noPause = () => undefined
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/** Texts as they come in a project: numbered, alike in their first bytes, beginnings of each other, of many scripts, always in one gap. */
const makers: readonly ((random: Random, n: number) => string)[] = [
  (random) => `run-${String(whole(random, 0, 5_000)).padStart(6, '0')}`,
  (_, n) => `run-${String(n).padStart(6, '0')}`,
  (random) => 'a'.repeat(whole(random, 0, 30)),
  (random) => `${pick(random, ['', 'é', '漢', '😀', '\u0000', 'z\u0000'])}${whole(random, 0, 99)}`,
  (random) => `experiment-of-a-team/${pick(random, ['adam', 'sgd'])}-${random()}`,
  (_, n) => `between${'m'.repeat(n % 150)}`,
  (_, n) => String(1e6 - n),
]

for (const [kind, make] of makers.entries())
  test(`texts of kind ${kind} that come bit by bit have ranks in the order of their bytes`, async () => {
    const random = createRandom(chosenSeed() + kind)
    const dictionary = createDictionary()
    const texts = new Set<string>()
    for (let round = 0, n = 0; round < 12; round++) {
      for (let i = whole(random, 0, round === 3 ? 6_000 : 40); i > 0; i--, n++) {
        const text = make(random, n)
        texts.add(text)
        assert.equal(textAt(dictionary, codeOf(dictionary, text)), text)
      }
      if (random() < 0.3) continue
      await rankTexts(dictionary, noPause)
      const sorted = [...texts].sort(byBytes)
      const codes = Array.from({ length: dictionary.count }, (_, code) => code)
      codes.sort((a, b) => compareCodes(dictionary, a, b))
      assert.deepEqual(
        codes.map((code) => textAt(dictionary, code)),
        sorted,
      )
      for (const text of [pick(random, sorted.length > 0 ? sorted : ['']), make(random, n + 7), '', '~']) {
        const { rank, isThere } = rankOfText(dictionary, Buffer.from(text))
        assert.equal(isThere, texts.has(text))
        const ranks = dictionary.ordered === dictionary.count ? codes.map((_, code) => code) : dictionary.ranks
        const before = codes.filter((code) => ranks[code]! < rank)
        assert.equal(before.length, sorted.filter((other) => byBytes(other, text) < 0).length)
      }
    }
  })

test('which texts match is what looking at each of them says, however they came', () => {
  const random = createRandom(chosenSeed())
  const dictionary = createDictionary()
  const conditions = [
    { contains: 'a1' },
    { contains: '' },
    { startsWith: 'a' },
    { is: 'b12' },
    { in: ['a1', 'c', 'b3'], contains: '1' },
    { startsWith: 'b', contains: '2' },
    { contains: '1b' },
  ]
  for (let round = 0; round < 20; round++) {
    for (let i = whole(random, 0, 30); i > 0; i--)
      codeOf(dictionary, `${pick(random, ['a', 'b', 'c', ''])}${whole(random, 0, 200)}${pick(random, ['', 'b'])}`)
    for (let i = 0; i < 4; i++) {
      const c = pick(random, conditions)
      const marks = matchingTexts(dictionary, c)
      assert.equal(marks[0], 0)
      for (let code = 0; code < dictionary.count; code++) {
        const text = textAt(dictionary, code)
        const holds =
          (c.is === undefined || text === c.is) &&
          (c.in === undefined || c.in.includes(text)) &&
          text.includes(c.contains ?? '') &&
          text.startsWith(c.startsWith ?? '')
        assert.equal(marks[code + 1], holds ? 3 : 0, `${text} ${JSON.stringify(c)}`)
      }
    }
  }
})
