// Sync as a pure machine: (state, input, random) → state and effects. One cycle, and the proof beside it:
//
//   checking → loading → uploading → signing → submitting → recording ─┐        proof: idle → busy → idle
//                 ▲                                                     │                     ▲      │ failed
//                 └──────────── idle / resting / down ◄─────────────────┘                     └ resting
//
// Never two registrations of one batch: an item that was sent is only signed anew after a signed refusal, and its new
// `history` excludes the old leaf, so that the ledger cannot take both.
import { type ErrorCode, isRetryable } from '@vitalseal/ledger';
import { judgeAnswers } from './answers.ts';
import { BEAT_POLL_MS, FORK_RETRY_MS, probeDelay, retryDelay } from './pace.ts';
import { meaningOf } from './refusal.ts';
import {
  IN_FLIGHT,
  type Placed,
  type SyncEffect,
  type SyncInput,
  type SyncItem,
  type SyncState,
  UPLOADS_AT_ONCE,
} from './state.ts';

export interface Step {
  readonly state: SyncState;
  readonly effects: readonly SyncEffect[];
}

const to = (state: SyncState, change: Partial<SyncState>, ...effects: SyncEffect[]): Step => ({
  state: { ...state, ...change },
  effects,
});
const stay = (state: SyncState): Step => ({ state, effects: [] });
const andThen = (step: Step, next: (state: SyncState) => Step): Step => {
  const after = next(step.state);
  return { state: after.state, effects: [...step.effects, ...after.effects] };
};

/** One step. `random` in [0, 1) is the jitter of whatever wait follows. */
export function step(state: SyncState, input: SyncInput, random: number): Step {
  if (state.phase === 'stopped') return stay(state);
  switch (input.kind) {
    case 'stop':
      return to(state, { phase: 'stopped' });
    case 'start':
      return state.phase === 'new' ? begin(state) : stay(state);
    case 'sealed':
      return state.phase === 'idle' || (state.phase === 'resting' && state.problem === null)
        ? begin(state)
        : to(state, { again: true });
    case 'woken':
      if (state.phase === 'down') return to(state, { phase: 'probing' }, { kind: 'probe' });
      return state.phase === 'resting' ? begin(state) : stay(state);
    case 'probed':
      if (state.phase !== 'probing') return stay(state);
      return input.reachable ? begin(state) : linkDown(state, random);
    case 'checked':
      if (state.phase !== 'checking') return stay(state);
      // The ledger's word replaces what receipts said: one of them may have been false.
      return andThen(begin({ ...state, checked: true, unproven: input.unproven }), startProof);
    case 'forked':
      return to(state, { phase: 'forked', problem: 'identity_forked' });
    case 'loaded':
      return state.phase === 'loading' ? loaded(state, input.items) : stay(state);
    case 'uploaded':
    case 'upload-failed':
      return state.phase === 'uploading' ? uploadEnded(state, input, random) : stay(state);
    case 'signed':
      return state.phase === 'signing' ? signed(state, input.seqs, random) : stay(state);
    case 'answered':
      return state.phase === 'submitting' ? answered(state, input.answers) : stay(state);
    case 'recorded':
      return state.phase === 'recording' ? recorded(state, random) : stay(state);
    case 'failed':
      return failed(state, input.code, random);
    case 'proved':
      return proved(state, input.seq);
    case 'proof-failed':
      return proofFailed(state, input.code, random);
    case 'proof-woken':
      return state.proof === 'resting' ? startProof({ ...state, proof: 'idle' }) : stay(state);
  }
}

/** The next cycle, from the top. */
function begin(state: SyncState): Step {
  // Nothing more is registered in a log that shows two faces.
  if (state.logForked) return to(state, { phase: 'halted', problem: 'checkpoint_forked' });
  if (!state.checked) return to(state, { phase: 'checking' }, { kind: 'check' });
  return to(state, { phase: 'loading', again: false }, { kind: 'load' });
}

function rest(state: SyncState, ms: number): Step {
  return to(state, { phase: 'resting' }, { kind: 'rest', ms });
}

function failed(state: SyncState, code: ErrorCode, random: number): Step {
  if (['idle', 'resting', 'down', 'halted', 'forked'].includes(state.phase)) return stay(state);
  const next = { ...state, problem: code, failures: state.failures + 1 };
  if (code === 'facility_unreachable') return linkDown(state, random);
  return rest(next, code === 'checkpoint_forked' ? FORK_RETRY_MS : retryDelay(state.failures, random));
}

function linkDown(state: SyncState, random: number): Step {
  const next = { phase: 'down', problem: 'facility_unreachable', downs: state.downs + 1 } as const;
  return to(state, next, { kind: 'rest', ms: probeDelay(state.downs, random) });
}

function loaded(state: SyncState, items: readonly SyncItem[]): Step {
  const window = [...items.filter(({ due }) => due).slice(0, IN_FLIGHT), ...items.filter(({ due }) => !due)];
  const needed = new Set(window.flatMap(({ upload }) => (upload === null ? [] : [upload])));
  const stored = new Set([...state.stored].filter((key) => needed.has(key)));
  const uploads = new Map([...needed].filter((key) => !stored.has(key)).map((key) => [key, 'wanted'] as const));
  return moreUploads({ ...state, phase: 'uploading', window, stored, uploads, restAfter: false });
}

function moreUploads(state: SyncState): Step {
  const uploads = new Map(state.uploads);
  const effects: SyncEffect[] = [];
  let busy = [...uploads.values()].filter((how) => how === 'busy').length;
  for (const [key, how] of uploads) {
    if (busy === UPLOADS_AT_ONCE) break;
    if (how !== 'wanted') continue;
    uploads.set(key, 'busy');
    effects.push({ kind: 'upload', key });
    busy += 1;
  }
  return busy > 0 ? { state: { ...state, uploads }, effects } : toSign({ ...state, uploads });
}

function uploadEnded(state: SyncState, input: Extract<SyncInput, { key: string }>, random: number): Step {
  if (state.uploads.get(input.key) !== 'busy') return stay(state);
  const uploads = new Map(state.uploads);
  if (input.kind === 'uploaded') {
    uploads.delete(input.key);
    return moreUploads({ ...state, uploads, stored: new Set(state.stored).add(input.key) });
  }
  if (input.code === 'facility_unreachable') return linkDown(state, random);
  if (meaningOf(input.code) !== 'item') {
    // Only this one cannot be stored now: what does not need it goes on.
    uploads.set(input.key, 'failed');
    return moreUploads({ ...state, uploads, problem: input.code, restAfter: true });
  }
  uploads.set(input.key, 'condemned');
  const refused = state.window
    .filter(({ upload, seq }) => upload === input.key && seq === null)
    .map(({ id }) => ({ id, code: input.code }));
  // A signed one may have reached the ledger before: it is sent, and the ledger says.
  if (refused.length === 0) return moreUploads({ ...state, uploads });
  return to({ ...state, uploads }, { phase: 'recording' }, { kind: 'record', accepted: [], refused, unsignFrom: null });
}

/** Whether all that the entry names is stored, as far as it can be. */
function isBacked({ stored, uploads }: SyncState, { upload, needs }: SyncItem): boolean {
  const own = upload === null || stored.has(upload) || uploads.get(upload) === 'condemned';
  return own && (needs === null || uploads.get(needs) !== 'failed');
}

function toSign(state: SyncState): Step {
  const signedAlready = state.window.filter(({ seq }) => seq !== null).length;
  const unsigned = state.window.filter((item) => item.seq === null && item.due && isBacked(state, item));
  const ids = unsigned.slice(0, Math.max(0, IN_FLIGHT - signedAlready)).map(({ id }) => id);
  if (ids.length > 0) return to(state, { phase: 'signing' }, { kind: 'sign', ids });
  return toSubmit(state, 0);
}

function signed(state: SyncState, seqs: readonly { id: number; seq: number }[], random: number): Step {
  const seqOf = new Map(seqs.map(({ id, seq }) => [id, seq]));
  const window = state.window.map((item) => ({ ...item, seq: seqOf.get(item.id) ?? item.seq }));
  return toSubmit({ ...state, window }, random);
}

function toSubmit(state: SyncState, random: number): Step {
  const inOrder = state.window
    .filter(({ seq }) => seq !== null)
    .toSorted((a, b) => (a.seq as number) - (b.seq as number));
  const stop = inOrder.findIndex((item) => !isBacked(state, item));
  const ids = inOrder.slice(0, stop < 0 ? IN_FLIGHT : stop).map(({ id }) => id);
  if (ids.length > 0) return to(state, { phase: 'submitting' }, { kind: 'submit', ids });
  return endCycle(state, random);
}

/** Nothing more can be sent now. */
function endCycle(state: SyncState, random: number): Step {
  if (state.restAfter) return rest({ ...state, failures: state.failures + 1 }, retryDelay(state.failures, random));
  if (state.again) return begin(state);
  const next = { ...state, problem: null, failures: 0, downs: 0 };
  return state.window.length > 0 ? rest(next, BEAT_POLL_MS) : to(next, { phase: 'idle' });
}

function answered(state: SyncState, answers: Extract<SyncInput, { kind: 'answered' }>['answers']): Step {
  const judged = judgeAnswers(state.window, answers, (key) => state.uploads.get(key) === 'condemned');
  const { accepted, refused, unsignFrom, conflict, problem, reupload } = judged;
  const stored = new Set([...state.stored].filter((key) => !reupload.has(key)));
  const progress = accepted.length + refused.length > 0;
  const newest = accepted.reduce(newer, state.unproven);
  // What follows on an entry that never will be there is not there either: a receipt was false, and the ledger is asked.
  const falsely = unsignFrom !== null && newest !== null && newest.seq >= unsignFrom;
  const next: SyncState = {
    ...state,
    phase: 'recording',
    stored,
    problem,
    checked: state.checked && !conflict && !falsely,
    restAfter: problem !== null,
    failures: progress ? 0 : state.failures,
    downs: 0,
    unproven: falsely ? null : newest,
  };
  return to(next, {}, { kind: 'record', accepted, refused, unsignFrom });
}

function recorded(state: SyncState, random: number): Step {
  const proving = startProof(state);
  return andThen(proving, (next) => {
    // The first conflict is looked into at once; one that comes back without progress waits like any failure.
    if (!next.checked && next.failures === 0) return begin({ ...next, failures: 1 });
    if (next.restAfter) return rest({ ...next, failures: next.failures + 1 }, retryDelay(next.failures, random));
    return begin(next);
  });
}

const newer = (a: Placed | null, b: Placed): Placed | null =>
  a !== null && a.seq >= b.seq ? a : { seq: b.seq, index: b.index };

function startProof(state: SyncState): Step {
  if (state.proof !== 'idle' || state.unproven === null) return stay(state);
  return to(state, { proof: 'busy' }, { kind: 'prove', seq: state.unproven.seq, index: state.unproven.index });
}

function proved(state: SyncState, seq: number): Step {
  const unproven = state.unproven !== null && state.unproven.seq > seq ? state.unproven : null;
  const next = { ...state, unproven, proof: 'idle', proofFailures: 0, logForked: false } as const;
  const proving = startProof(next);
  return state.phase === 'halted' ? andThen(proving, (s) => begin({ ...s, problem: null })) : proving;
}

function proofFailed(state: SyncState, code: ErrorCode, random: number): Step {
  const next = { ...state, proof: 'resting', proofFailures: state.proofFailures + 1 } as const;
  if (code === 'checkpoint_forked') {
    // What is under way ends first: the cycle halts where it would begin again.
    const halts = state.phase === 'idle' || state.phase === 'resting';
    const phase = halts ? 'halted' : state.phase;
    return to({ ...next, logForked: true, problem: code }, { phase }, { kind: 'rest-proof', ms: FORK_RETRY_MS });
  }
  const quick = code === 'facility_unreachable' || code === 'timed_out';
  const ms = quick ? probeDelay(next.proofFailures, random) : retryDelay(next.proofFailures, random);
  const problem = isRetryable(code) ? state.problem : code;
  return to(next, { problem }, { kind: 'rest-proof', ms });
}
