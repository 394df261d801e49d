// What `start` shows: a few lines that are redrawn in place on a terminal, a plain line every few seconds elsewhere.

import type { Io } from '../io.ts';
import { counted } from '../wording.ts';

export interface Flow {
  readonly seconds: number;
  readonly sent: number;
  readonly readings: number;
  readonly batches: number;
  readonly registrations: number;
  readonly proven: number;
  readonly backlog: { readonly readings: number; readonly batches: number };
  readonly quarantined: number;
  /** The newest final checkpoint that the agent has verified: how many entries it covers. */
  readonly checkpoint: { readonly size: number };
  readonly state: string;
}

const PLAIN_EVERY_SECONDS = 5;
const UP = (lines: number) => `\u001b[${lines}F`;
const CLEAR_TO_END = '\u001b[K';

/** Returns the function to call with each new state of the flow, about twice a second. */
export function screenOf(io: Io): (flow: Flow) => void {
  let drawn = 0;
  let last = Number.NEGATIVE_INFINITY;
  return (flow) => {
    if (!io.interactive) {
      if (flow.seconds - last < PLAIN_EVERY_SECONDS) return;
      last = flow.seconds;
      io.print(`${plainLine(flow)}, ${flow.state}`);
      return;
    }
    const lines = picture(flow);
    io.write(
      (drawn > 0 ? UP(drawn) : '') + lines.map((line) => `${line.slice(0, io.width - 1)}${CLEAR_TO_END}\n`).join(''),
    );
    drawn = lines.length;
  };
}

/** What flowed, on one line; how it stands is for the caller to say. */
export function plainLine(flow: Omit<Flow, 'seconds' | 'sent' | 'state'>): string {
  const { readings, batches, registrations, checkpoint, proven, backlog } = flow;
  return (
    `${counted(readings, 'reading')}, ${counted(batches, 'batch', 'batches')}, ` +
    `${counted(registrations, 'registration')}, checkpoint ${checkpoint.size}, ${proven} proven, ` +
    `backlog ${counted(backlog.readings, 'reading')} in ${counted(backlog.batches, 'batch', 'batches')}`
  );
}

function picture(flow: Flow): string[] {
  const row = (name: string, value: number, note: string) =>
    `  ${name.padEnd(18)}${String(value).padStart(10)}   ${note}`;
  return [
    row('sent', flow.sent, 'readings published in this run'),
    row('kept', flow.readings, 'encrypted on disk, then acknowledged'),
    row('batches', flow.batches, 'compressed and sealed'),
    row('registrations', flow.registrations, 'proven entries of this gateway'),
    row('final checkpoint', flow.checkpoint.size, 'entries in the log, cosigned'),
    row('proven', flow.proven, 'in the ledger: 32 bytes a record remain'),
    row(
      'backlog',
      flow.backlog.readings,
      `not yet proven; ${counted(flow.backlog.batches, 'sealed batch', 'sealed batches')}`,
    ),
    row('quarantined', flow.quarantined, 'messages that could not be decoded'),
    `  ${flow.state}`,
  ];
}
