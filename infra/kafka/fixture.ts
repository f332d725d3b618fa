/** What tests that need a broker say first: `test('…', await kafkaTestOptions(), async () => …)`. */
import { kafkaRequirements } from './java.ts'

/**
 * Without Java or Maven the test is skipped, and says so; where `CI` is set it must not be, so there the test file fails.
 * Throws on CI when something is missing.
 */
export async function kafkaTestOptions(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<{ skip?: string }> {
  const requirements = kafkaRequirements(env)
  if (requirements.available) return {}
  if (env.CI && env.CI !== 'false' && env.CI !== '0') throw new Error(requirements.reason)
  console.error(`SKIPPED: ${requirements.reason}`)
  return { skip: requirements.reason }
}
