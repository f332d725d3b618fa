import { resolve } from 'node:path'
import { BadSettings } from './bad-settings.ts'
import { contradictions } from './setting-rules.ts'
import { type Role, type Settings, type SettingValues, settingsSchema } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

const roleDefaults: Readonly<Record<Role, Environment>> = {
  all: {},
  gateway: { LOG: 'kafka' },
  sink: { LOG: 'kafka', PORT: '7430' },
  query: { LOG: 'kafka', PORT: '7420' },
}

/** @throws BadSettings naming every variable that is wrong */
export function readSettings(environment: Environment, role: Role = 'all'): Settings {
  const known = Object.keys(settingsSchema.shape) as (keyof SettingValues)[]
  // An empty variable is one that is not set, as in shell scripts.
  const given = Object.fromEntries(known.map((name) => [name, environment[name] || roleDefaults[role][name]]))
  const result = settingsSchema.safeParse(given)
  const faults = result.success
    ? contradictions(result.data, role)
    : result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  if (!result.success || faults.length > 0) throw new BadSettings(`bad settings:\n  ${faults.join('\n  ')}`)
  return { ...result.data, DATA_DIR: resolve(result.data.DATA_DIR), role }
}
