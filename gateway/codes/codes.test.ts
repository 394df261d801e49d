import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allTerms, termOfCode, termOfRefid } from './mdc.ts';
import { termOfSenml } from './senml-names.ts';
import { ucumOfSenml } from './senml-units.ts';

describe('the table of measurements', () => {
  it('is one to one', () => {
    const terms = allTerms();
    expect(new Set(terms.map(({ refid }) => refid)).size).toBe(terms.length);
    expect(new Set(terms.map(({ mdc }) => mdc)).size).toBe(terms.length);
    for (const term of terms) {
      expect(termOfCode(term.mdc)).toBe(term);
      expect(termOfRefid(term.refid)).toBe(term);
    }
    expect(termOfRefid('constructor')).toBeNull();
  });

  it('has the state of a glucose meter, whose number HL7 and public headers of 11073 agree on', () =>
    expect(termOfCode(0x80_0000 + 29_144)).toEqual({ refid: 'MDC_GLU_METER_DEV_STATUS', mdc: 8417752, ucum: '' }));

  const shared = process.env.VITALSEAL_SHARED ?? join(import.meta.dirname, '../../../shared');
  const file = join(shared, 'data/measurement-codes.csv');
  if (!existsSync(file)) console.log('skipped: the measurement codes are not here (VITALSEAL_SHARED)');
  it.skipIf(!existsSync(file))('agrees with what others confirmed', () => {
    let compared = 0;
    for (const line of readFileSync(file, 'utf8').split('\n').slice(1)) {
      const [, code, refid, , , units = ''] = line.split(',');
      const term = termOfRefid(refid ?? '');
      if (term === null) continue;
      expect([refid, term.mdc]).toEqual([refid, Number(code)]);
      // Where several are usual, ours is one of them.
      expect([refid, units.split(' or ')]).toEqual([refid, expect.arrayContaining([term.ucum])]);
      compared++;
    }
    expect(compared).toBeGreaterThan(25);
  });
});

describe('SenML names and units', () => {
  it.each([
    ['heart-rate', '/min', 'MDC_ECG_HEART_RATE'],
    ['urn:dev:ow:1:heart_rate', '/min', 'MDC_ECG_HEART_RATE'],
    ['a/SpO2', '%', 'MDC_PULS_OXIM_SAT_O2'],
    ['MDC_RESP_RATE', 'anything', 'MDC_RESP_RATE'],
    ['heart-rate', 'Cel', null],
    ['temperature', 'Cel', null],
    ['MDC_NO_SUCH_THING', '/min', null],
    ['__proto__', '%', null],
  ])('%s in %s is %s', (name, unit, refid) => expect(termOfSenml(name, unit)?.refid ?? null).toBe(refid));

  it.each([
    ['beat/min', '/min'],
    ['%RH', '%'],
    ['%EL', '%'],
    ['Cel', 'Cel'],
    ['l', 'L'],
    ['pH', '[pH]'],
    ['furlong', null],
  ])('%s is %s', (unit, ucum) => expect(ucumOfSenml(unit)).toBe(ucum));
});
