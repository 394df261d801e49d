// The unacknowledged packets of a device. mqtt.js resends what its store holds, but with DUP=0; a device must set DUP
// (MQTT 3.1.1, 3.3.1.1), and a gateway may only then recognise what it already has.
import { type Packet, Store } from 'mqtt';

export class ResendingStore extends Store {
  /** mqtt.js writes the first copy itself: what lies here is only ever sent again. */
  override put(packet: Packet, done: () => void): this {
    return super.put(packet.cmd === 'publish' ? { ...packet, dup: true } : packet, done) as this;
  }
}
