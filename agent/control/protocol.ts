// What a command may ask of a running agent: JSON lines over a unix socket, one request and one answer each. The socket
// lies in the agent's folder with mode 0600; whoever may open it may read the keys anyway. What comes is bounded all the same.
import { type ErrorCode, isErrorCode, isVitalsealError, VitalsealError } from '@vitalseal/ledger';

export type Parameters = Readonly<Record<string, unknown>>;
export type ControlHandlers = Readonly<Record<string, (parameters: Parameters) => Promise<unknown>>>;

/** Bytes of a request's line, and of an answer's. */
export const MAX_REQUEST = 64 * 1024;
export const MAX_ANSWER = 64 * 1024 * 1024;

/** Answers one line. Never throws: what fails becomes `{"error":{code,message}}`. */
export async function answerLine(handlers: ControlHandlers, line: string): Promise<string> {
  try {
    const request: unknown = JSON.parse(line);
    if (typeof request !== 'object' || request === null || Array.isArray(request))
      throw new VitalsealError('request_invalid');
    const { command, ...parameters } = request as Record<string, unknown>;
    const handler = typeof command === 'string' && Object.hasOwn(handlers, command) ? handlers[command] : undefined;
    if (handler === undefined) throw new VitalsealError('not_found', 'no such command');
    return JSON.stringify({ result: (await handler(parameters)) ?? null });
  } catch (error) {
    const known = isVitalsealError(error);
    const fault = known ? error : new VitalsealError(error instanceof SyntaxError ? 'request_invalid' : 'internal');
    return JSON.stringify({ error: { code: fault.code, message: fault.message } });
  }
}

/** The result in an answer. Throws the error that it carries. */
export function readAnswer(line: string): unknown {
  const answer = JSON.parse(line) as { result?: unknown; error?: { code?: unknown; message?: unknown } };
  if (answer.error === undefined) return answer.result;
  const code: ErrorCode = isErrorCode(answer.error.code) ? answer.error.code : 'internal';
  throw new VitalsealError(code, String(answer.error.message ?? code));
}

/** A text parameter. Throws `request_invalid`. */
export function textOf(parameters: Parameters, name: string): string {
  const value = parameters[name];
  if (typeof value !== 'string' || value.length > 4096)
    throw new VitalsealError('request_invalid', `${name} is not a text`);
  return value;
}
