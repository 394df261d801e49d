// The Bluetooth wearable of `start` and `demo`: a heart-rate strap behind a fake BlueZ on a private bus, so that the agent runs
// its real Bluetooth side without a radio. Without a D-Bus daemon the site goes on without it.
//
//   strap ── fake org.bluez ── private bus ── agent
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busProgram, type FakeBluez, type Packet, startFakeBluez, startPrivateBus } from '@vitalseal/firmware-sim';
import type { Numbered } from './acknowledged.ts';
import { asRead } from './equipment.ts';

export const WEARABLE = { name: 'strap-1', kind: 'heart-rate', address: 'C0:26:DA:00:00:01' } as const;

export interface Wearable {
  /** For the agent. */
  readonly busAddress: string;
  /** Readings that left the strap: each while somebody was subscribed, so each arrived. */
  sent(): number;
  /** From now on it is heard. */
  switchOn(): void;
  /** It measures no more. Its link stays, so that what it sent last is not lost with the link. */
  silence(): void;
  stop(): Promise<void>;
}

export interface WearableOptions {
  /** Another seed in each run, so that a continued run does not repeat itself. */
  readonly seed: string;
  readonly onSent?: (reading: Numbered) => void;
}

/** Null where this machine has no D-Bus daemon, or one that does not start. */
export async function openWearable({ seed, onSent }: WearableOptions): Promise<Wearable | null> {
  if (busProgram() === null) return null;
  const dir = mkdtempSync(join(tmpdir(), 'vitalseal-bus-'));
  const closing = [async () => rmSync(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const bus = await startPrivateBus(dir);
    closing.push(bus.stop);
    const bluez = await startFakeBluez({
      ...{ busAddress: bus.address, peripherals: [strap(seed)] },
      onSent: (_address: string, { readings }: Packet) => {
        for (const reading of readings) onSent?.(asRead(WEARABLE.name, 'json', reading));
      },
    });
    closing.push(() => bluez.stop());
    return worn(bus.address, bluez, stop);
  } catch {
    await stop();
    return null;
  }
}

/** No battery: that is asked for, not sent, and would come on top of what is counted. */
const strap = (seed: string) => ({
  ...{ kind: WEARABLE.kind, address: WEARABLE.address, seed },
  ...{ name: 'Simulated strap', battery: null },
});

function worn(busAddress: string, bluez: FakeBluez, stop: () => Promise<void>): Wearable {
  const { address } = WEARABLE;
  bluez.vanish(address);
  return {
    busAddress,
    sent: () => bluez.sent(address).readings,
    switchOn: () => bluez.appear(address),
    silence: () => bluez.setFaults(address, { silent: true }),
    stop,
  };
}
