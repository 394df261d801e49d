// A wearable without display and buttons, whose values are for encrypted links: the gateway pairs it, and nobody is asked.

import { until } from '../../site/until.ts';
import { BumbleStrap } from './bumble-strap.ts';
import { CONTROLLERS, type Host } from './host.ts';
import { Receiver } from './receiver.ts';
import { lostAtEnds } from './truth.ts';

const VALUES = 50;

export class JustWorks {
  readonly #central: string;
  #strap: BumbleStrap | null = null;

  constructor(host: Host) {
    this.#central = host.pair(1).central;
  }

  /** Takes values, and again after the strap has dropped the link: without the keys of the pairing none would come. */
  async run() {
    const strap = new BumbleStrap({
      controllers: CONTROLLERS,
      address: 'C6:11:22:33:44:55',
      pairing: 'just-works',
    });
    this.#strap = strap;
    const receiver = new Receiver();
    const take = async () => {
      const wanted = receiver.kept.length + VALUES;
      await strap.during(until(`${VALUES} values`, () => receiver.kept.length >= wanted, 60));
    };
    let firstReadingMs = 0;
    try {
      strap.switchOn();
      await receiver.start(this.#central, strap.address);
      const startMs = performance.now();
      await take();
      firstReadingMs = Math.round((receiver.firstMs ?? 0) - startMs);
      if (receiver.status?.paired !== true) throw new Error('values came, and the wearable is not paired');
      strap.drop();
      await strap.during(until('the link to end', () => strap.ends.length > 0));
      await take();
    } finally {
      await receiver.stop();
      await strap.stop();
    }
    if (strap.paired.join() !== 'false' || strap.shown.length > 0)
      throw new Error(`the strap was paired: ${strap.paired}; it showed: ${strap.shown}`);
    const kept = receiver.kept.filter((readings) => readings.length > 0);
    const lostInTheDrops = lostAtEnds(strap.sent(), kept, strap.ends);
    if (receiver.quarantined > 0) throw new Error(`${receiver.quarantined} values were not understood`);
    return { firstReadingMs, values: kept.length, lostInTheDrops };
  }

  /** What the strap has logged. */
  log(): string {
    return this.#strap?.log() ?? '';
  }
}
