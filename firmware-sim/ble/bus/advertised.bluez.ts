// An advertisement in the types of D-Bus.
import { Variant } from '@jellybrick/dbus-next';
import type { Peripheral } from '../peripheral.ts';
import { longUuid } from './names.ts';

/** Data that a device does not advertise is undefined. */
export function advertised(peripheral: Peripheral, atMs: number) {
  const { name, services, serviceData, manufacturerData } = peripheral.advertisement(atMs);
  return {
    name,
    services,
    serviceData: variants(Object.entries(serviceData).map(([uuid, bytes]) => [longUuid(uuid), bytes])),
    manufacturerData: variants(Object.entries(manufacturerData)),
  };
}

function variants(entries: [string, Uint8Array][]): Record<string, Variant> | undefined {
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries.map(([key, bytes]) => [key, new Variant('ay', Buffer.from(bytes))]));
}
