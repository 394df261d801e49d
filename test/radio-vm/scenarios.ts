// What is tested in the virtual machine, by the names that the guest reports under.

export const SCENARIOS = {
  live: 'finds a strap by its advertisement, connects, and takes every value once, in order',
  'link-drop': 'connects again by itself when the strap drops the link',
  'stored-records': 'takes every stored record of a meter once, though the link is cut in mid-dump',
  'bluetoothd-killed': 'goes on by itself after bluetoothd was killed and started again',
} as const;

/** With the real agent, in `npm run test:long`: bluetoothd 5.66 stands for both sides there, and crashes at times when it pairs with itself. */
export const AGENT_SCENARIOS = {
  pairing: 'pairs by numeric comparison when a person says yes, not when that person says no; reads what was encrypted',
  'agent-goes-on': 'the agent goes on after bluetoothd was killed and started again, and is still paired',
} as const;

export type Scenario = keyof typeof SCENARIOS | keyof typeof AGENT_SCENARIOS;

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
