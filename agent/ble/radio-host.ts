// The bare radio for a command while no agent runs: it listens and pairs, and never connects to read. Nobody knows then
// whether a bond that the host has is any good: who asks for a pairing gets a new one. The caller holds the folder's lock, so
// that no agent starts on the same radio meanwhile.
import {
  type BleAddress,
  type BleDirectory,
  type PairingDialogue,
  type PairingOutcome,
  type PairingPorts,
  pairByHand,
  pairingCancelled,
  type Radio,
  type Sighting,
} from '@vitalseal/gateway';
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
/** That the end of a command waits for the end of its pairing: a no that goes unanswered, and a host that hangs. */
const STOP_MS = 15_000;

/** Started; `stop` calls off what goes on, and never throws. */
export async function radioHost({
  radio,
  devices,
  after,
}: RadioHostPorts): Promise<BleHost & { stop(): Promise<void> }> {
  let up = false;
  const faultNow = () => radio.fault();
  const pause = (ms: number) => new Promise<void>((resolve) => void after(ms, resolve));
  const leaving = new AbortController();
  /** To be heard anew before they are there. */
  const unheard = new Set<BleAddress>();
  let pairing: Promise<void> = Promise.resolve();
  await radio.start((event) => {
    if (event.kind === 'up') up = true;
    else if (event.kind === 'down') up = false;
    else if (event.kind === 'sighting') unheard.delete(event.sighting.address);
  });
  let patient = true;
  const undo = after(UP_MS, () => {
    patient = false;
  });

  async function listening(signal: AbortSignal): Promise<void> {
    while (!up && patient && !signal.aborted) await pause(LOOK_MS);
    if (!up) throw new VitalsealError('radio_unavailable');
    await radio.discover(true);
  }

  const matchOf = (device: string) => devices.list().find((known) => known.device === device)?.match;

  /** Remembered devices that were not heard are out of reach as far as anybody knows. */
  async function heard(device: string, signal: AbortSignal): Promise<BleAddress> {
    const rules = devices.list();
    const match = matchOf(device);
    const others = new Set(rules.filter((known) => known.device !== device).map((known) => known.match.address));
    if (match === undefined) throw new VitalsealError('device_unknown');
    const isThere = ({ address, rssi, connected }: Sighting) => connected || (rssi !== null && !unheard.has(address));
    for (let waited = 0; waited < HEARD_MS; waited += LOOK_MS) {
      if (signal.aborted) throw pairingCancelled();
      const found = radio
        .sightings()
        .find((sighting) => isThere(sighting) && agrees(match, sighting) && !others.has(sighting.address));
      if (found !== undefined) return found.address;
      await pause(LOOK_MS);
    }
    throw new VitalsealError('device_gone', 'the device was not heard: switch it on, and bring it near');
  }

  async function pair(device: string, dialogue: PairingDialogue, signal: AbortSignal): Promise<PairingOutcome> {
    await listening(signal).catch((error: unknown) => {
      throw signal.aborted ? pairingCancelled() : error;
    });
    const unhear = (address: BleAddress) => void unheard.add(address);
    const ports: PairingPorts = {
      ...{ radio, after, unhear },
      find: () => heard(device, signal),
      forget: async (address) => {
        await radio.forget(address);
        unhear(address);
      },
      // Of a device that is known by its name alone: anybody may have that name.
      isWorthless: () => matchOf(device)?.address !== null,
    };
    return pairByHand(ports, dialogue, signal);
  }

  return {
    sightings: () =>
      inWords(faultNow, async () => {
        await listening(leaving.signal);
        return radio.sightings();
      }),
    pair(device, dialogue, signal) {
      const either = AbortSignal.any([signal, leaving.signal]);
      const work = inWords(faultNow, () => pair(device, dialogue, either));
      pairing = work.then(
        () => {},
        () => {},
      );
      return work;
    },
    async stop() {
      undo();
      leaving.abort();
      const { promise: patience, resolve } = Promise.withResolvers<void>();
      const undoPatience = after(STOP_MS, resolve);
      await Promise.race([pairing, patience]);
      undoPatience();
      await radio.stop();
    },
  };
}
