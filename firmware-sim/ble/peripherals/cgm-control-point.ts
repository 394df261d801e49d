// The control point of a continuous glucose monitor (2AAC), as far as a gateway uses it: how often it measures, and the start
// and end of a session. Everything else it does not support, and says so.
import { PacketBytes } from '../packet-bytes.ts';
import { ATT, AttError, type Characteristic } from '../peripheral.ts';
import { isSealed, sealed } from '../records/crc.ts';
import type { Schedule } from '../schedule.ts';

export interface CgmSession {
  /** Between two measurements. */
  minutes(): number;
  /** False: one is running. */
  start(atMs: number): boolean;
  stop(): void;
}

const OP = { getInterval: 0x02, interval: 0x03, startSession: 0x1a, stopSession: 0x1b, response: 0x1c } as const;
const ANSWER = { success: 1, notSupported: 2, notCompleted: 4 } as const;
const ERROR = { missingCrc: 0x80, invalidCrc: 0x81 } as const;

export function cgmControlPoint(schedule: Schedule, session: CgmSession): Characteristic {
  const characteristic: Characteristic = {
    uuid: '2AAC',
    flags: ['write', 'indicate'],
    write: (bytes, atMs) => {
      if (!schedule.isSubscribed(characteristic)) throw new AttError(ATT.notConfigured);
      if (bytes.length < 3) throw new AttError(ERROR.missingCrc);
      if (!isSealed(bytes)) throw new AttError(ERROR.invalidCrc);
      const answer = sealed(perform(bytes[0] as number, atMs));
      schedule.enqueue({ characteristic, bytes: answer, readings: [], record: null }, atMs);
    },
  };

  function perform(op: number, atMs: number): Uint8Array {
    const respond = (code: number) => new PacketBytes().u8(OP.response).u8(op).u8(code).take();
    switch (op) {
      case OP.getInterval:
        return new PacketBytes().u8(OP.interval).u8(session.minutes()).take();
      case OP.startSession:
        return respond(session.start(atMs) ? ANSWER.success : ANSWER.notCompleted);
      case OP.stopSession:
        session.stop();
        return respond(ANSWER.success);
      default:
        return respond(ANSWER.notSupported);
    }
  }
  return characteristic;
}
