// npm test: vitest, and once more what it could not finish because the JavaScript engine itself gave up. V8 keeps one
// register of executable pages for all threads of a process, and aborts now and then where WebAssembly is used in several
// ("Check failed: jit_page.has_value()", nodejs/node#64500); the flag in vitest.config.ts avoids what was seen of it. That
// says nothing of the test that was running, and is told by its signal; a test that fails, or a crash of any other kind, is a
// failure at once.
import { startVitest } from 'vitest/node';
import { crashedFiles } from './engine-crash.ts';

const first = await run(process.argv.slice(2));
const isOnlyCrashed = first.failed === 0 && first.crashed.length > 0 && first.crashed.length === first.errors;
if (isOnlyCrashed) {
  process.stdout.write(`\nthe JavaScript engine aborted in ${first.crashed.join(', ')}: once more\n`);
  process.exitCode = 0;
  const second = await run(first.crashed);
  // Of both: the summary above is of the second alone.
  process.stdout.write(`\n${first.passed + second.passed} passed, ${second.failed + second.errors} failed\n`);
}

/** Runs the test files whose paths contain one of `filters`; all without any. Sets the exit code. */
async function run(filters: readonly string[]) {
  const vitest = await startVitest('test', [...filters], { watch: false });
  const modules = vitest.state.getTestModules();
  const count = (state: 'passed' | 'failed') =>
    modules.reduce((sum, { children }) => sum + [...children.allTests(state)].length, 0);
  const errors = vitest.state.getUnhandledErrors();
  // A file that cannot be loaded has no test that fails.
  const unloaded = modules.filter((module) => module.errors().length > 0).length;
  await vitest.close();
  return {
    passed: count('passed'),
    failed: count('failed') + unloaded,
    errors: errors.length,
    crashed: crashedFiles(errors),
  };
}
