// The control point of a health sensor (2BF4): live observations are sent after it was told to, and until it is told to stop.
import { ATT, AttError, type Characteristic, type Protection } from '../peripheral.ts';
import type { Schedule } from '../schedule.ts';

export interface LiveObservations {
  /** False: not while stored ones are on their way. */
  start(): boolean;
  stop(): void;
}

const OP = { start: 0x01, stop: 0x02 } as const;
const ANSWER = { success: 0x80, serverBusy: 0x81 } as const;
const ERROR = { commandNotSupported: 0x80 } as const;

export function liveControlPoint(schedule: Schedule, live: LiveObservations, protection: Protection): Characteristic {
  const characteristic: Characteristic = {
    uuid: '2BF4',
    flags: ['write', 'indicate'],
    protection,
    write: (bytes, atMs) => {
      if (!schedule.isSubscribed(characteristic)) throw new AttError(ATT.notConfigured);
      if (bytes.length !== 1) throw new AttError(ATT.invalidLength);
      const answer = Uint8Array.of(perform(bytes[0] as number));
      schedule.enqueue({ characteristic, bytes: answer, readings: [], record: null }, atMs);
    },
  };

  function perform(op: number): number {
    switch (op) {
      case OP.start:
        return live.start() ? ANSWER.success : ANSWER.serverBusy;
      case OP.stop:
        live.stop();
        return ANSWER.success;
      default:
        throw new AttError(ERROR.commandNotSupported);
    }
  }
  return characteristic;
}
