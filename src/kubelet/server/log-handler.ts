import { Writable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { badRequest } from '../../apimachinery/api-error.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { allContainers, identityOf, reportedStatus } from '../pod-spec.ts';
import type { ContainerState, Runtime } from '../runtime/runtime.ts';
import type { LogRequest } from './requests.ts';

/**
 * Sends the log of a container.
 * @throws ApiError before anything has been sent, when there is no such container or no log yet
 */
export async function sendLog(
  runtime: Runtime,
  pod: Pod,
  container: string,
  request: LogRequest,
  response: ServerResponse,
): Promise<void> {
  const run = runOf(runtime, pod, container, request.previous);
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the client has left')));
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
  response.flushHeaders();
  const limited = new AbortController();
  const out = limit(response, request.limit, () => limited.abort(new Error('enough')));
  try {
    await runtime.logs(run.id, request, out, AbortSignal.any([gone.signal, limited.signal]));
  } catch (error) {
    if (!gone.signal.aborted && !limited.signal.aborted)
      out.write(`failed to read the log: ${(error as Error).message}\n`);
  }
  response.end();
}

function runOf(runtime: Runtime, pod: Pod, name: string, previous: boolean): ContainerState {
  if (!allContainers(pod).some((c) => c.name === name)) {
    throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`);
  }
  const runs = runtime.pod(identityOf(pod)).containers.filter((c) => c.name === name && c.state !== 'created');
  if (previous) {
    const ended = runs.find((c, i) => c.state === 'exited' && (i > 0 || isWaiting(pod, name)));
    if (!ended) throw badRequest(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`);
    return ended;
  }
  const [run] = runs;
  if (run) return run;
  const reason = reportedStatus(pod, name)?.state?.waiting?.reason ?? 'ContainerCreating';
  throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${whyWaiting(reason)}`);
}

/** Of images, a log's reader is told more than the reason. */
function whyWaiting(reason: string): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  if (reason === 'ImagePullBackOff') return 'trying and failing to pull image';
  return reason;
}

function isWaiting(pod: Pod, name: string): boolean {
  return reportedStatus(pod, name)?.state?.waiting !== undefined;
}

/** Passes so many bytes on, then calls `full`. */
function limit(target: Writable, bytes: number | undefined, full: () => void): Writable {
  let left = bytes ?? Infinity;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, Math.min(chunk.length, left));
      left -= part.length;
      if (left <= 0) full();
      if (part.length === 0 || target.destroyed || target.write(part)) return done();
      const go = () => {
        target.off('drain', go);
        target.off('close', go);
        done();
      };
      target.on('drain', go);
      target.on('close', go);
    },
  });
}
