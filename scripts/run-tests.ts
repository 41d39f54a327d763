/**
 * Runs the tests with mocha and writes the closing line `N passed, N failed[, N skipped]` to standard output and to
 * `coverage/tests.txt`. Usage: run-tests.ts fast|all [mocha arguments and files]
 * `fast` leaves out test/e2e and conformance, which need root, Docker and kubectl.
 */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realClock } from '../src/base/clock.ts';
import { keepAlive } from '../src/base/keep-alive.ts';
import { dockerAnswers, startDockerEngine } from '../src/cluster/docker-engine.ts';

interface Stats {
  passes: number;
  failures: number;
  pending: number;
}

const [selection, ...extra] = process.argv.slice(2);

/** The groups are run one after another, each in a mocha of its own, so that a leak of one cannot disturb the next. */
function groups(): string[][] {
  if (extra.length > 0) return [extra];
  const fast = globSync('test/**/*.test.ts').filter((f) => !f.startsWith('test/e2e/'));
  if (selection === 'fast') return [fast];
  return [fast, globSync('test/e2e/**/*.test.ts'), globSync('conformance/**/*.test.ts')].filter((g) => g.length > 0);
}

/** Runs one mocha; what it counted, or a failure when it died without counting. */
function mocha(files: string[]): Stats {
  const report = join(tmpdir(), `coxswain-tests-${process.pid}.json`);
  const args = [
    'node_modules/mocha/bin/mocha.js',
    '--reporter',
    'scripts/mocha-reporter.cjs',
    '--reporter-option',
    `output=${report}`,
  ];
  const done = spawnSync(process.execPath, [...args, ...files.toSorted()], { stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    const stats = JSON.parse(readFileSync(report, 'utf8')) as Stats;
    if (done.status !== 0 && stats.failures === 0) stats.failures = 1;
    return stats;
  } catch {
    return { passes: 0, failures: 1, pending: 0 };
  } finally {
    rmSync(report, { force: true });
  }
}

/** The end-to-end tests want a Docker Engine; where none answers, one is started as `cox up` would. */
async function provideDocker(): Promise<void> {
  if (await dockerAnswers()) return;
  console.log('Starting the Docker Engine ...');
  const release = keepAlive();
  await startDockerEngine({ logFolder: tmpdir(), clock: realClock, signal: new AbortController().signal });
  release();
}

if (selection === 'all') await provideDocker();
const total: Stats = { passes: 0, failures: 0, pending: 0 };
for (const files of groups()) {
  const stats = mocha(files);
  total.passes += stats.passes;
  total.failures += stats.failures;
  total.pending += stats.pending;
}
const line = `${total.passes} passed, ${total.failures} failed${total.pending ? `, ${total.pending} skipped` : ''}`;
mkdirSync('coverage', { recursive: true });
writeFileSync('coverage/tests.txt', `${line}\n`);
console.log(line);
process.exit(total.failures === 0 && total.passes > 0 ? 0 : 1);
