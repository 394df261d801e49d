// Battery Level as service data (180F), the one standard service whose advertised value follows its characteristic in the
// wild. Thermometers with service data under 1809 put anything there, from text to raw counts: these are not guessed at.
import { decodeCharacteristic } from '../profiles/characteristics.ts';
import { NOTHING } from '../profiles/decoded.ts';
import type { Advertisement, DecodedAdvertisement } from './advertisement.ts';
import { heard, heardTogether } from './heard.ts';

const FORMAT = 'battery-level';

export function batteryLevel({ serviceData }: Advertisement): DecodedAdvertisement | null {
  const bytes = serviceData.get('180F');
  if (bytes === undefined) return null;
  const readings = decodeCharacteristic('2A19', bytes).measurements.flatMap((measurement) =>
    measurement.readings.map(({ code, unit, value }) => heard(code, unit, value)),
  );
  return {
    format: FORMAT,
    measurements: [heardTogether(bytes, readings, NOTHING)],
    repeat: `${FORMAT}/${bytes[0]}`,
  };
}
