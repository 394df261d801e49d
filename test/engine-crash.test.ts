import { expect, test } from 'vitest';
import { crashedFiles } from './engine-crash.ts';

const ended = (how: string, during = ' while running test file /a/b.test.ts') =>
  new Error('[vitest-pool]: Worker forks emitted error.', {
    cause: new Error(`Worker exited unexpectedly with ${how} during started state${during}`),
  });

test('a file is tried once more where V8 trapped, and nowhere else', () => {
  expect(crashedFiles([ended('signal SIGTRAP'), ended('signal SIGSEGV'), ended('exit code 1')])).toEqual([
    '/a/b.test.ts',
  ]);
  expect(crashedFiles([ended('signal SIGTRAP', ''), ended('signal SIGABRT'), new Error('other'), 'text'])).toEqual([]);
});
