import { expect } from 'chai';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { badRequests, type BadRequest } from '../../bench/bad-requests.ts';
import { TestServer } from './test-server.ts';

/**
 * Milliseconds. The figures themselves are for `npm run bench -- --only bad-input` to tell; what this finds, on any
 * machine, is work that grows faster than its input.
 */
const longestHold = 2000;
/** The best of so many tries counts: the machine has other things to do too. */
const tries = 4;

describe('a request that means harm', function () {
  this.timeout(120_000);
  let api: TestServer;

  before(async () => {
    api = new TestServer();
    await api.server.start();
  });
  after(() => api.close());

  for (const request of badRequests) {
    it(`does not hold the others up: ${request.what}`, async () => {
      const holds: number[] = [];
      do holds.push(await hold(() => send(request)));
      while (Math.min(...holds) > longestHold && holds.length < tries);
      expect(Math.min(...holds)).to.be.at.most(longestHold);
    });
  }

  async function send({ method, path, type, body }: BadRequest): Promise<void> {
    const { status } = await api.call(method, path, body === '' ? undefined : Buffer.from(body, 'latin1'), {
      headers: { 'content-type': type },
    });
    expect(status).to.be.at.least(200).and.below(500);
  }
});

/**
 * How long the event loop stood still at most while `work` was done, in milliseconds: what the clock says, but no more
 * than this thread was at work, because a busy machine makes it wait for its turn.
 */
async function hold(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 10)); // its first sample only sets the mark
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return Math.min(delay.max / 1e6, (user + system) / 1000);
}
