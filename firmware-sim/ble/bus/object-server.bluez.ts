// Serves a changing tree of D-Bus objects as bluetoothd does: ObjectManager, Properties and Introspectable, at the level of
// messages. What the objects mean is for whoever adds them.
import { Message, type MessageBus, Variant } from '@jellybrick/dbus-next';

/** Signature and value. An undefined value: the property is absent now. */
export type Property = readonly [signature: string, value: unknown];

export interface Method {
  /** Types of the arguments, one by one. */
  readonly takes: readonly string[];
  /** Type of the answer; empty: none. */
  readonly gives: string;
  readonly call: (message: Message) => unknown;
}

export interface BusInterface {
  readonly properties: Readonly<Record<string, Property>>;
  readonly methods: Readonly<Record<string, Method>>;
  /** Properties that a client may set. */
  readonly settable?: Readonly<Record<string, (value: unknown) => void>>;
}

export type BusObject = Readonly<Record<string, BusInterface>>;

/** An answer that is an error. */
export class BusError extends Error {
  readonly errorName: string;

  constructor(errorName: string, text: string) {
    super(text);
    this.name = 'BusError';
    this.errorName = errorName;
  }
}

const PROPERTIES = 'org.freedesktop.DBus.Properties';
const OBJECT_MANAGER = 'org.freedesktop.DBus.ObjectManager';
const INTROSPECTABLE = 'org.freedesktop.DBus.Introspectable';
const DBUS_ERROR = 'org.freedesktop.DBus.Error.';

type Held = Record<string, { properties: Map<string, Property>; declared: BusInterface }>;

export class ObjectServer {
  readonly #bus: MessageBus;
  readonly #root: string;
  readonly #objects = new Map<string, Held>();
  #closed = false;
  /** Asked before each method but those of D-Bus itself: may throw a BusError in its place, or never answer. */
  intercept: (message: Message) => Promise<void> | void = () => {};

  /** `root`: where the ObjectManager is. `serves`: which paths are its own, where a connection has several (default all). */
  constructor(bus: MessageBus, root: string, serves: (path: string) => boolean = () => true) {
    this.#bus = bus;
    this.#root = root;
    bus.addMethodHandler((message) => serves(message.path) && this.#handle(message));
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#closed = true;
  }

  has(path: string): boolean {
    return this.#objects.has(path);
  }

  /** Announced by InterfacesAdded. */
  add(path: string, object: BusObject): void {
    const held: Held = {};
    for (const [name, declared] of Object.entries(object)) {
      held[name] = { properties: new Map(Object.entries(declared.properties)), declared };
    }
    this.#objects.set(path, held);
    this.#signal(this.#root, OBJECT_MANAGER, 'InterfacesAdded', 'oa{sa{sv}}', [path, interfacesOf(held)]);
  }

  /** With everything below it; announced by InterfacesRemoved, leaves first. */
  remove(path: string): void {
    const below = [...this.#objects.keys()].filter((known) => known === path || known.startsWith(`${path}/`));
    for (const gone of below.sort().reverse()) {
      const names = Object.keys(this.#objects.get(gone) as Held);
      this.#objects.delete(gone);
      this.#signal(this.#root, OBJECT_MANAGER, 'InterfacesRemoved', 'oas', [gone, names]);
    }
  }

  get(path: string, name: string, property: string): unknown {
    return this.#objects.get(path)?.[name]?.properties.get(property)?.[1];
  }

  /** Announced by PropertiesChanged; undefined takes the property away. No object there: nothing happens. */
  change(path: string, name: string, values: Readonly<Record<string, unknown>>): void {
    const properties = this.#objects.get(path)?.[name]?.properties;
    if (properties === undefined) return;
    const changed: Record<string, Variant> = {};
    const invalidated: string[] = [];
    for (const [property, value] of Object.entries(values)) {
      const signature = properties.get(property)?.[0];
      if (signature === undefined) continue;
      properties.set(property, [signature, value]);
      if (value === undefined) invalidated.push(property);
      else changed[property] = new Variant(signature, value);
    }
    this.#signal(path, PROPERTIES, 'PropertiesChanged', 'sa{sv}as', [name, changed, invalidated]);
  }

  #signal(path: string, name: string, member: string, signature: string, body: unknown[]): void {
    this.#send(Message.newSignal(path, name, member, signature, body));
  }

  #send(message: Message): void {
    if (this.#closed) return;
    try {
      this.#bus.send(message);
    } catch {
      this.#closed = true; // the bus is gone: nobody is there to be told
    }
  }

  #handle(message: Message): boolean {
    void this.#answer(message).then(
      ([signature, body]) => this.#send(Message.newMethodReturn(message, signature, body)),
      (error: unknown) => {
        const name = error instanceof BusError ? error.errorName : 'org.bluez.Error.Failed';
        this.#send(Message.newError(message, name, error instanceof Error ? error.message : String(error)));
      },
    );
    return true;
  }

  async #answer(message: Message): Promise<[string, unknown[]]> {
    const { path, member } = message;
    if (message.interface === INTROSPECTABLE && member === 'Introspect') return ['s', [this.#describe(path)]];
    if (message.interface === OBJECT_MANAGER && member === 'GetManagedObjects' && path === this.#root) {
      const all = Object.fromEntries([...this.#objects].map(([at, held]) => [at, interfacesOf(held)]));
      return ['a{oa{sa{sv}}}', [all]];
    }
    const held = this.#objects.get(path);
    if (held === undefined) throw new BusError(`${DBUS_ERROR}UnknownObject`, `no object at ${path}`);
    if (message.interface === PROPERTIES) return this.#property(message, held);
    const method = held[message.interface]?.declared.methods[member];
    if (method === undefined || message.signature !== method.takes.join('')) {
      const wanted = `${message.interface}.${member}(${message.signature})`;
      throw new BusError(`${DBUS_ERROR}UnknownMethod`, `no method ${wanted}`);
    }
    await this.intercept(message);
    const answer = await method.call(message);
    return [method.gives, method.gives === '' ? [] : [answer]];
  }

  #property({ member, body }: Message, held: Held): [string, unknown[]] {
    const [name, property, variant] = body as [string, string, Variant | undefined];
    const found = held[name];
    if (found === undefined) throw new BusError(`${DBUS_ERROR}InvalidArgs`, `no interface ${name}`);
    if (member === 'GetAll') return ['a{sv}', [valuesOf(found.properties)]];
    const [signature, value] = found.properties.get(property) ?? [];
    if (member === 'Get' && signature !== undefined && value !== undefined) {
      return ['v', [new Variant(signature, value)]];
    }
    const set = found.declared.settable?.[property];
    if (member === 'Set' && set !== undefined) {
      set(variant?.value);
      return ['', []];
    }
    throw new BusError(`${DBUS_ERROR}InvalidArgs`, `no such property '${property}'`);
  }

  #describe(path: string): string {
    const held = this.#objects.get(path) ?? {};
    const interfaces = Object.entries(held).map(([name, { properties, declared }]) => {
      const methods = Object.entries(declared.methods).map(([method, { takes, gives }]) => {
        const args = takes.map((type) => `<arg type="${type}" direction="in"/>`).join('');
        return `<method name="${method}">${args}${gives && `<arg type="${gives}" direction="out"/>`}</method>`;
      });
      const fields = [...properties].map(([field, [type]]) => {
        const access = declared.settable?.[field] === undefined ? 'read' : 'readwrite';
        return `<property name="${field}" type="${type}" access="${access}"/>`;
      });
      return `<interface name="${name}">${methods.join('')}${fields.join('')}</interface>`;
    });
    const start = path === '/' ? '/' : `${path}/`;
    const below = [...this.#objects.keys()].filter((known) => known.startsWith(start) && known !== path);
    const children = new Set(below.map((known) => known.slice(start.length).split('/')[0]));
    const nodes = [...children].map((child) => `<node name="${child}"/>`);
    const own = [INTROSPECTABLE_XML, path === this.#root ? OBJECT_MANAGER_XML : '', PROPERTIES_XML];
    return `<node>${[...own, ...interfaces, ...nodes].join('')}</node>`;
  }
}

function valuesOf(properties: ReadonlyMap<string, Property>): Record<string, Variant> {
  const present = [...properties].filter(([, [, value]]) => value !== undefined);
  return Object.fromEntries(present.map(([name, [signature, value]]) => [name, new Variant(signature, value)]));
}

function interfacesOf(held: Held): Record<string, Record<string, Variant>> {
  return Object.fromEntries(Object.entries(held).map(([name, { properties }]) => [name, valuesOf(properties)]));
}

const INTROSPECTABLE_XML = `<interface name="${INTROSPECTABLE}"><method name="Introspect"><arg type="s" direction="out"/></method></interface>`;
const OBJECT_MANAGER_XML =
  `<interface name="${OBJECT_MANAGER}"><method name="GetManagedObjects"><arg type="a{oa{sa{sv}}}" direction="out"/></method>` +
  '<signal name="InterfacesAdded"><arg type="o"/><arg type="a{sa{sv}}"/></signal>' +
  '<signal name="InterfacesRemoved"><arg type="o"/><arg type="as"/></signal></interface>';
const PROPERTIES_XML =
  `<interface name="${PROPERTIES}"><method name="Get"><arg type="s" direction="in"/><arg type="s" direction="in"/>` +
  '<arg type="v" direction="out"/></method><method name="Set"><arg type="s" direction="in"/><arg type="s" direction="in"/>' +
  '<arg type="v" direction="in"/></method><method name="GetAll"><arg type="s" direction="in"/>' +
  '<arg type="a{sv}" direction="out"/></method><signal name="PropertiesChanged"><arg type="s"/><arg type="a{sv}"/>' +
  '<arg type="as"/></signal></interface>';
