import { describe, expect, it } from 'vitest';
import { bootClock } from './clock.ts';
import { linuxClock } from './linux.fs.ts';

describe('bootClock', () => {
  it('gives whole milliseconds and looks at the synchronisation every five seconds', () => {
    let monotonic = 0.7;
    let wall = 1_795_000_000_000.9;
    let synchronised: boolean | null = false;
    const clock = bootClock({
      wallMs: () => wall,
      monotonicMs: () => monotonic,
      synchronised: () => synchronised,
      bootId: () => 'a-boot',
    });
    expect(clock.bootId).toBe('a-boot');
    expect(clock.now()).toEqual({ wallMs: 1_795_000_000_000, monotonicMs: 0, clock: 'unsynchronised' });
    synchronised = true;
    expect(clock.now().clock).toBe('unsynchronised');
    monotonic = 5001;
    expect(clock.now().clock).toBe('synchronised');
    synchronised = null;
    monotonic = 10_002;
    expect(clock.now().clock).toBe('unknown');
    synchronised = true;
    monotonic = 15_003;
    wall = 5000;
    expect(clock.now().clock).toBe('unknown');
  });

  it('reads the clocks of this machine', () => {
    const { now, bootId } = bootClock(linuxClock());
    const a = now();
    expect(Number.isInteger(a.wallMs) && Number.isInteger(a.monotonicMs)).toBe(true);
    expect(Math.abs(a.wallMs - Date.now())).toBeLessThan(1000);
    expect(now().monotonicMs).toBeGreaterThanOrEqual(a.monotonicMs);
    if (bootId !== null) expect(bootId).toMatch(/^[0-9a-f-]{36}$/);
  });
});
