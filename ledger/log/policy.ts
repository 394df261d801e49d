// Which logs are known, which witnesses, and how many of them make a checkpoint final (C2SP tlog-policy). The file is
// text; its hash is what an identity file and an invite pin.
import { sha256 } from '../crypto.ts';
import { equalBytes, utf8 } from '../encoding/bytes.ts';
import { VitalsealError } from '../errors.ts';
import type { Hash } from '../tree/hash.ts';
import { formatVkey, NOTE_TYPE, type NoteKey, parseVkey } from './vkey.ts';

export interface PolicyLog {
  readonly key: NoteKey;
  readonly url?: string;
}
/** `name` is used inside the policy only; what it signs carries `key.name`. */
export interface PolicyWitness {
  readonly name: string;
  readonly key: NoteKey;
  readonly url?: string;
}
/** Witnessed when at least `threshold` of its members are; members are witnesses or groups defined before it. */
export interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  readonly members: readonly string[];
}
/** `quorum` names a witness or a group; null asks for no cosignature (`quorum none`). Groups in order of definition. */
export interface Policy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  readonly quorum: string | null;
}

/** Limits: the specification asks for at least 32 of each. */
const MAX_TEXT = 512 * 1024;
const MAX_EACH = 512;

const refuse = (why: string): never => {
  throw new VitalsealError('policy_invalid', `not a policy: ${why}`);
};

/** SHA-256 of the policy's UTF-8 bytes, comments and spaces included. */
export function policyHash(text: string): Hash {
  return sha256(utf8(text));
}

/** The policy of a text. Throws `policy_invalid`, naming the line. */
export function parsePolicy(text: string): Policy {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification allows tab and newline only
  if (text.length > MAX_TEXT || /[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) || !text.isWellFormed()) {
    return refuse('too long, or characters that a policy may not have');
  }
  const draft = new Draft();
  text.split('\n').forEach((line, i) => {
    const words = line.split(/[ \t]+/).filter((word) => word.length > 0);
    if (words.length === 0 || words[0]?.startsWith('#')) return;
    try {
      draft.line(words as [string, ...string[]]);
    } catch (error) {
      refuse(`line ${i + 1}: ${(error as Error).message}`);
    }
  });
  return draft.finish();
}

/** The policy as text, which parses to the same policy. */
export function formatPolicy({ logs, witnesses, groups, quorum }: Policy): string {
  const vkey = ({ name, type, publicKey }: NoteKey) => formatVkey(name, type, publicKey);
  const url = (text: string | undefined) => (text === undefined ? '' : ` ${text}`);
  const text = [
    ...logs.map((log) => `log ${vkey(log.key)}${url(log.url)}`),
    ...witnesses.map((witness) => `witness ${witness.name} ${vkey(witness.key)}${url(witness.url)}`),
    ...groups.map((group) => `group ${group.name} ${group.threshold} ${group.members.join(' ')}`),
    `quorum ${quorum ?? 'none'}`,
  ]
    .map((line) => `${line}\n`)
    .join('');
  parsePolicy(text);
  return text;
}

/** A policy while its lines are read. */
class Draft {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #members = new Set<string>();
  readonly #names = new Set<string>(['none']);
  #quorum: string | null | undefined;

  line([keyword, ...words]: [string, ...string[]]): void {
    const [first, second, third] = words;
    if (keyword === 'log' && first !== undefined && words.length <= 2) {
      this.#add(this.#logs, {
        key: this.#key(first, this.#logs, [NOTE_TYPE.ed25519, NOTE_TYPE.mlDsa44]),
        ...withUrl(second),
      });
    } else if (keyword === 'witness' && first !== undefined && second !== undefined && words.length <= 3) {
      const key = this.#key(second, this.#witnesses, [NOTE_TYPE.cosignature, NOTE_TYPE.mlDsa44]);
      this.#add(this.#witnesses, { name: this.#define(first), key, ...withUrl(third) });
    } else if (keyword === 'group' && first !== undefined && second !== undefined && words.length >= 3) {
      const members = words.slice(2).map((name) => this.#member(name));
      const threshold = second === 'all' ? members.length : second === 'any' ? 1 : Number(second);
      if (!/^(all|any|[1-9][0-9]{0,3})$/.test(second) || threshold > members.length) throw new Error('the threshold');
      this.#add(this.#groups, { name: this.#define(first), threshold, members });
    } else if (keyword === 'quorum' && first !== undefined && words.length === 1) {
      if (this.#quorum !== undefined) throw new Error('a second quorum');
      if (!this.#names.has(first)) throw new Error('a name that was not defined before');
      this.#quorum = first === 'none' ? null : first;
    } else {
      throw new Error('not a log, witness, group or quorum line');
    }
  }

  finish(): Policy {
    if (this.#quorum === undefined) return refuse('it has no quorum');
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #add<T>(list: T[], item: T): void {
    if (list.length === MAX_EACH) throw new Error('too many');
    list.push(item);
  }

  #define(name: string): string {
    if (this.#names.has(name)) throw new Error('a name that is taken');
    this.#names.add(name);
    return name;
  }

  /** Each name may be a member once, so that a witness counts in one way only. */
  #member(name: string): string {
    if (name === 'none' || !this.#names.has(name)) throw new Error('a member that was not defined before');
    if (this.#members.has(name)) throw new Error('a member that is one already');
    this.#members.add(name);
    return name;
  }

  #key(vkey: string, others: readonly { key: NoteKey }[], types: readonly number[]): NoteKey {
    const key = parseVkey(vkey);
    if (!types.includes(key.type)) throw new Error('a key of a type that cannot sign this');
    for (const { key: other } of others) {
      if (equalBytes(other.publicKey, key.publicKey)) throw new Error('a key that is there already');
      // Then a signature line could not say which of the two made it.
      if (other.name === key.name && other.keyId === key.keyId)
        throw new Error('a key with the name and id of another');
    }
    return key;
  }
}

function withUrl(url: string | undefined): { url?: string } {
  return url === undefined ? {} : { url };
}
