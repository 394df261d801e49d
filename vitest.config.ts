import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{ledger,gateway,agent,facility,wallet,cli,firmware-sim,test,deploy}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/long/**'],
    pool: 'forks',
    // By itself it would keep one of two cores free; most of these tests wait for processes, timers and disks.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
  },
});
