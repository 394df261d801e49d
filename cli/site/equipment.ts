// The simulated equipment of `start` and `demo`: one device of each kind, each with another payload format.

import {
  type Emission,
  type Format,
  type Kind,
  type SimReading,
  type Simulation,
  startSimulation,
} from '@vitalseal/firmware-sim';
import { formatDecimal } from '@vitalseal/ledger';
import type { Numbered } from './acknowledged.ts';

export interface Equipment {
  readonly name: string;
  readonly kind: Kind;
  readonly format: Format;
}

export const EQUIPMENT: readonly Equipment[] = [
  { name: 'monitor-1', kind: 'monitor', format: 'json' },
  { name: 'pump-1', kind: 'pump', format: 'senml' },
  { name: 'glucose-1', kind: 'glucose', format: 'senml-cbor' },
];

export interface PowerOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  /** Another seed in each run, so that a continued run does not repeat itself. */
  readonly seed: string;
  readonly onAcknowledged?: (reading: Numbered) => void;
}

/** Switches one device on. */
export function switchOn({ name, kind, format }: Equipment, options: PowerOptions): Simulation {
  const { host, port, password, seed, onAcknowledged } = options;
  return startSimulation({
    ...{ kinds: [kind], format, seed, mqtt: { host, port, username: name, password } },
    ...(onAcknowledged && {
      onAcknowledged: (_id: number, _readings: number, emission: Emission) => {
        for (const reading of emission.readings) onAcknowledged(asRead(name, format, reading));
      },
    }),
  });
}

/** A simulated reading as its owner will see it. In SenML a name that no table knows keeps its base name. */
export function asRead(device: string, format: Format, { code: name, unit, value }: SimReading): Numbered {
  const code = format === 'json' || name.startsWith('MDC_') ? name : `${device}:${name}`;
  switch (value.kind) {
    case 'decimal':
      return { device, code, unit, value: formatDecimal(value) };
    case 'text':
      return { device, code, unit, value: value.text };
    case 'samples': {
      const { mantissa, exponent } = value.scale;
      const texts = Array.from(value.samples, (sample) => formatDecimal({ mantissa: sample * mantissa, exponent }));
      return { device, code, unit, value: texts.join(' ') };
    }
  }
}
