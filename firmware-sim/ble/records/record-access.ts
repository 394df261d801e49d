// The Record Access Control Point (2A52) of a device that stores: reports, counts and aborts as the specification says, one
// procedure at a time. Which records there are, and in which order they come out, is for the device to say.
import { PacketBytes } from '../packet-bytes.ts';
import { ATT, AttError, type Characteristic, type Packet } from '../peripheral.ts';
import type { Schedule } from '../schedule.ts';

export interface StoredRecord {
  /** What the filter compares: a sequence number (glucose), minutes (CGM), a place (oximeter). */
  readonly key: number;
  readonly packets: readonly Omit<Packet, 'record'>[];
}

export interface RecordAccessOptions {
  readonly schedule: Schedule;
  readonly records: () => readonly StoredRecord[];
  /** Must be subscribed before anything is reported. */
  readonly measurement: Characteristic;
  /** Without: only "all records" can be asked for, as of an oximeter. */
  readonly filtered: boolean;
  /** In which order records leave (default: as stored). */
  readonly order?: (records: readonly StoredRecord[]) => readonly StoredRecord[];
}

const OP = { report: 1, delete: 2, abort: 3, count: 4, counted: 5, response: 6 } as const;
const OPERATOR = { none: 0, all: 1, atMost: 2, atLeast: 3, range: 4, first: 5, last: 6 } as const;
const ANSWER = {
  success: 1,
  opCodeNotSupported: 2,
  invalidOperator: 3,
  operatorNotSupported: 4,
  invalidOperand: 5,
  noRecords: 6,
  abortUnsuccessful: 7,
  operandNotSupported: 9,
} as const;
const FILTER_NUMBER = 1;

/** Why a request cannot be done; the code goes into the response. */
class Refusal extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`response code ${code}`);
    this.code = code;
  }
}

export class RecordAccess {
  readonly #options: RecordAccessOptions;
  readonly characteristic: Characteristic;
  /** From a request until its response left. */
  #running = false;

  constructor(options: RecordAccessOptions) {
    this.#options = options;
    this.characteristic = {
      uuid: '2A52',
      flags: ['write', 'indicate'],
      write: (bytes, atMs) => this.#write(bytes, atMs),
      ...(options.measurement.protection && { protection: options.measurement.protection }),
    };
  }

  get running(): boolean {
    return this.#running;
  }

  /** The link ended: the procedure is over, and what was queued with it. */
  disconnected(): void {
    this.#running = false;
  }

  #write(bytes: Uint8Array, atMs: number): void {
    const { schedule, measurement } = this.#options;
    if (!schedule.isSubscribed(this.characteristic)) throw new AttError(ATT.notConfigured);
    const [op = 0, operator = 0] = bytes;
    if (op === OP.abort) {
      this.#respond(OP.abort, this.#abort(operator), atMs);
      return;
    }
    if (this.#running) throw new AttError(ATT.procedureInProgress);
    if (op === OP.report && !schedule.isSubscribed(measurement)) throw new AttError(ATT.notConfigured);
    try {
      this.#begin(op, operator, bytes.subarray(2), atMs);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#respond(op, error.code, atMs);
    }
  }

  #begin(op: number, operator: number, operand: Uint8Array, atMs: number): void {
    // Deleting is for the device's own menu: a gateway must not need it.
    if (op !== OP.report && op !== OP.count) throw new Refusal(ANSWER.opCodeNotSupported);
    const chosen = this.#choose(operator, operand);
    if (op === OP.count) {
      this.#answer(new PacketBytes().u8(OP.counted).u8(OPERATOR.none).u16(chosen.length).take(), atMs);
      return;
    }
    if (chosen.length === 0) throw new Refusal(ANSWER.noRecords);
    const { schedule, order = (records) => records } = this.#options;
    for (const { key, packets } of order(chosen)) {
      for (const packet of packets) schedule.enqueue({ ...packet, record: key }, atMs);
    }
    this.#respond(OP.report, ANSWER.success, atMs);
  }

  #choose(operator: number, operand: Uint8Array): readonly StoredRecord[] {
    const records = this.#options.records();
    if (operator < OPERATOR.all || operator > OPERATOR.last) throw new Refusal(ANSWER.invalidOperator);
    const plain = operator === OPERATOR.all || operator === OPERATOR.first || operator === OPERATOR.last;
    if (!this.#options.filtered && operator !== OPERATOR.all) throw new Refusal(ANSWER.operatorNotSupported);
    if (plain && operand.length > 0) throw new Refusal(ANSWER.invalidOperand);
    if (operator === OPERATOR.all) return records;
    if (operator === OPERATOR.first) return records.slice(0, 1);
    if (operator === OPERATOR.last) return records.slice(-1);
    const wanted = operator === OPERATOR.range ? 2 : 1;
    if (operand.length > 0 && operand[0] !== FILTER_NUMBER) throw new Refusal(ANSWER.operandNotSupported);
    if (operand.length !== 1 + wanted * 2) throw new Refusal(ANSWER.invalidOperand);
    const view = new DataView(operand.buffer, operand.byteOffset);
    const from = operator === OPERATOR.atMost ? 0 : view.getUint16(1, true);
    const to = operator === OPERATOR.atLeast ? 0xffff : view.getUint16(wanted * 2 - 1, true);
    if (from > to) throw new Refusal(ANSWER.invalidOperand);
    return records.filter(({ key }) => key >= from && key <= to);
  }

  /** Answers the response code. */
  #abort(operator: number): number {
    if (operator !== OPERATOR.none) return ANSWER.invalidOperator;
    if (!this.#running) return ANSWER.abortUnsuccessful;
    this.#options.schedule.clearQueue();
    return ANSWER.success;
  }

  #respond(op: number, code: number, atMs: number): void {
    this.#answer(new PacketBytes().u8(OP.response).u8(OPERATOR.none).u8(op).u8(code).take(), atMs);
  }

  #answer(bytes: Uint8Array, atMs: number): void {
    this.#running = true;
    const packet = { characteristic: this.characteristic, bytes, readings: [], record: null };
    this.#options.schedule.enqueue(packet, atMs, () => {
      this.#running = false;
    });
  }
}
