// What every kind of recording becomes: messages in order of time. And the one error for files that cannot be replayed.
import type { Emission } from '../reading.ts';

export interface Recording {
  /** What it is, for the person who replays it: format, signals, duration. */
  summary: string;
  emissions: Iterable<Emission>;
}

/** The file is no recording that we can read; `message` says what was expected, and where. */
export class RecordingInvalid extends Error {
  override readonly name = 'RecordingInvalid';
}
