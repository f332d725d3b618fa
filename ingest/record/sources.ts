import { type Output, putByte, putText, putVarint } from '../bytes.ts'
import type { RunName } from './record.ts'

/** A run's sources in the record it was last put into; kept with the run by whoever writes many records, so that none looks it up. */
export type SourcePlace = {
  /** Of the record; 0: none. */
  serial: number
  writer: string | undefined
  source: number
  /** Of further writers. */
  others: Map<string | undefined, number> | undefined
}

/** What a record under construction has named so far. */
export type SourceWriter = {
  readonly output: Output
  /** Different for every record of this process. */
  serial: number
  sources: number
  readonly places: Map<RunName, SourcePlace>
  readonly names: Map<string, number>
}

export function createSourcePlace(): SourcePlace {
  return { serial: 0, writer: undefined, source: 0, others: undefined }
}

export function placeOf({ places }: SourceWriter, run: RunName): SourcePlace {
  let place = places.get(run)
  if (place === undefined) {
    place = createSourcePlace()
    places.set(run, place)
  }
  return place
}

export function putSource(writer: SourceWriter, run: RunName, name: string | undefined, place: SourcePlace): void {
  const { output } = writer
  const isHere = place.serial === writer.serial
  if (isHere && place.writer === name) {
    putVarint(output, place.source)
    return
  }
  const known = isHere ? place.others?.get(name) : undefined
  putVarint(output, known ?? 0)
  if (known !== undefined) return
  const source = ++writer.sources
  if (isHere) {
    place.others ??= new Map()
    place.others.set(name, source)
  } else {
    place.serial = writer.serial
    place.writer = name
    place.source = source
    place.others = undefined
  }
  putName(writer, run.project, 0)
  putText(output, run.run)
  if (name === undefined) putByte(output, 0)
  else putName(writer, name, 1)
}

function putName({ output, names }: SourceWriter, name: string, above: number): void {
  const known = names.get(name)
  putVarint(output, (known ?? 0) + above)
  if (known !== undefined) return
  names.set(name, names.size + 1)
  putText(output, name)
}
