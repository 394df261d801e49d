import { describe, expect, it } from 'vitest';
import { brief } from './described.testing.ts';
import { codeOf, expectHardened } from './hostile.testing.ts';

const REPORT = { opCode: 1, opCodeName: 'reportStoredRecords' };
const BY_SEQUENCE = { filterType: 1, filterTypeName: 'sequenceNumberOrTimeOffset' };

describe('Record Access Control Point', () => {
  it.each([
    ['01 01', { ...REPORT, operator: 1, operatorName: 'allRecords' }],
    ['01 05', { ...REPORT, operator: 5, operatorName: 'firstRecord' }],
    ['01 06', { ...REPORT, operator: 6, operatorName: 'lastRecord' }],
    [
      '01 03 01 2a01',
      { ...REPORT, operator: 3, operatorName: 'greaterThanOrEqualTo', ...BY_SEQUENCE, filterValues: [298] },
    ],
    [
      '01 03 01 2a010000',
      { ...REPORT, operator: 3, operatorName: 'greaterThanOrEqualTo', ...BY_SEQUENCE, filterValues: [298] },
    ],
    [
      '01 04 01 0100 ffff',
      { ...REPORT, operator: 4, operatorName: 'withinRangeOf', ...BY_SEQUENCE, filterValues: [1, 65535] },
    ],
    [
      '02 02 02 e907 05 15 0a 1e 2d',
      {
        ...{ opCode: 2, opCodeName: 'deleteStoredRecords', operator: 2, operatorName: 'lessThanOrEqualTo' },
        ...{ filterType: 2, filterTypeName: 'userFacingTime', filterValues: ['2025-05-21T10:30:45'] },
      },
    ],
    ['03 00', { opCode: 3, opCodeName: 'abortOperation', operator: 0, operatorName: 'null' }],
    ['04 01', { opCode: 4, opCodeName: 'reportNumberOfStoredRecords', operator: 1, operatorName: 'allRecords' }],
    [
      '05 00 2a01',
      {
        opCode: 5,
        opCodeName: 'numberOfStoredRecordsResponse',
        operator: 0,
        operatorName: 'null',
        numberOfRecords: 298,
      },
    ],
    [
      '06 00 01 06',
      {
        ...{ opCode: 6, opCodeName: 'responseCode', operator: 0, operatorName: 'null' },
        ...{ requestOpCode: 1, requestOpCodeName: 'reportStoredRecords' },
        ...{ responseCode: 6, responseCodeName: 'noRecordsFound' },
      },
    ],
    [
      '06 00 99 ff',
      {
        ...{ opCode: 6, opCodeName: 'responseCode', operator: 0, operatorName: 'null' },
        ...{ requestOpCode: 153, requestOpCodeName: 'reserved153' },
        ...{ responseCode: 255, responseCodeName: 'reserved255' },
      },
    ],
  ])('%s', (hex, facts) => expect(brief('2A52', hex)).toEqual({ readings: [], facts }));

  it.each([
    ['', 'characteristic_truncated'],
    ['01', 'characteristic_truncated'],
    ['00 00', 'characteristic_reserved'],
    ['09 01', 'characteristic_reserved'],
    ['01 00', 'characteristic_malformed'], // all, or which?
    ['01 07', 'characteristic_reserved'],
    ['01 01 01', 'characteristic_malformed'],
    ['01 03', 'characteristic_truncated'],
    ['01 03 03 0000', 'characteristic_reserved'],
    ['01 03 01 000000', 'characteristic_malformed'],
    ['01 04 01 0000', 'characteristic_truncated'],
    ['02 02 02 e907 02 1e 0a 1e 2d', 'time_malformed'],
    ['03 01', 'characteristic_malformed'],
    ['05 00', 'characteristic_truncated'],
    ['05 00 030201', 'characteristic_malformed'],
    ['06 00 01', 'characteristic_truncated'],
    ['06 01 01 01', 'characteristic_malformed'],
  ])('refuses %j', (hex, code) => expect(codeOf(() => brief('2A52', hex))).toBe(code));

  it('takes hostile bytes', () => {
    const good = ['0101', '01030100ff', '0104010100ffff', '020202e90705150a1e2d', '0300', '05002a01', '06000101'];
    // A count of one octet is a count too.
    expectHardened('2A52', good, ['05002a']);
  });
});
