import type { Delivery } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { expect, it } from 'vitest';
import { outspoken } from './outspoken.ts';

it('says once that readings are not kept, and once that they are kept again', () => {
  const lines: unknown[] = [];
  const outcomes = [null, 'disk_full', 'disk_full', 'spool_full', null, null] as const;
  let n = 0;
  const inner = {
    deliver: (_: Delivery, settled: (error: VitalsealError | null) => void) => {
      const code = outcomes[n++] ?? null;
      settled(code === null ? null : new VitalsealError(code));
    },
  };
  const sink = outspoken(inner, (event, facts) => lines.push([event, facts]));
  const heard: (string | null)[] = [];
  const delivery = {
    kind: 'quarantine',
    device: null,
    reason: 'payload_malformed',
    bytes: new Uint8Array(),
    origin: null,
  };
  for (const _ of outcomes) sink.deliver(delivery as Delivery, (error) => heard.push(error?.code ?? null));
  expect(heard).toEqual(outcomes);
  expect(lines).toEqual([
    ['readings are not kept', { code: 'disk_full' }],
    ['readings are not kept', { code: 'spool_full' }],
    ['readings are kept again', {}],
  ]);
});
