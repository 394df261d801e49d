// What a facility's answers to one request mean together: which items are in the ledger, which never will be, from which
// seq on the others must be signed anew, and whether agent and ledger disagree.
import type { ErrorCode } from '@vitalseal/ledger';
import { meaningOf } from './refusal.ts';
import type { ItemAnswer, Placed, SyncItem } from './state.ts';

export interface Judged {
  readonly accepted: readonly (Placed & { readonly id: number })[];
  readonly refused: readonly { readonly id: number; readonly code: ErrorCode }[];
  /** The seq of the first condemned item: it and its followers commit to a leaf that is not there. */
  readonly unsignFrom: number | null;
  /** The ledger must be asked what it holds of us. */
  readonly conflict: boolean;
  /** Why the rest must wait, null when it need not. */
  readonly problem: ErrorCode | null;
  /** What the facility says it does not have. */
  readonly reupload: ReadonlySet<string>;
}

/** `answers` are in the order of seq, one for each item sent; a missing one means that nothing is known of it. */
export function judgeAnswers(
  window: readonly SyncItem[],
  answers: readonly { readonly id: number; readonly answer: ItemAnswer }[],
  isCondemned: (upload: string) => boolean = () => false,
): Judged {
  const items = new Map(window.map((item) => [item.id, item]));
  const accepted: (Placed & { id: number })[] = [];
  const refused: { id: number; code: ErrorCode }[] = [];
  const reupload = new Set<string>();
  let unsignFrom: number | null = null;
  let problem: ErrorCode | null = null;
  let broken = false;
  let conflict = false;
  for (const { id, answer } of answers) {
    const item = items.get(id);
    if (item === undefined || item.seq === null) continue;
    if (answer.kind === 'receipt') {
      accepted.push({ id, seq: item.seq, index: answer.index });
      continue;
    }
    const asked = meaningOf(answer.code, answer.retry);
    const keys = [item.upload, item.needs].filter((key) => key !== null);
    // What can never be stored, and is not in the ledger already, will never be registered.
    const meaning = asked === 'upload' && keys.some(isCondemned) ? 'item' : asked;
    if (meaning === 'upload') for (const key of keys) reupload.add(key);
    // Behind the first refusal every follower is refused for the gap; that says nothing of the follower itself.
    if (broken) continue;
    broken = true;
    if (meaning === 'item') {
      refused.push({ id, code: answer.code });
      unsignFrom = item.seq;
    } else {
      conflict = meaning === 'conflict';
      problem = answer.code;
    }
  }
  if (answers.length === 0) problem = 'answer_invalid';
  return { accepted, refused, unsignFrom, conflict, problem, reupload };
}
