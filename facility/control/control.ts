// What a command may ask of a running facility over its control socket: JSON lines, one request, one answer. The socket
// lies in the data folder with mode 0600, so whoever may open it may read the keys anyway.
import { type ErrorCode, isErrorCode, isVitalsealError, VitalsealError } from '@vitalseal/ledger';

export type ControlHandlers = Readonly<Record<string, (parameters: Record<string, unknown>) => Promise<unknown>>>;

export const MAX_CONTROL_LINE = 64 * 1024;

/** Answers one line. Never throws: what fails becomes `{"error":{code,message}}`. */
export async function answerControl(handlers: ControlHandlers, line: string): Promise<string> {
  try {
    const request: unknown = JSON.parse(line);
    if (typeof request !== 'object' || request === null) throw new VitalsealError('request_invalid');
    const { command, ...parameters } = request as Record<string, unknown>;
    const handler = typeof command === 'string' && Object.hasOwn(handlers, command) ? handlers[command] : undefined;
    if (handler === undefined) throw new VitalsealError('not_found', 'no such command');
    return JSON.stringify({ result: (await handler(parameters)) ?? null });
  } catch (error) {
    const { code, message } = isVitalsealError(error)
      ? error
      : new VitalsealError(error instanceof SyntaxError ? 'request_invalid' : 'internal');
    return JSON.stringify({ error: { code, message } });
  }
}

/** The result in an answer. Throws the error that it carries. */
export function readControlAnswer(line: string): unknown {
  const answer = JSON.parse(line) as { result?: unknown; error?: { code?: unknown; message?: unknown } };
  if (answer.error === undefined) return answer.result;
  const code: ErrorCode = isErrorCode(answer.error.code) ? answer.error.code : 'internal';
  throw new VitalsealError(code, String(answer.error.message ?? code));
}
