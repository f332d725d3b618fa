import { limits } from '../../schema/limits.ts'
import type { Binder } from './text.ts'

/** Inclusive. */
export type StepRange = { readonly fromStep: number; readonly toStep: number }

/** A condition on `step`; undefined where all steps are meant: the store would look at each. */
export function withinSteps({ fromStep, toStep }: StepRange, bind: Binder['bind']): string | undefined {
  if (fromStep <= -limits.stepMagnitude && toStep >= limits.stepMagnitude) return undefined
  return `step BETWEEN ${bind('Int64', fromStep)} AND ${bind('Int64', toStep)}`
}
