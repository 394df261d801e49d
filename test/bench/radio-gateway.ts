// A gateway with the Bluetooth source and nothing else, over BlueZ's adapter on a given bus; its sink only counts.
import { bleRadio, type Delivery, type Gateway, startGateway, systemClock } from '@vitalseal/gateway';
import { strapAddress } from './radio-address.ts';

/** `onReadings` is called for each delivery of readings, with the index of its strap. */
export async function startRadioGateway(
  busAddress: string,
  straps: number,
  onReadings: (strap: number) => void,
): Promise<Gateway> {
  const devices = Array.from({ length: straps }, (_, i) => ({
    device: `strap-${i}`,
    match: { address: strapAddress(i), name: null, service: null },
    setClock: false,
  }));
  const ble = {
    radio: await bleRadio({ busAddress, adapter: 'hci0', log: () => {} }),
    devices: { list: () => devices },
    cursors: { load: async () => null, save: async () => {} },
    clock: systemClock(),
    hashKey: new Uint8Array(32),
    after: (ms: number, work: () => void) => {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    limits: { connections: straps },
    log: () => {},
  };
  const deliver = (delivery: Delivery, settled: (error: null) => void) => {
    if (delivery.kind === 'readings' && delivery.readings.some(({ code }) => code === 'MDC_HF_HR'))
      onReadings(Number(delivery.device.slice('strap-'.length)));
    queueMicrotask(() => settled(null));
  };
  return startGateway({ mqtt: null, ble }, { deliver });
}
