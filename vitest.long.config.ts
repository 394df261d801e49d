import { defineConfig } from 'vitest/config';

// The tests that take minutes, one after the other: those of test/long, and the crash tests with 200 kills each.
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts', 'test/crash/**/*.test.ts'],
    env: { VITALSEAL_KILLS: '200' },
    pool: 'forks',
    execArgv: ['--wasm-wrapper-tiering-budget=2147483647'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
  },
});
