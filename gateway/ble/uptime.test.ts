import { VitalsealError } from '@vitalseal/ledger';
import { expect, it } from 'vitest';
import { MemoryRadio } from './radio.testing.ts';
import { Uptime } from './uptime.ts';

function bench() {
  let nowMs = 1000;
  const radio = new MemoryRadio(false);
  const uptime = new Uptime(radio, () => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const up = (on: boolean) => {
    radio.power(on);
    if (on) uptime.up();
    else uptime.down();
  };
  return { uptime, pass, up };
}

const unavailable = expect.objectContaining({ code: 'radio_unavailable' });

it('bears with a radio for a while, from its start and from each time that it goes down', () => {
  const { uptime, pass, up } = bench();
  uptime.demand();
  pass(3001);
  expect(() => uptime.demand()).toThrow(unavailable);
  up(true);
  pass(10_000);
  uptime.demand();
  up(false);
  pass(2000);
  // Said twice, it is down no later.
  up(false);
  uptime.demand();
  pass(1001);
  expect(() => uptime.demand()).toThrow(unavailable);
});

it('has a fault only while it is down', () => {
  const { uptime, up } = bench();
  expect(uptime.fault).toMatchObject({ fault: 'off' });
  up(true);
  expect(uptime.fault).toBeNull();
});

it('blames no device for a radio that is down', async () => {
  const { uptime, pass, up } = bench();
  const gone = () => uptime.during(() => Promise.reject(new VitalsealError('device_gone')));
  await expect(gone()).rejects.toThrow(unavailable);
  await expect(uptime.during(() => Promise.reject(new VitalsealError('cancelled')))).rejects.toMatchObject({
    code: 'cancelled',
  });
  up(true);
  await expect(gone()).rejects.toMatchObject({ code: 'device_gone' });
  up(false);
  pass(3001);
  let begun = false;
  await expect(
    uptime.during(async () => {
      begun = true;
    }),
  ).rejects.toThrow(unavailable);
  expect(begun).toBe(false);
});
