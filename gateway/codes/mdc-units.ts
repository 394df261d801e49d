// Units by their IEEE 11073-10101 term (partition 4), for devices that send the number. Only terms that two public
// sources agree on stand here.

const UCUM: ReadonlyMap<number, string> = new Map([
  [512, '1'],
  [544, '%'],
  [736, 'deg'],
  [1280, 'm'],
  [1297, 'cm'],
  [1344, '[ft_i]'],
  [1376, '[in_i]'],
  [1600, 'L'],
  [1618, 'mL'],
  [1728, 'g'],
  [1731, 'kg'],
  [1746, 'mg'],
  [1760, '[lb_av]'],
  [1952, 'kg/m2'],
  [2130, 'mg/dL'],
  [2176, 's'],
  [2194, 'ms'],
  [2208, 'min'],
  [2240, 'h'],
  [2272, 'd'],
  [2368, 'a'],
  [2720, '/min'],
  [2784, '/min'],
  [3072, 'L/min'],
  [3122, 'mL/h'],
  [3843, 'kPa'],
  [3872, 'mm[Hg]'],
  [3904, 'cm[H2O]'],
  [3968, 'J'],
  [4032, 'W'],
  [4274, 'mV'],
  [4288, 'Ohm'],
  [4416, '[degF]'],
  [4722, 'mmol/L'],
  [6048, 'Cel'],
]);

/** UCUM of a 16-bit term; null when the table does not know it. */
export function ucumOfMdc(term: number): string | null {
  return UCUM.get(term) ?? null;
}
