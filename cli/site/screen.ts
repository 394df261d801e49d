// What `start` shows: a few lines that are redrawn in place on a terminal, a plain line every few seconds elsewhere.

import type { Io } from '../io.ts';

export interface Flow {
  readonly seconds: number;
  readonly sent: number;
  readonly readings: number;
  readonly batches: number;
  readonly registrations: number;
  readonly proven: number;
  readonly backlog: { readonly readings: number; readonly batches: number };
  readonly quarantined: number;
  /** Entries in the newest final checkpoint that the agent has verified. */
  readonly checkpoint: number;
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
      io.print(plainLine(flow));
      return;
    }
    const lines = picture(flow);
    io.write(
      (drawn > 0 ? UP(drawn) : '') + lines.map((line) => `${line.slice(0, io.width - 1)}${CLEAR_TO_END}\n`).join(''),
    );
    drawn = lines.length;
  };
}

/** The flow on one line. */
export function plainLine({ readings, batches, registrations, checkpoint, proven, backlog, state }: Flow): string {
  return (
    `${readings} readings, ${batches} batches, ${registrations} registrations, checkpoint ${checkpoint}, ` +
    `${proven} proven, backlog ${backlog.readings} readings in ${backlog.batches} batches, ${state}`
  );
}

function picture(flow: Flow): string[] {
  const row = (name: string, value: number, note: string) =>
    `  ${name.padEnd(18)}${String(value).padStart(10)}   ${note}`;
  return [
    row('sent', flow.sent, 'readings that the equipment published in this run'),
    row('kept', flow.readings, 'durable and encrypted on the gateway, then acknowledged'),
    row('batches', flow.batches, 'compressed and sealed'),
    row('registrations', flow.registrations, 'proven entries of this gateway'),
    row('final checkpoint', flow.checkpoint, 'entries in the log, cosigned'),
    row('proven', flow.proven, 'readings that the gateway has dropped: 32 bytes a record remain'),
    row('backlog', flow.backlog.readings, `readings not yet proven, ${flow.backlog.batches} sealed batches`),
    row('quarantined', flow.quarantined, 'messages that could not be decoded'),
    `  ${flow.state}`,
  ];
}
