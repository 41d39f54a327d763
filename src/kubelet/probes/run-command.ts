import { Writable } from 'node:stream';
import type { Runtime } from '../runtime/runtime.ts';

/** Bytes of a command's output that are of interest. */
const ENOUGH = 10 * 1024;

/** Runs a command in a container: its exit code and the beginning of all that it writes. */
export async function runCommand(
  runtime: Runtime,
  id: string,
  command: readonly string[],
  signal?: AbortSignal,
): Promise<{ code: number; output: string }> {
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = () =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (length < ENOUGH) chunks.push(chunk);
        length += chunk.length;
        done();
      },
    });
  const streams = { stdout: collect(), stderr: collect(), tty: false, endsWithCaller: true };
  const code = await runtime.exec(id, command, streams, signal);
  return { code, output: Buffer.concat(chunks).toString('utf8').slice(0, ENOUGH) };
}
