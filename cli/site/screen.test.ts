import { expect, it } from 'vitest';
import { recordingIo } from '../io.ts';
import { screenOf } from './screen.ts';

it('says all of it in a window of 80 columns', () => {
  const recorded = recordingIo();
  const many = 9_999_999;
  screenOf({ ...recorded.io, interactive: true, width: 80 })({
    ...{ seconds: 1, sent: many, readings: many, batches: many, registrations: many, proven: many, quarantined: many },
    ...{ backlog: { readings: many, batches: many }, checkpoint: { size: many }, state: 'running' },
  });
  const lines = recorded.stdout().replaceAll('\u001b[K', '').split('\n');
  expect(lines).toHaveLength(10);
  // A line of 79 letters is one that was cut.
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(79);
});
