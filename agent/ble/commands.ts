// The Bluetooth commands of the control socket: one request, one answer each. A scan keeps discovery on for a few seconds
// at each call, so that it ends by itself when nobody asks any more.
import type { BleDirectory } from '@vitalseal/gateway';
import { VitalsealError } from '@vitalseal/ledger';
import { type ControlHandlers, type Parameters, textOf } from '../control/protocol.ts';
import type { BleHost } from './host.ts';
import { PairingDesk, type PairingLook } from './pairing.ts';
import { type ListedSighting, listSightings } from './scan.ts';

/** A terminal looks every half second; one that was closed keeps the radio busy for no longer than this. */
const LEASE_MS = 5_000;

export interface BleCommandPorts {
  readonly host: BleHost;
  readonly devices: BleDirectory;
  readonly after: (ms: number, work: () => void) => () => void;
}

export function bleCommands({ host, devices, after }: BleCommandPorts): ControlHandlers {
  const desk = new PairingDesk({ pair: (device, dialogue, signal) => host.pair(device, dialogue, signal), after });
  return {
    'ble-scan': async (): Promise<{ sightings: ListedSighting[] }> => ({
      sightings: listSightings(await host.sightings(LEASE_MS), devices),
    }),
    'ble-pair': async (asked): Promise<PairingLook> => desk.start(knownAs(textOf(asked, 'device'), devices)),
    'ble-pair-look': async (asked): Promise<PairingLook> => desk.look(numberOf(asked, 'known')),
    'ble-pair-answer': async (asked) => desk.answer(numberOf(asked, 'n'), answerIn(asked)),
    'ble-pair-cancel': async () => desk.cancel(),
  };
}

/** The name of a Bluetooth device of ours, from that or its address. Throws `device_unknown`. */
function knownAs(text: string, devices: BleDirectory): string {
  const found = devices.list().find(({ device, match }) => device === text || match.address === text.toUpperCase());
  if (found !== undefined) return found.device;
  throw new VitalsealError('device_unknown', 'no Bluetooth device of this name or address was added here');
}

function numberOf(asked: Parameters, name: string): number {
  const value = asked[name];
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw new VitalsealError('request_invalid', `${name} is not a number`);
}

function answerIn(asked: Parameters): boolean | string {
  return typeof asked.answer === 'boolean' ? asked.answer : textOf(asked, 'answer');
}
