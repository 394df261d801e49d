// What a call of org.bluez.Agent1 asks a person, and what the person's answer is on the bus. Pure.
import type { PairingQuestion } from '../radio.ts';

export interface AgentAnswer {
  readonly signature: string;
  readonly body: readonly unknown[];
}

/** The agent says yes, or has taken notice. */
export const YES: AgentAnswer = { signature: '', body: [] };

/**
 * The question of `member` with its arguments; `accept` when it asks nothing that a person could judge, null when it is
 * not one of Agent1's questions. The first argument is the path of the device.
 */
export function questionOf(member: string, body: readonly unknown[]): PairingQuestion | 'accept' | null {
  const [, shown] = body;
  switch (member) {
    case 'RequestConfirmation':
      return { kind: 'confirm', passkey: sixDigits(shown) };
    case 'RequestPasskey':
      return { kind: 'enter-passkey' };
    case 'RequestPinCode':
      return { kind: 'enter-pin' };
    case 'DisplayPasskey':
      return { kind: 'show-passkey', passkey: sixDigits(shown) };
    case 'DisplayPinCode':
      return { kind: 'show-passkey', passkey: String(shown).slice(0, 16) };
    case 'RequestAuthorization':
      return { kind: 'authorize' };
    case 'AuthorizeService':
      return 'accept';
    default:
      return null;
  }
}

/** `answer` to `question` as Agent1 returns it; null when it says no, or is no answer to that. */
export function answerOf(question: PairingQuestion, answer: boolean | string | null): AgentAnswer | null {
  switch (question.kind) {
    case 'confirm':
    case 'authorize':
      return answer === true ? YES : null;
    case 'enter-passkey':
      return typeof answer === 'string' && /^\d{1,6}$/.test(answer) ? { signature: 'u', body: [Number(answer)] } : null;
    case 'enter-pin':
      // 1 to 16 bytes (Core 5.4, Vol 3 Part C 3.2.3.1); as BlueZ, of printable characters.
      return typeof answer === 'string' && /^[ -~]{1,16}$/.test(answer) ? { signature: 's', body: [answer] } : null;
    case 'show-passkey':
      return YES;
  }
}

function sixDigits(value: unknown): string {
  return String(value).padStart(6, '0').slice(0, 6);
}
