// The clock of a device, as wrong as it was set, and the Current Time service (1805) that shows it and lets it be set.
import { PacketBytes } from '../packet-bytes.ts';
import { ATT, AttError, type Characteristic, type Service } from '../peripheral.ts';

/** Current Time without the adjust reason, which a client may leave 0. */
const LENGTH = 10;
/** Out of range, by the Current Time service: some fields were not taken. */
const DATA_FIELD_IGNORED = 0x80;
const EXTERNAL_REFERENCE = 0x02;

export class DeviceClock {
  #errorMs: number;
  #adjusted = 0;

  /** `errorMs`: how far it is ahead; behind when negative. */
  constructor(errorMs = 0) {
    this.#errorMs = errorMs;
  }

  get errorMs(): number {
    return this.#errorMs;
  }

  /** What the device takes for the time (ms as if since 1970). */
  at(realMs: number): number {
    return realMs + this.#errorMs;
  }

  /** Whole seconds, as the device writes them into its records: `2026-11-21T05:30:00`. */
  textAt(realMs: number): string {
    return new Date(this.at(realMs)).toISOString().slice(0, 19);
  }

  service(): Service & { readonly time: Characteristic } {
    const time: Characteristic = {
      uuid: '2A2B',
      flags: ['read', 'write', 'notify'],
      read: (atMs) => {
        const at = this.at(atMs);
        const day = new Date(at).getUTCDay();
        return new PacketBytes()
          .dateTime(at)
          .u8(day === 0 ? 7 : day)
          .u8(Math.floor(((((at % 1000) + 1000) % 1000) * 256) / 1000))
          .u8(this.#adjusted)
          .take();
      },
      write: (bytes, atMs) => {
        if (bytes.length !== LENGTH) throw new AttError(ATT.invalidLength);
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const [month, day, hour, minute, second] = bytes.subarray(2, 7) as unknown as [number, ...number[]];
        const said = Date.UTC(view.getUint16(0, true), month - 1, day, hour, minute, second);
        if (Number.isNaN(said) || month < 1 || month > 12) throw new AttError(DATA_FIELD_IGNORED);
        this.#errorMs = said + Math.round(((bytes[8] ?? 0) * 1000) / 256) - atMs;
        this.#adjusted = EXTERNAL_REFERENCE;
      },
    };
    return { uuid: '1805', characteristics: [time], time };
  }
}
