// What a person must know of a reading before believing its value or its time, in words. The rest of a context is for
// programs, in CSV and JSON. Anything in it may be a device's own text.
import type { ContextFact, NamedContext } from '@vitalseal/wallet';
import { lasting } from '../wording.ts';

const MINUTE_MS = 60_000;
const MOST_TEXT = 30;
const WIDTH = 80;

/** `advertised; device clock 59 minutes ahead of UTC`; empty when there is nothing to know. */
export function noteOf(context: NamedContext): string {
  const { advertised, stored, clockOffsetMs, sourceTimeFault, outOfRange, alarm, sensorContact, tickClock } = context;
  return [
    // Whoever is in reach can send one.
    isSaid(advertised) ? 'advertised, which anybody can imitate' : '',
    isSaid(stored) ? 'stored' : '',
    isSaid(tickClock) ? '' : clockNote(clockOffsetMs),
    isSaid(sourceTimeFault) ? withText('device time is faulty', sourceTimeFault) : '',
    isSaid(outOfRange) ? withText('out of range', outOfRange) : '',
    isSaid(alarm) ? withText('alarm', alarm) : '',
    sensorContact === 'absent' ? 'sensor has no contact' : '',
    statusNote('status', context.status),
    statusNote('measurement status', context.measurementStatus),
    statusNote('sensor status', context.sensorStatus),
  ]
    .filter((note) => note !== '')
    .join('; ');
}

/** A note as lines of at most 80 characters, its number before the first. */
export function noteLines(number: number, note: string): string[] {
  const lines: string[] = [];
  let line = `${number} `;
  const indent = ' '.repeat(line.length);
  for (const word of note.split(' ')) {
    if (line.trim() !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function isSaid(fact: ContextFact | undefined): boolean {
  return fact !== undefined && fact !== null && fact !== false;
}

/** The offset includes the zone that the device shows, as its times do; the gateway's are UTC. */
function clockNote(offset: ContextFact | undefined): string {
  if (typeof offset !== 'number' || Math.abs(offset) <= MINUTE_MS) return '';
  const minutes = Math.round(Math.abs(offset) / MINUTE_MS);
  return `device clock ${lasting(minutes * 60)} ${offset > 0 ? 'ahead of' : 'behind'} UTC`;
}

/** The bits as the device sent them: what each means is told by the device's profile. */
function statusNote(name: string, status: ContextFact | undefined): string {
  if (!isSaid(status) || status === 0) return '';
  return Number.isSafeInteger(status) && (status as number) > 0
    ? `${name} 0x${status?.toString(16)}`
    : withText(name, status);
}

function withText(note: string, fact: ContextFact | undefined): string {
  if (fact === true || fact === undefined) return note;
  const text = typeof fact === 'string' ? fact : JSON.stringify(fact);
  const shown = text.slice(0, MOST_TEXT).replace(/[\p{C}\p{Z}]/gu, (found) => (found === ' ' ? ' ' : '\u{FFFD}'));
  return `${note} (${shown}${text.length > MOST_TEXT ? '…' : ''})`;
}
