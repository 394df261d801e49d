// The bare radio for a command while no agent runs: it listens and pairs, and never connects to read. The caller holds the
// folder's lock, so that no agent starts on the same radio meanwhile.
import type { BleDirectory, Radio, Sighting } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { inWords } from './fault.ts';
import type { BleHost } from './host.ts';
import { agrees } from './scan.ts';

export interface RadioHostPorts {
  readonly radio: Radio;
  readonly devices: BleDirectory;
  readonly after: (ms: number, work: () => void) => () => void;
}

/** Milliseconds that a host gets to answer at all, and that a device is listened for before it is paired. */
const UP_MS = 5_000;
const HEARD_MS = 20_000;
const LOOK_MS = 250;

/** Started; `stop` never throws. */
export async function radioHost({
  radio,
  devices,
  after,
}: RadioHostPorts): Promise<BleHost & { stop(): Promise<void> }> {
  let up = false;
  const faultNow = () => radio.fault();
  const pause = (ms: number) => new Promise<void>((resolve) => void after(ms, resolve));
  await radio.start((event) => {
    if (event.kind === 'up') up = true;
    else if (event.kind === 'down') up = false;
  });
  let patient = true;
  const undo = after(UP_MS, () => {
    patient = false;
  });

  async function listening(): Promise<void> {
    while (!up && patient) await pause(LOOK_MS);
    if (!up) throw new VitalsealError('radio_unavailable');
    await radio.discover(true);
  }

  /** Remembered devices that were not heard are out of reach as far as anybody knows. */
  async function heard(device: string, signal: AbortSignal): Promise<Sighting> {
    const match = devices.list().find((known) => known.device === device)?.match;
    if (match === undefined) throw new VitalsealError('device_unknown');
    for (let waited = 0; waited < HEARD_MS; waited += LOOK_MS) {
      if (signal.aborted) throw new VitalsealError('cancelled', 'the pairing was cancelled');
      const found = radio
        .sightings()
        .find((sighting) => (sighting.rssi !== null || sighting.connected) && agrees(match, sighting));
      if (found !== undefined) return found;
      await pause(LOOK_MS);
    }
    throw new VitalsealError('device_gone', 'the device was not heard: switch it on, and bring it near');
  }

  return {
    sightings: () =>
      inWords(faultNow, async () => {
        await listening();
        return radio.sightings();
      }),
    pair: (device, dialogue, signal) =>
      inWords(faultNow, async () => {
        await listening();
        const { address } = await heard(device, signal);
        // Cancelled from here on, it ends with the command: a host gives up the pairing of a program that leaves.
        await radio.pair(address, dialogue);
      }),
    stop() {
      undo();
      return radio.stop();
    },
  };
}
