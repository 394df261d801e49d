import { encodeCbor, VitalsealError } from '@vitalseal/ledger';
import { expect, it } from 'vitest';
import { Owners } from './owners.ts';

/** An agent whose timers fire when the test says so. */
function agent(failure: () => VitalsealError, kept: Uint8Array | null = null) {
  const waits: number[] = [];
  const logged: unknown[] = [];
  let due: (() => void) | null = null;
  const told: unknown[] = [];
  const owners = new Owners({
    vault: {
      meta: async () => kept,
      setMeta: async () => {},
      onUndelegated: () => () => {},
      setOwners: async (list) => void told.push(...list.map(({ sealed }) => sealed)),
    },
    client: {
      user: () => Promise.reject(failure()),
      delegate: () => Promise.reject(failure()),
      prove: () => Promise.reject(failure()),
    },
    policy: { logs: [], witnesses: [], groups: [], quorum: null },
    origin: 'vitalseal.org/solo/test',
    auth: { key: { secretKey: new Uint8Array(32), publicKey: new Uint8Array(32) }, now: () => 0 },
    after(ms, callback) {
      waits.push(ms);
      due = callback;
      return () => {
        due = null;
      };
    },
    log: (_event, { code }) => void logged.push(code),
  });
  const rounds = async (count: number) => {
    for (let round = 0; round < count; round++) {
      const before = waits.length;
      due?.();
      await expect.poll(() => waits.length, { interval: 1 }).toBeGreaterThan(before);
    }
  };
  return { owners, waits, logged, told, rounds };
}

const ANN = new Uint8Array(20).fill(1);

it('asks ever less often for an owner whom the ledger does not know, and says so once', async () => {
  const { owners, waits, logged, rounds } = agent(() => new VitalsealError('not_found'));
  await owners.want([ANN]);
  await rounds(12);
  expect(waits.slice(1, 5)).toEqual([500, 1000, 2000, 4000]);
  expect(waits.at(-1)).toBe(60_000);
  expect(logged).toEqual(['not_found']);
  await owners.want([ANN]);
  expect(waits.at(-1)).toBe(0);
});

it('asks soon again while nobody answers, and says nothing of it', async () => {
  const { owners, waits, logged, rounds } = agent(() => new VitalsealError('facility_unreachable'));
  await owners.want([ANN]);
  await rounds(8);
  expect(new Set(waits.slice(1))).toEqual(new Set([500]));
  expect(logged).toEqual([]);
});

it('seals nothing by a memory that does not verify, and asks the ledger', async () => {
  const kept = encodeCbor([true, [new Uint8Array(10)]]);
  const { owners, waits, told, logged } = agent(() => new VitalsealError('facility_unreachable'), kept);
  await owners.want([ANN]);
  expect(told).toEqual([false]);
  expect(logged).toEqual(['recipient_unverified']);
  expect(waits).toEqual([0]);
});
