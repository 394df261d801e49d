// Which sighting is which device of the allow list. Nothing that no rule lets in has a name here, and only what has one is
// ever connected. Pure: it remembers which address is whose.
import type { BleDevice } from './directory.ts';
import type { BleAddress, Sighting } from './radio.ts';

/** `taken`: a rule fits, but its device is another one at this time; two devices cannot be one. */
export type Recognised =
  | { readonly kind: 'device'; readonly device: string }
  | { readonly kind: 'taken'; readonly device: string }
  | { readonly kind: 'unknown' };

interface Bound {
  readonly rule: BleDevice;
  heardMs: number;
}

const UNKNOWN: Recognised = { kind: 'unknown' };
/** A device with a rule by name that was not heard for so long may have taken another address. */
const STALE_MS = 30_000;

export class AllowList {
  #rules: readonly BleDevice[] = [];
  readonly #byAddress = new Map<BleAddress, BleDevice[]>();
  readonly #byName = new Map<string, BleDevice[]>();
  readonly #bound = new Map<BleAddress, Bound>();
  readonly #addresses = new Map<string, BleAddress>();

  /** Replaces the rules; an address whose device is gone, or has another rule, is no longer its. */
  set(rules: readonly BleDevice[]): void {
    this.#rules = rules;
    this.#byAddress.clear();
    this.#byName.clear();
    for (const rule of rules) {
      const { address, name } = rule.match;
      if (address !== null) push(this.#byAddress, address.toUpperCase(), rule);
      else if (name !== null) push(this.#byName, name, rule);
    }
    for (const [address, { rule }] of [...this.#bound]) {
      const now = rules.find(({ device }) => device === rule.device);
      if (now === undefined || !sameRule(now, rule) || this.#isOthers(address, rule)) this.#unbind(address);
    }
  }

  /** Where a device was last recognised; null before. */
  addressOf(device: string): BleAddress | null {
    return this.#addresses.get(device) ?? null;
  }

  /** Whose address it is; null for strangers. */
  deviceAt(address: BleAddress): string | null {
    return this.#bound.get(address)?.rule.device ?? null;
  }

  /** `isLinked`: a device with a link is where its link is, however long it was not heard. */
  recognise(sighting: Sighting, nowMs: number, isLinked: (device: string) => boolean): Recognised {
    const bound = this.#bound.get(sighting.address);
    if (bound !== undefined) {
      if (stillFits(bound.rule, sighting)) {
        bound.heardMs = nowMs;
        return { kind: 'device', device: bound.rule.device };
      }
      // One that has a link is judged again once that has ended.
      if (isLinked(bound.rule.device)) return UNKNOWN;
      this.#unbind(sighting.address);
    }
    let taken: Recognised | null = null;
    for (const rule of this.#candidates(sighting)) {
      const other = this.#addresses.get(rule.device);
      const heardMs = other === undefined ? Number.NEGATIVE_INFINITY : (this.#bound.get(other) as Bound).heardMs;
      if (other !== undefined && (isLinked(rule.device) || nowMs - heardMs < STALE_MS)) {
        taken ??= { kind: 'taken', device: rule.device };
        continue;
      }
      if (other !== undefined) this.#unbind(other);
      this.#bind(sighting.address, { rule, heardMs: nowMs });
      return { kind: 'device', device: rule.device };
    }
    return taken ?? UNKNOWN;
  }

  /**
   * What was `from` is `address` from now on. The device that it is, null for a stranger. A name that `address` had of its
   * own is the surer one, and stays.
   */
  identity(from: BleAddress, address: BleAddress): string | null {
    const bound = this.#bound.get(from);
    if (bound === undefined || from === address) return this.deviceAt(address);
    this.#unbind(from);
    if (this.#bound.has(address)) return this.deviceAt(address);
    const { address: expected } = bound.rule.match;
    if (expected !== null && expected.toUpperCase() !== address) return null;
    // Whoever is paired may claim any identity.
    if (this.#isOthers(address, bound.rule)) return null;
    this.#bind(address, bound);
    return bound.rule.device;
  }

  /** Rules by address first: they are the surer ones. Each that is returned fits. */
  *#candidates(sighting: Sighting): Generator<BleDevice> {
    for (const rule of this.#byAddress.get(sighting.address) ?? []) if (fits(rule, sighting)) yield rule;
    if (sighting.name === null || this.#isSpoken(sighting.address)) return;
    for (const rule of this.#byName.get(sighting.name) ?? []) if (fits(rule, sighting)) yield rule;
  }

  /** Whether rules name this address, and `rule` is none of them. */
  #isOthers(address: BleAddress, rule: BleDevice): boolean {
    return this.#isSpoken(address) && rule.match.address?.toUpperCase() !== address;
  }

  /** Whether a rule names this address: no rule by name may take it then, also while that rule does not yet fit. */
  #isSpoken(address: BleAddress): boolean {
    return this.#byAddress.has(address);
  }

  #bind(address: BleAddress, bound: Bound): void {
    this.#bound.set(address, bound);
    this.#addresses.set(bound.rule.device, address);
  }

  #unbind(address: BleAddress): void {
    const bound = this.#bound.get(address);
    if (bound === undefined) return;
    this.#bound.delete(address);
    if (this.#addresses.get(bound.rule.device) === address) this.#addresses.delete(bound.rule.device);
  }

  get rules(): readonly BleDevice[] {
    return this.#rules;
  }
}

export function sameRule(a: BleDevice, b: BleDevice): boolean {
  return (
    a.device === b.device &&
    a.setClock === b.setClock &&
    a.match.address === b.match.address &&
    a.match.name === b.match.name &&
    a.match.service === b.match.service
  );
}

/** A rule of nothing but a service fits nothing. */
function fits({ match }: BleDevice, { address, name, services, serviceData }: Sighting): boolean {
  if (match.address === null && match.name === null) return false;
  if (match.address !== null && match.address.toUpperCase() !== address) return false;
  if (match.name !== null && match.name !== name) return false;
  return match.service === null || services.includes(match.service) || serviceData.has(match.service);
}

/** One that was recognised stays so while what it sends is only less, as an advertisement without its scan response is. */
function stillFits({ match }: BleDevice, { name, services }: Sighting): boolean {
  if (match.name !== null && name !== null && match.name !== name) return false;
  return match.service === null || services.length === 0 || services.includes(match.service);
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
