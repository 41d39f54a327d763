import { ApiError } from '../../apimachinery/api-error.ts';
import { errorMessage } from '../../base/log.ts';

/** What the error channel of protocol versions 4 and 5 says at the end of a command: a Status in JSON. */
export function exitStatus(code: number): string {
  if (code === 0) return JSON.stringify({ metadata: {}, status: 'Success' });
  return JSON.stringify({
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });
}

/** What it says when the command could not be run. */
export function failureStatus(error: unknown): string {
  const { code, reason } = error instanceof ApiError ? error : { code: 500, reason: 'InternalError' };
  return JSON.stringify({ metadata: {}, status: 'Failure', message: errorMessage(error), reason, code });
}
