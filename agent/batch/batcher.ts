// When a batch closes, as a pure machine for one stream: (state, input) → state and effects. It knows no clock and no
// timer, so every rule is tested by feeding it times.

/** One stream's share of a committed segment. `first` is its first stream counter, null while it is nobody's. */
export interface BatchPart {
  readonly segment: number;
  readonly first: number | null;
  readonly count: number;
  readonly bytes: number;
  readonly alarm: boolean;
}

export interface BatchLimits {
  readonly readings: number;
  readonly bytes: number;
  /** Milliseconds of monotonic time from a batch's first part on. */
  readonly ageMs: number;
}

export interface BatchState {
  readonly parts: readonly BatchPart[];
  readonly readings: number;
  readonly bytes: number;
  /** When the open batch is too old; null while there is none. */
  readonly closesAt: number | null;
  /** When the entries of alarms that were sealed early are due: the moment at which their batch would have closed. */
  readonly beatAt: number | null;
}

export type BatchInput =
  | { readonly kind: 'part'; readonly at: number; readonly part: BatchPart }
  | { readonly kind: 'time'; readonly at: number }
  /** A restart or a shutdown, or somebody asked. */
  | { readonly kind: 'flush' };

export type CloseReason = 'size' | 'age' | 'gap' | 'alarm' | 'flush';

export type BatchEffect =
  | { readonly kind: 'close'; readonly parts: readonly BatchPart[]; readonly reason: CloseReason }
  /** The entries of the stream's earlier alarms may be sent now. */
  | { readonly kind: 'beat' };

export interface BatchStep {
  readonly state: BatchState;
  readonly effects: readonly BatchEffect[];
}

export const NO_BATCH: BatchState = { parts: [], readings: 0, bytes: 0, closesAt: null, beatAt: null };

/** When the machine wants to be told the time again; null: no need. */
export function wakesAt(state: BatchState): number | null {
  if (state.closesAt === null) return state.beatAt;
  return state.beatAt === null ? state.closesAt : Math.min(state.closesAt, state.beatAt);
}

export function stepBatch(state: BatchState, input: BatchInput, limits: BatchLimits): BatchStep {
  if (input.kind === 'flush') return close(state, 'flush');
  const aged = age(state, input.at);
  if (input.kind === 'time') return aged;

  const { part } = input;
  const before = follows(aged.state, part) ? fits(aged.state, part, limits) : close(aged.state, 'gap');
  const opened: BatchState = {
    parts: [...before.state.parts, part],
    readings: before.state.readings + part.count,
    bytes: before.state.bytes + part.bytes,
    closesAt: before.state.closesAt ?? input.at + limits.ageMs,
    beatAt: before.state.beatAt,
  };
  const after = part.alarm
    ? close(opened, 'alarm')
    : opened.readings >= limits.readings || opened.bytes >= limits.bytes
      ? close(opened, 'size')
      : { state: opened, effects: [] };
  return { state: after.state, effects: [...aged.effects, ...before.effects, ...after.effects] };
}

function age(state: BatchState, at: number): BatchStep {
  if (state.closesAt !== null && at >= state.closesAt) return close(state, 'age');
  if (state.beatAt !== null && at >= state.beatAt)
    return { state: { ...state, beatAt: null }, effects: [{ kind: 'beat' }] };
  return { state, effects: [] };
}

/** A record is one unbroken run of stream counters. */
function follows(state: BatchState, part: BatchPart): boolean {
  const last = state.parts.at(-1);
  if (last === undefined) return true;
  return last.first === null ? part.first === null : part.first === last.first + last.count;
}

function fits(state: BatchState, part: BatchPart, limits: BatchLimits): BatchStep {
  const over = state.readings + part.count > limits.readings || state.bytes + part.bytes > limits.bytes;
  return over ? close(state, 'size') : { state, effects: [] };
}

function close(state: BatchState, reason: CloseReason): BatchStep {
  const closed: BatchEffect[] = state.parts.length === 0 ? [] : [{ kind: 'close', parts: state.parts, reason }];
  // An alarm leaves the stream's beat as it would have been without it; any other close is the beat itself.
  if (reason === 'alarm') return { state: { ...NO_BATCH, beatAt: state.beatAt ?? state.closesAt }, effects: closed };
  if (reason === 'gap') return { state: { ...NO_BATCH, beatAt: state.beatAt }, effects: closed };
  const beat: BatchEffect[] = state.beatAt === null ? [] : [{ kind: 'beat' }];
  return { state: NO_BATCH, effects: [...closed, ...beat] };
}
