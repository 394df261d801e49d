import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{ledger,gateway,agent,facility,wallet,cli,firmware-sim,test,deploy}/**/*.test.ts'],
    exclude: ['**/node_modules/**', 'test/long/**'],
    pool: 'forks',
    testTimeout: 20_000,
  },
});
