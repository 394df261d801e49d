// A pairing as a conversation over a socket that takes one question and gives one answer: somebody starts it, looks what
// is asked, answers. One at a time; when nobody looks any more, it is cancelled, so that no device waits for a closed terminal.
import type { PairingDialogue, PairingOutcome, PairingQuestion } from '@vitalseal/gateway';
import { type ErrorCode, isVitalsealError, VitalsealError } from '@vitalseal/ledger';

/** `n` counts the changes: a look says which one it knows, an answer which one it is for. */
export type PairingLook = { readonly n: number } & (
  | { readonly state: 'working' }
  | { readonly state: 'done'; readonly outcome: PairingOutcome }
  | { readonly state: 'asks'; readonly question: PairingQuestion }
  | { readonly state: 'failed'; readonly code: ErrorCode; readonly message: string }
);

export interface PairingPorts {
  /** Ends as soon as can be after `signal`. */
  readonly pair: (device: string, dialogue: PairingDialogue, signal: AbortSignal) => Promise<PairingOutcome>;
  /** One timer; returns its undo. */
  readonly after: (ms: number, work: () => void) => () => void;
}

/** Milliseconds that a look waits for a change. */
const LOOK_MS = 1000;
const FORSAKEN_MS = 60_000;

type Change = PairingLook extends infer L ? (L extends PairingLook ? Omit<L, 'n'> : never) : never;

export class PairingDesk {
  readonly #ports: PairingPorts;
  #now: PairingLook | null = null;
  #n = 0;
  /** The radio is not done with it, even when the conversation is over. */
  #busy = false;
  #answer: ((answer: boolean | string | null) => void) | null = null;
  #calledOff = new AbortController();
  #onChange: (() => void)[] = [];
  #forsaken: (() => void) | null = null;

  constructor(ports: PairingPorts) {
    this.#ports = ports;
  }

  /** Throws `pairing_busy`. */
  start(device: string): PairingLook {
    if (this.#busy && this.#now !== null && ended(this.#now))
      throw new VitalsealError(
        'pairing_busy',
        'the pairing before this one is still being ended: try again in a minute',
      );
    if (this.#busy) throw new VitalsealError('pairing_busy');
    this.#busy = true;
    const first = this.#change({ state: 'working' });
    this.#attended();
    const begun = first.n;
    const over = () => this.#now === null || this.#now.n < begun || ended(this.#now);
    const dialogue: PairingDialogue = async (question) => {
      if (over()) return null;
      // The host takes another question back when it asks the next.
      this.#answer?.(null);
      this.#change({ state: 'asks', question });
      // Digits to be typed on the device: nothing is to be answered, only to be shown.
      if (question.kind === 'show-passkey') return true;
      return new Promise((resolve) => {
        this.#answer = resolve;
      });
    };
    const finish = (last: Change) => {
      this.#busy = false;
      if (!over()) this.#end(last);
    };
    this.#calledOff = new AbortController();
    void this.#ports.pair(device, dialogue, this.#calledOff.signal).then(
      (outcome) => finish({ state: 'done', outcome }),
      (error: unknown) => finish({ state: 'failed', ...reasonOf(error) }),
    );
    return first;
  }

  /** How it stands: at once when that is not change `known`, else after a change or a second. Throws `not_found`. */
  async look(known: number): Promise<PairingLook> {
    if (this.#now === null) throw new VitalsealError('not_found', 'no pairing is going on');
    this.#attended();
    if (this.#now.n === known && !ended(this.#now)) await this.#changed();
    return this.#now;
  }

  /** Throws `not_found` when change `n` asks nothing any more. */
  answer(n: number, answer: boolean | string): void {
    if (this.#now?.n !== n || this.#now.state !== 'asks')
      throw new VitalsealError('not_found', 'that is not asked any more');
    this.#attended();
    const reply = this.#answer;
    this.#answer = null;
    this.#change({ state: 'working' });
    reply?.(answer);
  }

  cancel(): void {
    if (this.#now === null || ended(this.#now)) return;
    this.#end({ state: 'failed', ...reasonOf(new VitalsealError('cancelled', 'the pairing was cancelled')) });
    this.#calledOff.abort();
  }

  #end(last: Change): void {
    this.#forsaken?.();
    this.#forsaken = null;
    const reply = this.#answer;
    this.#answer = null;
    this.#change(last);
    reply?.(null);
  }

  #change(change: Change): PairingLook {
    const now = { ...change, n: ++this.#n } as PairingLook;
    this.#now = now;
    for (const tell of this.#onChange.splice(0)) tell();
    return now;
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      const undo = this.#ports.after(LOOK_MS, resolve);
      this.#onChange.push(() => {
        undo();
        resolve();
      });
    });
  }

  #attended(): void {
    this.#forsaken?.();
    this.#forsaken =
      this.#now === null || ended(this.#now) ? null : this.#ports.after(FORSAKEN_MS, () => this.cancel());
  }
}

const ended = ({ state }: PairingLook) => state === 'done' || state === 'failed';

function reasonOf(error: unknown): { code: ErrorCode; message: string } {
  const { code, message } = isVitalsealError(error) ? error : new VitalsealError('internal');
  return { code, message };
}
