// Device Information (180A) and Battery (180F): the services that nearly every device has beside its own.
import { PacketBytes } from '../packet-bytes.ts';
import type { Characteristic, Service } from '../peripheral.ts';

export interface Identity {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
}

export function deviceInformation({ manufacturer, model, serial, firmware }: Identity): Service {
  const text = (uuid: string, value: string): Characteristic => {
    const bytes = new PacketBytes().text(value).take();
    return { uuid, flags: ['read'], read: () => bytes };
  };
  return {
    uuid: '180A',
    characteristics: [text('2A29', manufacturer), text('2A24', model), text('2A25', serial), text('2A26', firmware)],
  };
}

/** Percent. */
export function battery(level: (atMs: number) => number): Service & { readonly level: Characteristic } {
  const characteristic: Characteristic = {
    uuid: '2A19',
    flags: ['read', 'notify'],
    read: (atMs) => Uint8Array.of(level(atMs)),
  };
  return { uuid: '180F', characteristics: [characteristic], level: characteristic };
}
