import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { sleep, type Clock } from '../base/clock.ts';
import { dockerSocket } from '../kubelet/index.ts';

const START_TIMEOUT_SECONDS = 60;

/** Whether a Docker Engine answers on `socket`. */
export function dockerAnswers(socket = dockerSocket): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ socketPath: socket, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('error', () => resolve(false));
    call.on('timeout', () => call.destroy());
    call.end();
  });
}

/**
 * Starts the Docker Engine: by systemd where that runs the machine, else as a process of its own that outlives this
 * one, so that pods keep running when the cluster stops. Its output goes to `<logFolder>/dockerd.log`.
 * @throws a sentence that says what is missing
 */
export async function startDockerEngine(options: {
  logFolder: string;
  clock: Clock;
  signal: AbortSignal;
}): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    const done = spawnSync('systemctl', ['start', 'docker'], { encoding: 'utf8' });
    if (done.status !== 0)
      throw new Error(`The Docker Engine does not start: ${done.stderr.trim()}. See: journalctl -u docker`);
  } else {
    startDaemon(options.logFolder);
  }
  const deadline = options.clock.monotonic() + START_TIMEOUT_SECONDS * 1000;
  while (!(await dockerAnswers())) {
    if (options.clock.monotonic() > deadline) {
      throw new Error(
        `The Docker Engine did not answer within ${START_TIMEOUT_SECONDS} s. See ${join(options.logFolder, 'dockerd.log')}.`,
      );
    }
    await sleep(options.clock, 50, options.signal);
  }
}

function startDaemon(logFolder: string): void {
  if (!executable('dockerd')) {
    throw new Error(
      'The Docker Engine is missing. Install it with: apt-get install -y --no-install-recommends docker.io',
    );
  }
  for (const { file, command } of pidFiles) removeStale(file, command);
  const log = openSync(join(logFolder, 'dockerd.log'), 'a', 0o600);
  const child = spawn('dockerd', ['--live-restore'], { detached: true, stdio: ['ignore', log, log] });
  child.on('error', () => {}); // the deadline above reports it
  child.unref();
}

/** An engine that was killed leaves these; it does not start while the number in them is another process's. */
const pidFiles = [
  { file: '/var/run/docker.pid', command: 'dockerd' },
  { file: '/var/run/docker/containerd/containerd.pid', command: 'containerd' },
];

/** Removes a pid file whose process is not one of `command`. */
function removeStale(file: string, command: string): void {
  try {
    const pid = readFileSync(file, 'utf8').trim();
    if (existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(command)) return;
    rmSync(file, { force: true });
  } catch {
    // There is none.
  }
}

function executable(command: string): boolean {
  return ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', '/sbin', '/bin'].some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
