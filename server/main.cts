// The embedded store and the log's syncs run on libuv's thread pool, whose 4 threads would make them wait for each other.
// Its size is read when it is first used, which loading an ES module already does: hence this one CommonJS file.
process.env.UV_THREADPOOL_SIZE ??= '16'
void import('../schema/bundle.ts').then(({ startProgram }) => startProgram('server'))
