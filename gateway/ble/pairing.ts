// How a person pairs a device, whoever holds the radio: it is found, freed of a bond that is worth nothing any more, found
// again, and paired. Called off or refused, no new bond stays; an old one goes only while its device is there to be paired.
import { isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import type { BleAddress, PairingDialogue, Radio } from './radio.ts';
import type { After } from './timers.ts';

export interface PairingPorts {
  readonly radio: Radio;
  readonly after: After;
  /** Waits until the device is there, and answers where. Throws `device_gone`; `cancelled` once the pairing is. */
  readonly find: () => Promise<BleAddress>;
  /** `find` waits until it is heard there anew; a device that has a link is there all the same. */
  readonly unhear: (address: BleAddress) => void;
  /** Radio.forget of this very address, which `find` hears anew before it answers it again. */
  readonly forget: (address: BleAddress) => Promise<void>;
  /** Whether the bond that the host has of the device is to be made anew. */
  readonly isWorthless: () => boolean;
}

/** `was-paired`: the host has a bond that is good, nobody was asked, and nothing was done. */
export type PairingOutcome = 'paired' | 'was-paired';

/** Milliseconds that a host gets to end a pairing to which it was told no. */
const NO_MS = 5_000;
/** Many links fail to come about the first time (Core, Vol 1, Part F, error 0x3E), and pairing makes one. */
const TRIES = 3;

/**
 * Throws what `find`, `forget` and Radio.pair do, `pairing_failed` for a no; `cancelled` as soon as can be after `signal`.
 * Whoever aborts that answers an open question with null.
 */
export async function pairByHand(
  ports: PairingPorts,
  dialogue: PairingDialogue,
  signal: AbortSignal,
): Promise<PairingOutcome> {
  const { radio, find, unhear, forget, isWorthless } = ports;
  const isToGo = (at: BleAddress) => isBonded(radio, at) && isWorthless();
  let address = await find();
  if (isToGo(address)) {
    // Heard a while ago is not there now: the bond would be gone, and no other made.
    unhear(address);
    address = await find();
  }
  if (isToGo(address)) {
    await forget(address);
    address = await find();
  }
  const before = new Map<BleAddress, boolean>();
  for (let tries = 1; ; tries++) {
    if (signal.aborted) throw pairingCancelled();
    const wasBonded = before.get(address) ?? isBonded(radio, address);
    before.set(address, wasBonded);
    const attempt = new Attempt(ports, address, dialogue, signal, wasBonded);
    try {
      return await attempt.run();
    } catch (error) {
      const isLinkLost = isVitalsealError(error) && error.code === 'device_gone';
      if (!isLinkLost || attempt.hasAsked || tries === TRIES) throw error;
      unhear(address);
      address = await find().catch(() => {
        throw signal.aborted ? pairingCancelled() : error;
      });
    }
  }
}

export function pairingCancelled(): VitalsealError {
  return new VitalsealError('cancelled', 'the pairing was cancelled');
}

/** One Radio.pair, and its end where the host does not end it. */
class Attempt {
  readonly #ports: PairingPorts;
  readonly #address: BleAddress;
  readonly #dialogue: PairingDialogue;
  readonly #signal: AbortSignal;
  /** Radio.pair has nothing to do then, and the bond is not ours to take. */
  readonly #wasBonded: boolean;
  #hasAsked = false;
  #open = 0;
  #undoWait: (() => void) | null = null;
  #isOver = false;
  #givenUp: Promise<void> | null = null;

  constructor(
    ports: PairingPorts,
    address: BleAddress,
    dialogue: PairingDialogue,
    signal: AbortSignal,
    wasBonded: boolean,
  ) {
    this.#ports = ports;
    this.#address = address;
    this.#dialogue = dialogue;
    this.#signal = signal;
    this.#wasBonded = wasBonded;
  }

  /** A person was bothered with it. */
  get hasAsked(): boolean {
    return this.#hasAsked;
  }

  async run(): Promise<PairingOutcome> {
    const cut = () => this.#cut();
    this.#signal.addEventListener('abort', cut);
    try {
      await this.#ports.radio.pair(this.#address, (question) => this.#ask(question));
    } catch (error) {
      throw this.#refusal() ?? error;
    } finally {
      this.#isOver = true;
      this.#signal.removeEventListener('abort', cut);
      this.#undoWait?.();
      // Before the next pairing begins, which it would hit.
      await this.#givenUp;
    }
    const refusal = this.#refusal();
    if (refusal === null) return this.#wasBonded ? 'was-paired' : 'paired';
    // It came about all the same.
    await this.#drop();
    throw refusal;
  }

  async #ask(question: Parameters<PairingDialogue>[0]): Promise<boolean | string | null> {
    if (this.#signal.aborted) return null;
    this.#hasAsked = true;
    // The host took the question before back: the answer to that is none.
    this.#undoWait?.();
    this.#undoWait = null;
    this.#open++;
    let answer: boolean | string | null = null;
    try {
      answer = await this.#dialogue(question);
      return answer;
    } finally {
      this.#open--;
      if ((answer === null || answer === false) && this.#open === 0) this.#wait();
    }
  }

  /** Called off. The no to an open question ends the pairing as well, and the device is told. */
  #cut(): void {
    if (this.#open > 0 || this.#undoWait !== null) this.#wait();
    else this.#giveUp();
  }

  #wait(): void {
    if (!this.#isOver) this.#undoWait ??= this.#ports.after(NO_MS, () => this.#giveUp());
  }

  /** A host that forgets a device gives up pairing it, too. */
  #giveUp(): void {
    this.#givenUp ??= this.#drop();
  }

  async #drop(): Promise<void> {
    if (!this.#wasBonded) await this.#ports.forget(this.#address).catch(() => {});
  }

  #refusal(): VitalsealError | null {
    if (this.#signal.aborted) return pairingCancelled();
    return this.#givenUp === null ? null : new VitalsealError('pairing_failed');
  }
}

function isBonded(radio: Radio, address: BleAddress): boolean {
  return radio.sightings().some((sighting) => sighting.address === address && sighting.paired);
}
