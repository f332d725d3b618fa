// Each call into the engine takes one of libuv's threads while it lasts, and a query that waits for a thread would hold up inserts.
// Their number is read when the first is used, which loading an ES module already does: hence this one CommonJS file.
process.env.UV_THREADPOOL_SIZE ??= String(2 * (Number(process.env.READ_SESSIONS) || 3) + 12)
void import('../../schema/bundle.ts').then(({ startProgram }) => startProgram('store'))
