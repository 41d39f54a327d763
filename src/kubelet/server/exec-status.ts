import { ApiError } from '../../apimachinery/api-error.ts';
import { errorMessage } from '../../base/log.ts';
import type { ProcessProtocol } from './process-protocols.ts';

const latest: ProcessProtocol = { version: 5 };

/**
 * What the error channel says at the end of a command: a Status in JSON, or in versions before 4 a sentence, and nothing
 * when all is well.
 */
export function exitStatus(code: number, protocol = latest): string {
  if (code === 0) return protocol.version < 4 ? '' : JSON.stringify({ metadata: {}, status: 'Success' });
  const message = `command terminated with non-zero exit code: exit status ${code}`;
  if (protocol.version < 4) return message;
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    message,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });
}

/** What it says when the command could not be run. */
export function failureStatus(error: unknown, protocol = latest): string {
  const message = errorMessage(error);
  if (protocol.version < 4) return message;
  const { code, reason } = error instanceof ApiError ? error : { code: 500, reason: 'InternalError' };
  return JSON.stringify({ metadata: {}, status: 'Failure', message, reason, code });
}
