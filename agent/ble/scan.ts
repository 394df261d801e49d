// What a scan shows of the devices around: how strong, what they are by what they advertise, and which of ours they are.
// A name goes on without what could steer a terminal, in JSON too, since somebody prints that.
import type { BleDirectory, BleMatch, Sighting } from '@vitalseal/gateway';
import { fromTheAir } from './host.ts';

export interface ListedSighting {
  readonly address: string;
  readonly addressType: 'public' | 'random';
  readonly name: string | null;
  /** dBm; null for one that the host only remembers. */
  readonly rssi: number | null;
  /** UUIDs, shortened. */
  readonly services: readonly string[];
  /** `heart rate strap` …; null when its advertisement does not say. */
  readonly what: string | null;
  readonly paired: boolean;
  readonly connected: boolean;
  /** Our name of it; null for a stranger. */
  readonly device: string | null;
}

/** Assigned numbers of the Bluetooth SIG, the more telling first: a meter with a battery is a meter. */
const WHAT: readonly (readonly [string, string])[] = [
  ['181F', 'continuous glucose monitor'],
  ['1808', 'glucose meter'],
  ['1810', 'blood pressure cuff'],
  ['1822', 'pulse oximeter'],
  ['1809', 'thermometer'],
  ['181B', 'body composition scale'],
  ['181D', 'weight scale'],
  ['180D', 'heart rate strap'],
  ['1840', 'generic health sensor'],
  ['183A', 'insulin delivery device'],
  ['183E', 'activity monitor'],
  ['1826', 'fitness machine'],
  ['1814', 'running sensor'],
  ['1816', 'cycling sensor'],
  ['181A', 'environmental sensor'],
  ['1812', 'keyboard or mouse'],
  ['184E', 'audio device'],
  // Of makers and alliances.
  ['FCD2', 'BTHome sensor'],
  ['FEE0', 'fitness band'],
];

/** By company identifier: those whose advertisements carry a heart rate. */
const MAKERS: ReadonlyMap<number, string> = new Map([
  [0x006b, 'Polar sensor'],
  [0x0157, 'fitness band'],
]);

/** The strongest first; what is out of reach last. */
export function listSightings(sightings: readonly Sighting[], devices: BleDirectory): ListedSighting[] {
  // A rule by address is the surer one.
  const rules = devices.list().toSorted((a, b) => Number(a.match.address === null) - Number(b.match.address === null));
  return sightings
    .map((sighting) => {
      const { address, addressType, name, rssi, services, paired, connected } = sighting;
      const device = rules.find(({ match }) => agrees(match, sighting))?.device ?? null;
      const what = whatItIs(sighting);
      return { address, addressType, name: fromTheAir(name), rssi, services, what, paired, connected, device };
    })
    .sort((a, b) => (b.rssi ?? -999) - (a.rssi ?? -999) || (a.address < b.address ? -1 : 1));
}

/** Every part that the rule names agrees. */
export function agrees(match: BleMatch, { address, name, services, serviceData }: Sighting): boolean {
  return (
    (match.address !== null || match.name !== null) &&
    (match.address === null || match.address === address) &&
    (match.name === null || match.name === name) &&
    (match.service === null || services.includes(match.service) || serviceData.has(match.service))
  );
}

function whatItIs({ services, serviceData, manufacturerData }: Sighting): string | null {
  const found = WHAT.find(([service]) => services.includes(service) || serviceData.has(service));
  if (found !== undefined) return found[1];
  for (const [company, what] of MAKERS) if (manufacturerData.has(company)) return what;
  return null;
}
