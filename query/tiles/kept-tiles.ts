import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { createLastUsed, type LastUsed } from '../last-used.ts'
import type { SeriesTilesRead } from '../reduce/tiles.ts'
import { stepsOf } from './parts.ts'
import type { TileRange } from './plan.ts'
import { readTiles } from './reads.ts'
import { sizes } from './sizes.ts'

/**
 * Tiles that were read, for whoever asks for the same ones of the same seals again: a chart that is drawn anew reads what came since, and no more. What a
 * seal says is true for ever, so it does not matter when its tiles were read. As many are kept as fit, those used last.
 */
export type KeptTiles = LastUsed<SeriesTilesRead>

/** Of one entry, beside its columns. */
const entryBytes = 4_096

export const createKeptTiles = (): KeptTiles =>
  createLastUsed(
    (_, bytes) => bytes <= sizes.tilesKeptBytes,
    ({ table }) => entryBytes + table.steps.buffer.byteLength,
  )

type TiledItem = {
  readonly id: string
  readonly run: bigint
  readonly metric: bigint
  readonly plan: { readonly tiles: readonly TileRange[] }
}

/** The tiles that the items' plans name: those that are kept, and the others from the store. */
export async function readTilesOf(
  reader: StoreReader,
  kept: KeptTiles,
  items: readonly TiledItem[],
  options: ReadOptions,
): Promise<ReadonlyMap<string, SeriesTilesRead>> {
  const found = new Map<string, SeriesTilesRead>()
  const missing: { readonly item: TiledItem; readonly name: string }[] = []
  for (const item of items) {
    if (item.plan.tiles.length === 0) continue
    const name = `${item.id} ${item.plan.tiles.map(({ first, last, width, version }) => `${first},${last},${width},${version}`).join(' ')}`
    const tiles = kept.get(name)
    if (tiles) found.set(item.id, tiles)
    else missing.push({ item, name })
  }
  if (missing.length === 0) return found
  const ranges = missing.flatMap(({ item }) =>
    item.plan.tiles.map((range) => ({ ...stepsOf(item, range), width: range.width })),
  )
  const read = await readTiles(reader, ranges, options)
  for (const { item, name } of missing) {
    const tiles = read.get(item.id)
    if (!tiles) continue
    found.set(item.id, tiles)
    // Of an answer about several series the memory is shared.
    if (missing.length === 1) kept.keep(name, tiles)
  }
  return found
}
