// What the radio brings of each device, judged before anything else is done with it: does anybody know it, does it send
// too much, is its advertisement a measurement, does its session want to know. No await, timer or log line a packet.
import type { ClockReader } from '../contract.ts';
import type { Tally } from './account.ts';
import { AdvertisedBook } from './advertised.ts';
import type { AllowList } from './allow.ts';
import type { SessionDriver } from './driver.ts';
import type { HeardBook } from './heard.ts';
import type { Intake } from './intake.ts';
import type { Sighting } from './radio.ts';

export interface ArrivalPorts {
  readonly allow: AllowList;
  readonly heard: HeardBook;
  readonly clock: ClockReader;
  readonly tally: Tally;
  readonly log: (message: string, detail: object) => void;
  readonly driverOf: (device: string) => SessionDriver | null;
  /** Its session is not to begin anything: it is paired by hand. */
  readonly isHeld: (device: string) => boolean;
}

export class Arrivals {
  readonly #ports: ArrivalPorts;
  readonly #advertised = new AdvertisedBook();
  readonly #broadcasters = new Set<string>();
  readonly #isLinked: (device: string) => boolean;

  constructor(ports: ArrivalPorts) {
    this.#ports = ports;
    this.#isLinked = (device) => ports.driverOf(device)?.isBusy === true;
  }

  /** Only its advertisements are read. */
  isBroadcaster(device: string): boolean {
    return this.#broadcasters.has(device);
  }

  forget(device: string): void {
    this.#advertised.forget(device);
    this.#broadcasters.delete(device);
  }

  value(driver: SessionDriver, handle: string, bytes: Uint8Array): void {
    const now = this.#ports.clock.now();
    if (!this.#isFlood(driver, bytes.length, now.monotonicMs)) driver.value(handle, bytes, now);
  }

  /** True when it is a device of ours. */
  sighting(sighting: Sighting, intake: Intake): boolean {
    // One without a signal is only remembered.
    if (sighting.rssi === null && !sighting.connected) return false;
    const { allow, heard, clock, tally, driverOf, isHeld } = this.#ports;
    const now = clock.now();
    const isNew = heard.hear(sighting, now.monotonicMs);
    const found = allow.recognise(sighting, now.monotonicMs, this.#isLinked);
    const driver = found.kind === 'device' ? driverOf(found.device) : null;
    if (driver === null) {
      if (isNew) tally[found.kind === 'taken' ? 'ble_ambiguous' : 'ble_unknown']++;
      return false;
    }
    driver.account.lastSeenMs = now.wallMs;
    // A device with a link is heard only when BlueZ has paired it by itself, or not any more.
    if (driver.isBusy && driver.state.paired !== sighting.paired)
      driver.hear({ kind: 'seen', paired: sighting.paired });
    if (driver.isBusy || isHeld(driver.rule.device)) return true;
    if (this.#connects(driver, sighting, intake)) driver.hear({ kind: 'seen', paired: sighting.paired });
    return true;
  }

  /** Takes what it advertises; whether there is more to read over a link. */
  #connects(driver: SessionDriver, sighting: Sighting, intake: Intake): boolean {
    const { account, rule } = driver;
    const { connects, news } = this.#advertised.take(rule.device, sighting);
    if (connects) this.#broadcasters.delete(rule.device);
    else this.#broadcasters.add(rule.device);
    if (news === null) return connects;
    const now = this.#ports.clock.now();
    const size = news.kind === 'undecodable' ? news.bytes.length : (news.measurements[0]?.bytes.length ?? 0);
    if (this.#isFlood(driver, size, now.monotonicMs)) return false;
    if (news.kind === 'measurements') {
      for (const measurement of news.measurements)
        intake.deliver(account, { uuid: news.format, measurement, extra: null, record: null, twin: null }, now, null);
    } else if (news.reason === 'characteristic_unknown') {
      // An encrypted one is not damaged, only not for us.
      account.problem = news.reason;
    } else intake.quarantine(account, { uuid: 'advertisement', bytes: news.bytes, reason: news.reason }, null);
    return connects;
  }

  /** Counts what a device sends too much; it is told once, at the beginning. */
  #isFlood(driver: SessionDriver, bytes: number, nowMs: number): boolean {
    const { account } = driver;
    const verdict = account.flood.take(bytes, nowMs);
    if (verdict === 'taken') return false;
    const { tally, log } = this.#ports;
    account.throttled++;
    tally.ble_throttled++;
    if (verdict === 'flooded') {
      tally.ble_floods++;
      log('bluetooth: throttled', { code: 'rate_exceeded' });
      driver.hear({ kind: 'pause', forMs: account.flood.pauseMs(nowMs), why: 'throttled' });
    }
    return true;
  }
}
