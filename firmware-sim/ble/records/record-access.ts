// The Record Access Control Point (2A52) of a device that stores: reports, counts and aborts as the specification says, one
// procedure at a time. Which records there are, and in which order they come out, is for the device to say.
import { PacketBytes } from '../packet-bytes.ts';
import { ATT, AttError, type Characteristic, type Packet } from '../peripheral.ts';
import type { Schedule } from '../schedule.ts';

export interface StoredRecord {
  /** What the filter compares: a sequence or record number (glucose, health sensor), minutes (CGM), a place (oximeter). */
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
  /**
   * As of a health sensor (GHSS 1.0): a combined report in place of the report, which ends with how many there were; numbers
   * of 32 bits, and no filter but "at least". The packets of a record are segments of one value.
   */
  readonly combined?: boolean;
  /** Meanwhile every request but an abort is refused. */
  readonly isBusy?: () => boolean;
  /** In which order records leave (default: as stored). */
  readonly order?: (records: readonly StoredRecord[]) => readonly StoredRecord[];
}

const OP = { report: 1, delete: 2, abort: 3, count: 4, counted: 5, response: 6, combined: 7, combinedEnd: 8 } as const;
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
  serverBusy: 10,
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
  readonly #report: number;
  readonly #operators: readonly number[];
  readonly characteristic: Characteristic;
  /** From a request until its response left. */
  #running = false;

  constructor(options: RecordAccessOptions) {
    this.#options = options;
    const { all, atLeast } = OPERATOR;
    this.#report = options.combined ? OP.combined : OP.report;
    this.#operators = options.combined ? [all, atLeast] : options.filtered ? Object.values(OPERATOR) : [all];
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
    if (op === this.#report && !schedule.isSubscribed(measurement)) throw new AttError(ATT.notConfigured);
    try {
      this.#begin(op, operator, bytes.subarray(2), atMs);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#respond(op, error.code, atMs);
    }
  }

  #begin(op: number, operator: number, operand: Uint8Array, atMs: number): void {
    const { schedule, combined = false, isBusy = () => false, order = (records) => records } = this.#options;
    if (isBusy()) throw new Refusal(ANSWER.serverBusy);
    // Deleting is for the device's own menu: a gateway must not need it.
    if (op !== this.#report && op !== OP.count) throw new Refusal(ANSWER.opCodeNotSupported);
    const chosen = this.#choose(operator, operand);
    if (op === OP.count) {
      this.#count(OP.counted, chosen.length, atMs);
      return;
    }
    if (chosen.length === 0) throw new Refusal(ANSWER.noRecords);
    for (const { key, packets } of order(chosen)) {
      const numbered = packets.map((packet) => ({ ...packet, record: key }));
      // Aborted between two segments, the value that they make would be lost.
      for (const turn of combined ? [numbered] : numbered) schedule.enqueue(turn, atMs);
    }
    if (combined) this.#count(OP.combinedEnd, chosen.length, atMs);
    else this.#respond(op, ANSWER.success, atMs);
  }

  #choose(operator: number, operand: Uint8Array): readonly StoredRecord[] {
    const records = this.#options.records();
    if (operator < OPERATOR.all || operator > OPERATOR.last) throw new Refusal(ANSWER.invalidOperator);
    const plain = operator === OPERATOR.all || operator === OPERATOR.first || operator === OPERATOR.last;
    if (!this.#operators.includes(operator)) throw new Refusal(ANSWER.operatorNotSupported);
    if (plain && operand.length > 0) throw new Refusal(ANSWER.invalidOperand);
    if (operator === OPERATOR.all) return records;
    if (operator === OPERATOR.first) return records.slice(0, 1);
    if (operator === OPERATOR.last) return records.slice(-1);
    const wanted = operator === OPERATOR.range ? 2 : 1;
    const octets = this.#options.combined ? 4 : 2;
    if (operand.length > 0 && operand[0] !== FILTER_NUMBER) throw new Refusal(ANSWER.operandNotSupported);
    if (operand.length !== 1 + wanted * octets) throw new Refusal(ANSWER.invalidOperand);
    const view = new DataView(operand.buffer, operand.byteOffset);
    const read = (at: number) => (octets === 4 ? view.getUint32(at, true) : view.getUint16(at, true));
    const from = operator === OPERATOR.atMost ? 0 : read(1);
    const to = operator === OPERATOR.atLeast ? Number.POSITIVE_INFINITY : read(1 + (wanted - 1) * octets);
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

  #count(op: number, records: number, atMs: number): void {
    const bytes = new PacketBytes().u8(op).u8(OPERATOR.none);
    this.#answer((this.#options.combined ? bytes.u32(records) : bytes.u16(records)).take(), atMs);
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
