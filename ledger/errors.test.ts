import { describe, expect, it } from 'vitest';
import { ERRORS, type ErrorCode, isErrorCode, isRetryable, isVitalsealError, VitalsealError } from './errors.ts';

describe('the registry of errors', () => {
  const rows = Object.entries(ERRORS);

  it('has codes in snake case, and stays sorted by area', () => {
    for (const [code, row] of rows) {
      expect(code).toMatch(/^[a-z]+(_[a-z0-9]+)*$/);
      expect(row.http).toBeGreaterThanOrEqual(400);
      expect(row.http).toBeLessThan(600);
      expect(row.meaning.length).toBeGreaterThan(10);
      expect(row.retry === 'retryable').toBe(row.exit === 75);
    }
    const areas = rows.map(([, row]) => row.area).filter((area, i, all) => area !== all[i - 1]);
    expect(new Set(areas).size).toBe(areas.length);
    for (const area of areas) {
      const codes = rows.filter(([, row]) => row.area === area).map(([code]) => code);
      expect(codes).toEqual([...codes].sort());
    }
  });

  it('knows its codes', () => {
    expect(isErrorCode('seq_gap')).toBe(true);
    expect(isErrorCode('toString')).toBe(false);
    expect(isErrorCode(7)).toBe(false);
    expect(isRetryable('seq_gap')).toBe(true);
    expect(isRetryable('seq_taken')).toBe(false);
  });

  it('is thrown as one kind of error, which says what it means unless told better', () => {
    const error = new VitalsealError('seq_gap');
    expect(error.message).toBe(ERRORS.seq_gap.meaning);
    expect(error.detail).toBe(undefined);
    expect(isVitalsealError(error)).toBe(true);
    expect(isVitalsealError(error, 'seq_gap')).toBe(true);
    expect(isVitalsealError(error, 'seq_taken' satisfies ErrorCode)).toBe(false);
    expect(isVitalsealError(new Error('seq_gap'))).toBe(false);
    expect(new VitalsealError('usage', 'no such option', { option: 'x' }).detail).toEqual({ option: 'x' });
  });
});
