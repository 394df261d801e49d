import { expect, it } from 'vitest';
import { commitAt, type Waiting } from './pace.ts';

const waiting = (more: Partial<Waiting>): Waiting => ({
  messages: 1,
  bytes: 100,
  oldestAt: 1000,
  newestAt: 1000,
  prompted: false,
  spacingMs: 60,
  strideMs: 1,
  ...more,
});

it('waits as long as an acknowledgement may take while more keeps coming', () => {
  expect(commitAt(waiting({ newestAt: 1100 }), 0)).toBe(1200);
});
it('does not wait for senders that are too slow to fill the group', () => {
  expect(commitAt(waiting({ spacingMs: 900 }), 0)).toBe(1040);
});
it('does not make a sender wait that sends only after its acknowledgement', () => {
  expect(commitAt(waiting({ prompted: true }), 0)).toBe(1008);
  expect(commitAt(waiting({ prompted: true, newestAt: 1199 }), 0)).toBe(1200);
});
it('takes a steady sender, whose message came after an acknowledgement by chance, for what it is', () => {
  expect(commitAt(waiting({ prompted: true, strideMs: 6, newestAt: 1050 }), 0)).toBe(1068);
  expect(commitAt(waiting({ prompted: true, strideMs: 6, newestAt: 1190 }), 0)).toBe(1200);
});
it('commits at once when there is enough', () => {
  expect(commitAt(waiting({ bytes: 70_000 }), 1)).toBe(1000);
  expect(commitAt(waiting({ messages: 64 }), 0)).toBe(1000);
  expect(commitAt(waiting({ messages: 64 }), 1)).toBe(1200);
});
it('waits for a commit to end when two are under way', () => {
  expect(commitAt(waiting({ bytes: 70_000 }), 2)).toBeNull();
});
