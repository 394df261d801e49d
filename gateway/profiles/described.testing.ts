// For tests of decoders: what a packet says in few words, so that a table of packets reads like a table.
import { fromHex } from '@vitalseal/ledger';
import type { Facts } from './decoded.ts';
import { describeCharacteristic } from './described.ts';

export interface Brief {
  /** `MDC_HF_HR 72 /min` each; then the device's time and the context, where there is any. */
  readonly readings: readonly string[];
  readonly facts: Facts;
}

/** Decodes `hex`, in which spaces are left out. */
export function brief(uuid: string, hex: string): Brief {
  const { readings, context } = describeCharacteristic(uuid, fromHex(hex.replaceAll(' ', '')));
  return {
    readings: readings.map((one) =>
      [
        ...[one.code, String(one.value), one.unit],
        ...(one.deviceTime === null ? [] : [one.deviceTime]),
        ...Object.entries(one.context ?? {}).map(([name, value]) => `${name}=${value}`),
      ].join(' '),
    ),
    facts: context,
  };
}
