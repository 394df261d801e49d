// Performs what the sync machine asks for: the only place of sync with timers, network and vault. One effect of the cycle
// runs at a time; uploads and the proof run beside it.
import { isVitalsealError, type VitalsealError } from '@vitalseal/ledger';
import type { TreeHead } from './held.ts';
import { step } from './machine.ts';
import { INITIAL, type SyncEffect, type SyncInput, type SyncState } from './state.ts';
import { SyncWork, type WorkPorts } from './work.ts';

export interface SyncPorts extends WorkPorts {
  /** True when the facility accepts a connection; quick and cheap. */
  readonly probe: () => Promise<boolean>;
  readonly nowSeconds: () => number;
  readonly random: () => number;
  /** Calls back once, after `ms`; the answer undoes it. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export class SyncDriver {
  readonly #ports: SyncPorts;
  readonly #work: SyncWork;
  #state: SyncState = INITIAL;
  #tail: Promise<void> = Promise.resolve();
  #undo: { rest?: () => void; 'rest-proof'?: () => void } = {};
  readonly #watchers = new Set<() => void>();

  constructor(ports: SyncPorts) {
    this.#ports = ports;
    this.#work = new SyncWork(ports);
  }

  get state(): SyncState {
    return this.#state;
  }

  /** The newest verified checkpoint. */
  get held(): TreeHead {
    return this.#work.held;
  }

  async start(): Promise<void> {
    await this.#work.open();
    this.#ports.vault.onSealed(() => this.#hear({ kind: 'sealed' }));
    this.#hear({ kind: 'start' });
  }

  /** Takes no new step; resolves when the vault is no longer used. What was under way is found again at the next start. */
  async stop(): Promise<void> {
    this.#hear({ kind: 'stop' });
    for (const undo of Object.values(this.#undo)) undo?.();
    await this.#tail;
  }

  /** Calls back after every step, until undone. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #hear(input: SyncInput): void {
    const before = this.#state;
    const { state, effects } = step(before, input, this.#ports.random());
    this.#state = state;
    if (state.problem !== before.problem && state.problem !== null)
      this.#ports.log('sync waits', { code: state.problem });
    if (state.problem === null && before.problem !== null) this.#ports.log('sync goes on', {});
    for (const effect of effects) this.#perform(effect);
    for (const watcher of this.#watchers) watcher();
  }

  #perform(effect: SyncEffect): void {
    switch (effect.kind) {
      case 'rest':
      case 'rest-proof': {
        const kind = effect.kind === 'rest' ? 'woken' : 'proof-woken';
        this.#undo[effect.kind]?.();
        this.#undo[effect.kind] = this.#ports.after(effect.ms, () => this.#hear({ kind }));
        return;
      }
      case 'upload':
        return void this.#run(this.#work.upload(effect.key), (code) => ({
          kind: 'upload-failed',
          key: effect.key,
          code,
        }));
      case 'prove':
        return void this.#run(this.#work.prove(effect.seq, effect.index), (code) => ({ kind: 'proof-failed', code }));
      case 'probe':
        return void this.#run(
          this.#ports.probe().then((reachable) => ({ kind: 'probed', reachable })),
          () => ({ kind: 'probed', reachable: false }),
        );
      case 'check':
        return void this.#inTurn(() => this.#work.check());
      case 'load':
        return void this.#inTurn(() => this.#work.load());
      case 'sign':
        return void this.#inTurn(() => this.#work.sign(effect.ids));
      case 'submit':
        return void this.#run(this.#work.submit(effect.ids), (code) => ({ kind: 'failed', code }));
      case 'record':
        return void this.#inTurn(() => this.#work.record(effect));
    }
  }

  /** What changes the vault's outbox goes one after the other. */
  #inTurn(work: () => Promise<SyncInput>): void {
    const turn = this.#tail.then(() => (this.#state.phase === 'stopped' ? null : work()));
    this.#tail = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#run(turn, (code) => ({ kind: 'failed', code }));
  }

  #run(work: Promise<SyncInput | null>, failure: (code: VitalsealError['code']) => SyncInput): void {
    work.then(
      (input) => input !== null && this.#hear(input),
      (error: unknown) => {
        if (this.#state.phase === 'stopped') return;
        if (!isVitalsealError(error)) this.#ports.log('sync fault', { name: (error as Error)?.name });
        this.#hear(failure(isVitalsealError(error) ? error.code : 'internal'));
      },
    );
  }
}
