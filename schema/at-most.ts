/** Whether `work` ended within `ms`; it goes on if not. @throws what `work` throws */
export async function atMost(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

/** What `work` gives within `ms`; it goes on if it is late. @throws what `work` throws, or an Error that says `late` */
export async function inTime<T>(work: Promise<T>, ms: number, late: string): Promise<T> {
  if (!(await atMost(work, ms))) throw new Error(late)
  return await work
}
