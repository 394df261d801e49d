// Reading what a service says once: what came of it, and what is done without it. Nothing of it is worth a link.
import { companionOf, OPTIONAL_COMPANIONS, SESSION_START, withoutSession } from './companions.ts';
import { sharedContexts } from './context.ts';
import { decoded, quarantine } from './deliver.ts';
import type { ReadStep } from './plan.ts';
import type { Operation, SessionState } from './state.ts';
import type { Turn } from './turn.ts';

export function companionRead(turn: Turn, step: ReadStep, bytes: Uint8Array) {
  const { companions, endedAt } = turn.state;
  turn.state.endedAt = new Map([...endedAt].filter(([uuid]) => uuid !== step.uuid));
  const packet = decoded(step.uuid, bytes, companions);
  const said = typeof packet === 'string' ? packet : companionOf(step.uuid, packet, companions);
  if (typeof said === 'string') return turn.emit(quarantine({ ...step, recorded: false }, bytes, said, null));
  turn.state.companions = new Map(companions).set(step.uuid, said);
  share(turn);
}

/** Nobody is asked to pair a strap for where it sits. */
export function isDoneWithout(step: Operation['step']): boolean {
  return step.do === 'read' && OPTIONAL_COMPANIONS.has(step.uuid);
}

/** The link ends; perhaps for what is being read. */
export function endsAtCompanion(turn: Turn) {
  const { operation, endedAt } = turn.state;
  if (operation?.step.do !== 'read' || operation.step.what !== 'companion') return;
  const { uuid } = operation.step;
  turn.state.endedAt = new Map(endedAt).set(uuid, (endedAt.get(uuid) ?? 0) + 1);
}

/** Those that are not read any more. */
export function unreadCompanions({ endedAt, config }: SessionState): ReadonlySet<string> {
  const ended = [...endedAt].filter(([, links]) => links >= config.limits.companionLinks);
  return new Set(ended.map(([uuid]) => uuid));
}

/** A CGM counts anew: another session has begun, and its start was not read yet. */
export function sessionIsOver(turn: Turn) {
  if (!turn.state.companions.has(SESSION_START)) return;
  turn.state.companions = withoutSession(turn.state.companions);
  share(turn);
}

function share(turn: Turn) {
  turn.state.extra = sharedContexts(turn.state.link?.clock ?? null, turn.state.companions);
}
