// Counts, and nothing but counts: no address, no hash, no path ever becomes a metric's label.
import type { ErrorCode } from '@vitalseal/ledger';

const COUNTERS = {
  entries_accepted: 'entries that became leaves',
  entries_duplicate: 'entries sent again that were leaves already',
  entries_refused: 'entries refused',
  blocks: 'blocks committed',
  blobs_stored: 'blobs stored',
  blob_bytes_stored: 'bytes of the blobs stored',
  envelope_sets_stored: 'envelope sets stored',
  requests: 'HTTP requests answered',
  requests_failed: 'HTTP requests answered by an error',
  publications: 'final checkpoints published',
  publications_failed: 'publications that failed and are tried again',
} as const;

export type Counter = keyof typeof COUNTERS;
export type Gauges = Readonly<Record<string, number>>;

export class Metrics {
  readonly #counts = new Map<Counter, number>();
  readonly #refused = new Map<ErrorCode, number>();

  count(name: Counter, by = 1): void {
    this.#counts.set(name, this.get(name) + by);
  }

  countRefused(code: ErrorCode): void {
    this.count('entries_refused');
    this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1);
  }

  get(name: Counter): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Prometheus text format 0.0.4. */
  text(gauges: Gauges): string {
    const lines: string[] = [];
    for (const [name, help] of Object.entries(COUNTERS)) {
      lines.push(`# HELP vitalseal_facility_${name}_total ${help}`, `# TYPE vitalseal_facility_${name}_total counter`);
      lines.push(`vitalseal_facility_${name}_total ${this.get(name as Counter)}`);
    }
    lines.push('# TYPE vitalseal_facility_refusals_total counter');
    for (const [code, n] of this.#refused) lines.push(`vitalseal_facility_refusals_total{code="${code}"} ${n}`);
    for (const [name, value] of Object.entries(gauges)) {
      lines.push(`# TYPE vitalseal_facility_${name} gauge`, `vitalseal_facility_${name} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}
