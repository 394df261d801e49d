// What is tested in the virtual machine, by the names that the guest reports under.

export const SCENARIOS = {
  live: 'finds a strap by its advertisement, connects, and takes every value once, in order',
  'link-drop': 'connects again by itself when the strap drops the link',
  'stored-records': 'takes every stored record of a meter once, though the link is cut in mid-dump',
  'health-sensor': 'keeps what a sensor tells live and stores as well once, over a link that is cut',
  'just-works': 'pairs a wearable that can show nothing without anybody, and takes its encrypted values',
  pairing:
    'is paired by numeric comparison when both persons say yes, not when one says no; then takes protected values',
  'key-lost': 'says of a wearable that was reset that it must be paired anew, and goes on once it is',
  'bluetoothd-killed': 'goes on by itself, and is still paired, after bluetoothd was killed and started again',
} as const;

export type Scenario = keyof typeof SCENARIOS;

/** What the guest says of one scenario, as JSON on a line of its own. */
export interface Report {
  readonly scenario: Scenario;
  /** Null: passed. */
  readonly failure: string | null;
  /** Counts and milliseconds. */
  readonly facts: Readonly<Record<string, number>>;
}

const MARK = 'radio-vm: report ';

export function formatReport(report: Report): string {
  return MARK + JSON.stringify(report);
}

/** Null: another line of the console. */
export function parseReport(line: string): Report | null {
  // The kernel may have begun a line of its own before.
  const at = line.indexOf(MARK);
  return at < 0 ? null : (JSON.parse(line.slice(at + MARK.length)) as Report);
}
