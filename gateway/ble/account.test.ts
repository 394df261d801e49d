import { expect, it } from 'vitest';
import { Account } from './account.ts';
import { DEFAULT_BLE_LIMITS } from './limits.ts';

const account = () => new Account('meter', DEFAULT_BLE_LIMITS, 0);
const record = (sequence: number, baseTime: string | null = null) => ({ sequence, baseTime });

it('numbers measurements; a glucose record and its context share a number, also when both come again', () => {
  const { groupOf } = { groupOf: Account.prototype.groupOf.bind(account()) };
  expect([groupOf('2A37', null), groupOf('2A37', null)]).toEqual([0, 1]);
  expect([groupOf('2A18', record(7, 'a')), groupOf('2A34', record(7)), groupOf('2A18', record(8, 'a'))]).toEqual([
    2, 2, 3,
  ]);
  expect([groupOf('2A18', record(7, 'a')), groupOf('2A34', record(7))]).toEqual([2, 2]);
  // The meter was reset: the same number is another record.
  expect([groupOf('2A18', record(7, 'b')), groupOf('2A34', record(7)), groupOf('2A34', record(99))]).toEqual([4, 4, 5]);
});

it('remembers a bounded number of records', () => {
  const meter = account();
  const first = meter.groupOf('2A18', record(0));
  for (let sequence = 1; sequence <= 300; sequence++) meter.groupOf('2A18', record(sequence));
  expect(meter.groupOf('2A34', record(0))).not.toBe(first);
});
