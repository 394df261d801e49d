// All that a simulated Bluetooth device sends to who asks for it: its stored records first, then ten minutes of live values.
import type { Packet, Peripheral } from '@vitalseal/firmware-sim';

const REPORT_ALL = Uint8Array.of(0x01, 1);
const COMBINED_REPORT_ALL = Uint8Array.of(0x07, 1);
const STORED_OBSERVATIONS = '2BDD';
const START_LIVE = Uint8Array.of(1);
/** By then every stored record has left. */
const RECORDS_SECONDS = 10;
const SECONDS = 600;

/** Times are Unix milliseconds; the device was made at `startMs`. */
export function everythingSent(peripheral: Peripheral, startMs: number): Packet[] {
  const all = peripheral.services.flatMap(({ characteristics }) => characteristics);
  const find = (uuid: string) => all.find((characteristic) => characteristic.uuid === uuid);
  for (const characteristic of all) {
    const { flags } = characteristic;
    if (flags.includes('notify') || flags.includes('indicate')) peripheral.subscribe(characteristic, true, startMs);
  }
  const seconds = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => peripheral.due(startMs + (from + n) * 1000)).flat();
  find('2A52')?.write?.(find(STORED_OBSERVATIONS) ? COMBINED_REPORT_ALL : REPORT_ALL, startMs);
  const records = seconds(0, RECORDS_SECONDS);
  find('2BF4')?.write?.(START_LIVE, startMs + RECORDS_SECONDS * 1000);
  return [...records, ...seconds(RECORDS_SECONDS, SECONDS)];
}
