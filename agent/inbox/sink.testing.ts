// For tests: a sink over a clock and a vault that do nothing by themselves, and messages for it.
import type { Delivery, MessageOrigin } from '@vitalseal/gateway';
import { reading } from '../vault/core.testing.ts';
import type { Group } from './group.ts';
import { createSink, type GroupSink } from './sink.ts';

export function bench(waitingBytes = 1 << 20) {
  const state = {
    now: 1000,
    timers: [] as { at: number; work: () => void }[],
    groups: [] as { group: Group; done: () => void; fail: (error: Error) => void }[],
    settled: [] as string[],
  };
  const sink: GroupSink = createSink(
    {
      commit: (group) => new Promise((done, fail) => state.groups.push({ group, done, fail })),
      monotonicMs: () => state.now,
      wallMs: () => 5,
      after(ms, work) {
        const timer = { at: state.now + ms, work };
        state.timers.push(timer);
        return () => void state.timers.splice(state.timers.indexOf(timer), 1);
      },
    },
    waitingBytes,
  );
  const to = (now: number) => {
    for (;;) {
      const due = state.timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      state.timers.splice(state.timers.indexOf(due), 1);
      state.now = due.at;
      due.work();
    }
    state.now = now;
  };
  const deliver = (name: string, delivery: Delivery) =>
    sink.deliver(delivery, (error) => state.settled.push(error === null ? name : `${name} ${error.code}`));
  return { state, sink, to, deliver };
}

export const turn = () => new Promise((resolve) => setImmediate(resolve));
export const from = (packetId: number | null, duplicate = false, hash = 1): MessageOrigin => ({
  user: 'pump',
  client: 'c',
  packetId,
  duplicate,
  payloadHash: new Uint8Array(8).fill(hash),
});
export const message = (n: number, origin: MessageOrigin | null = null, device = 'pump'): Delivery => ({
  kind: 'readings',
  device,
  readings: [reading(n, device), reading(n + 1, device)],
  alarm: false,
  origin,
});
