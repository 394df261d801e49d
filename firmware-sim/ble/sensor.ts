// Puts a peripheral together from its services and its schedule, with the services that nearly every device has beside its own.
import type { Advertisement, Characteristic, Peripheral, Service } from './peripheral.ts';
import { battery, deviceInformation } from './peripherals/device-information.ts';
import type { PeripheralOptions } from './peripherals/options.ts';
import type { Schedule } from './schedule.ts';

export interface SensorParts {
  readonly kind: string;
  readonly model: string;
  readonly options: PeripheralOptions;
  readonly schedule: Schedule;
  /** The device's own services; the first is advertised. */
  readonly services: readonly Service[];
  readonly advertised?: Partial<Pick<Advertisement, 'serviceData' | 'manufacturerData'>>;
  /** Work that time brings, before packets are asked for. */
  readonly advance?: (atMs: number) => void;
  /** When that work comes next, if it may make packets. */
  readonly advancesMs?: () => number | null;
  readonly disconnected?: () => void;
}

export function sensor(parts: SensorParts): Peripheral {
  const { kind, model, options, schedule, services, advertised, advance = () => {} } = parts;
  const identity = { manufacturer: 'Simulated', model, serial: options.serial, firmware: '1.0.4' };
  const { battery: level = 88 } = options;
  const own = services.slice(0, 1).map(({ uuid }) => uuid);
  return {
    kind,
    services: [...services, ...(level === null ? [] : [battery(() => level)]), deviceInformation(identity)],
    advertisement: () => ({
      ...{ name: options.name, services: own, serviceData: {}, manufacturerData: {} },
      ...advertised,
    }),
    subscribe: (characteristic: Characteristic, on: boolean, atMs: number) => {
      advance(atMs);
      schedule.subscribe(characteristic, on, atMs);
    },
    disconnected: () => {
      parts.disconnected?.();
      schedule.disconnected();
    },
    due: (atMs) => {
      advance(atMs);
      return schedule.due(atMs);
    },
    nextMs: () => {
      const times = [schedule.nextMs(), parts.advancesMs?.() ?? null].filter((time) => time !== null);
      return times.length === 0 ? null : Math.min(...times);
    },
    setRate: (perSecond) => schedule.setRate(perSecond),
  };
}
