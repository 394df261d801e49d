// The services whose devices store records behind a Record Access Control Point, and how each of them is asked.

/** How the control point of a service is asked for records. */
export interface Asking {
  /** Op code: report stored records, or the combined report, which also says how many there were. */
  readonly report: 0x01 | 0x07;
  /** Bits of the record number that a request may name; 0: nothing but "all records" can be asked for, and no cursor is kept. */
  readonly numberBits: 0 | 16 | 32;
}

export interface StoredRecords extends Asking {
  /** Characteristics whose values are records. */
  readonly uuids: readonly string[];
}

/**
 * By service UUID, shortened. A pulse oximeter takes no other request than "all records", and does not number them: it is
 * asked for all at each connection, and the inbox knows what it has. A health sensor knows the combined report only (GHSS
 * 1.0), and counts in 32 bits.
 */
export const STORED: ReadonlyMap<string, StoredRecords> = new Map([
  ['1808', { uuids: ['2A18', '2A34'], report: 0x01, numberBits: 16 }],
  ['181F', { uuids: ['2AA7'], report: 0x01, numberBits: 16 }],
  ['1822', { uuids: ['2A5E'], report: 0x01, numberBits: 0 }],
  ['1840', { uuids: ['2BDD'], report: 0x07, numberBits: 32 }],
]);
