// Values that come before we subscribed on a link: BlueZ subscribes by itself again to what we were subscribed to on an earlier
// one, and a scale or a cuff sends what it has measured that very moment. Kept, bounded, until we subscribe too.

const MOST = 64;

export class EarlyValues {
  #kept: { readonly handle: string; readonly bytes: Uint8Array }[] = [];

  keep(handle: string, bytes: Uint8Array): void {
    if (this.#kept.length < MOST) this.#kept.push({ handle, bytes });
  }

  /** Those of a characteristic, in order, once. */
  take(of: string): Uint8Array[] {
    const taken = this.#kept.filter(({ handle }) => handle === of).map(({ bytes }) => bytes);
    if (taken.length > 0) this.#kept = this.#kept.filter(({ handle }) => handle !== of);
    return taken;
  }
}
