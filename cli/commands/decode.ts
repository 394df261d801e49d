// vitalseal decode …: what the bytes of one Bluetooth characteristic say, for an engineer at the bench; or of a stream
// of them, one line each, for a script. Nothing is stored and nothing is sent.
import {
  type Described,
  type DescribedReading,
  describeCharacteristic,
  findCharacteristic,
  knownCharacteristics,
} from '@vitalseal/gateway';
import { fromHex, isVitalsealError, VitalsealError } from '@vitalseal/ledger';
import { Command, type Command as Commander } from 'commander';
import { type Cell, type Io, jsonLine } from '../io.ts';
import { linesOf } from '../lines.ts';

interface DecodeOptions {
  lines?: boolean;
  json?: boolean;
}

/** No value of a characteristic has over 512 bytes; written as `0x2A 0x37 …` they have some 2,600 characters. */
const MAX_LINE = 4096;

/** UUIDs of four characters, as many as a line of 95 takes. */
const KNOWN = knownCharacteristics()
  .join(' ')
  .replace(/(.{90,94}) /g, '$1\n  ');

const HELP = `
CHARACTERISTIC is a UUID (2A37, 0x2A37, or all 128 bits), the name that Bluetooth gives it
(Heart Rate Measurement, in quotes or not), or one of SFLOAT, FLOAT and E2E-CRC16-MCRF4XX. Known are
  ${KNOWN}
HEX may have spaces, hyphens, colons and 0x between its bytes.

The exit code is 0 for a packet that decodes and 1 for one that does not. With --lines it is 0
once all input is read: a line that does not decode, or is empty, is answered by "valid": false
in its place.

Examples:
  vitalseal decode 2A37 165000048003
  vitalseal decode --lines --json < packets.txt`;

export function decodeCommand(io: Io): Command {
  return new Command('decode')
    .description('Says what the bytes of a Bluetooth characteristic mean.')
    .argument('[characteristic]', 'UUID or name of the characteristic')
    .argument('[hex...]', 'its value')
    .option('--lines', 'read lines of CHARACTERISTIC HEX from standard input and answer each, in order')
    .option('--json', 'print one JSON object a packet')
    .addHelpText('after', HELP)
    .action(async (characteristic: string | undefined, hex: string[], options: DecodeOptions, command: Commander) => {
      if (options.lines === true) {
        if (characteristic !== undefined) command.error('error: with --lines the packets come from standard input');
        await decodeLines(io, options.json === true);
      } else {
        if (characteristic === undefined) command.error("error: missing required argument 'characteristic'");
        if (hex.length === 0) command.error("error: missing required argument 'hex'");
        decodeOne(io, [characteristic, ...hex].join(' '), options.json === true);
      }
    });
}

function decodeOne(io: Io, packet: string, json: boolean): void {
  const answer = answered(() => decoded(packet));
  if (json) io.json(jsonOf(answer));
  else if (!isVitalsealError(answer)) show(io, answer);
  if (isVitalsealError(answer)) throw answer;
}

async function decodeLines(io: Io, json: boolean): Promise<void> {
  let nth = 0;
  for await (const line of linesOf(io.input(), MAX_LINE)) {
    nth++;
    const answer = answered(() => decoded(line));
    if (json) io.json(jsonOf(answer));
    else if (isVitalsealError(answer)) io.print(`line ${nth} not decoded: ${answer.code}: ${answer.message}`);
    else show(io, answer);
    await io.drained();
  }
}

/** What was decoded, or why it was not. Throws only what is a fault of the program. */
function answered(decode: () => Described): Described | VitalsealError {
  try {
    return decode();
  } catch (error) {
    if (isVitalsealError(error)) return error;
    throw error;
  }
}

function jsonOf(answer: Described | VitalsealError): object {
  if (!isVitalsealError(answer)) return { valid: true, ...answer };
  return { valid: false, error: { code: answer.code, message: answer.message } };
}

/** A name may have spaces, and so may hex: the name is the longest beginning that is one. Null is a line that is too long. */
function decoded(packet: string | null): Described {
  if (packet === null) throw new VitalsealError('text_invalid', `the line is longer than ${MAX_LINE} bytes`);
  const words = packet.split(/[\s"']+/).filter((word) => word !== '');
  if (words.length === 0) throw new VitalsealError('text_invalid', 'there is no characteristic, and no hex');
  for (let count = Math.min(words.length, MOST_NAME_WORDS); count > 0; count--) {
    const key = findCharacteristic(words.slice(0, count).join(' '));
    if (key === null) continue;
    if (count === words.length) throw new VitalsealError('text_invalid', 'there is no hex after the characteristic');
    return describeCharacteristic(key, bytesOf(words.slice(count).join(' ')));
  }
  const hint = 'no decoder knows this characteristic; --help lists those that are known';
  throw new VitalsealError('characteristic_unknown', hint);
}

const MOST_NAME_WORDS = 8;

/** Bytes of hex as people and tools write it: separators and `0x` may stand between bytes, never inside one. */
function bytesOf(text: string): Uint8Array {
  const groups = text
    .trim()
    .split(/[\s:,-]+/)
    .map((group) => group.replace(/^0x/i, ''));
  if (groups.some((group) => group.length % 2 !== 0)) {
    throw new VitalsealError('text_invalid', 'the hex has half a byte');
  }
  return fromHex(groups.join(''));
}

function show(io: Io, { characteristic, name, readings, context }: Described): void {
  io.print(`${characteristic}  ${name}`);
  if (readings.length > 0) io.table(readings.map(rowOf), columnsOf(readings));
  const facts = Object.entries(context);
  if (facts.length > 0) io.table(facts.map(([field, fact]) => ({ field, value: cellOf(fact) })));
}

/** Columns that would be empty throughout are left out. */
function columnsOf(readings: readonly DescribedReading[]): string[] {
  const rows = readings.map(rowOf);
  return Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] !== '' && row[name] !== null));
}

function rowOf({ record, code, mdc, unit, value, deviceTime, context }: DescribedReading): Record<string, Cell> {
  return {
    record: record ?? null,
    code,
    mdc,
    value: typeof value === 'string' ? value : value.join(' '),
    unit,
    time: deviceTime,
    context: Object.entries(context ?? {})
      .map(([entry, fact]) => `${entry}=${cellOf(fact)}`)
      .join(' '),
  };
}

function cellOf(fact: unknown): string {
  if (Array.isArray(fact) && fact.every((item) => typeof item !== 'object')) return fact.join(' ');
  return typeof fact === 'string' ? fact : jsonLine(fact);
}
