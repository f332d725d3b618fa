import { bandQuestions } from './band-questions.ts'
import { chartQuestions, lengthQuestions } from './curve-questions.ts'
import type { QuestionGroup } from './options.ts'
import type { Plan } from './plan.ts'
import type { Question } from './question.ts'
import { runQuestions } from './run-questions.ts'

/** Every question of these groups, in the order in which they are asked. */
export function questionsOf(plan: Plan, groups: ReadonlySet<QuestionGroup>): Question[] {
  const all = [...lengthQuestions(plan), ...chartQuestions(plan), ...runQuestions(plan), ...bandQuestions(plan)]
  return all.filter(({ group }) => groups.has(group))
}
