import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const ALL = '{ledger,gateway,agent,facility,wallet,cli,firmware-sim,test,deploy}/**/*.test.ts';
const NONE = ['**/node_modules/**', 'test/long/**'];
const MACHINE = 'test/radio-vm/**';

export default defineConfig({
  test: {
    // The virtual machine wants both cores: what is measured in it is a real bluetoothd, which may not be starved.
    projects: [
      {
        extends: true,
        test: { name: 'machine', include: [`${MACHINE}/*.test.ts`], exclude: NONE, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'rest', include: [ALL], exclude: [...NONE, MACHINE], sequence: { groupOrder: 1 } },
      },
    ],
    pool: 'forks',
    // As in cli/bin/vitalseal.js, for what runs in the tests' own processes.
    execArgv: ['--wasm-wrapper-tiering-budget=2147483647'],
    // By itself it would keep one of two cores free; most of these tests wait for processes, timers and disks.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
  },
});
