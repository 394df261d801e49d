import { defineConfig } from 'vitest/config';

// The tests that take minutes: crash and load tests at full length, one after the other.
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
  },
});
