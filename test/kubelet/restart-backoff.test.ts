import { expect } from 'chai';
import { delayText, RestartBackoff } from '../../src/kubelet/restart-backoff.ts';

describe('RestartBackoff', () => {
  it('lets the first restart pass, then waits 10 s, 20 s and so on up to five minutes', () => {
    const backoff = new RestartBackoff();
    let now = 0;
    const delays = Array.from({ length: 8 }, () => {
      const delay = backoff.waiting('pod/c', 'v1', now, now)?.delay ?? 0;
      now += delay;
      expect(backoff.waiting('pod/c', 'v1', now - delay, now)).to.equal(undefined);
      backoff.restarted('pod/c', 'v1', now);
      return delay / 1000;
    });
    expect(delays).to.deep.equal([0, 10, 20, 40, 80, 160, 300, 300]);
  });

  it('counts from the end of the container', () => {
    const backoff = new RestartBackoff();
    backoff.restarted('c', 'v1', 0);
    expect(backoff.waiting('c', 'v1', 8_000, 9_000)).to.deep.equal({ until: 18_000, delay: 10_000 });
  });

  it('starts over after ten quiet minutes', () => {
    const backoff = new RestartBackoff();
    backoff.restarted('c', 'v1', 0);
    backoff.restarted('c', 'v1', 1_000);
    expect(backoff.waiting('c', 'v1', 700_000, 700_000)).to.equal(undefined);
    backoff.restarted('c', 'v1', 700_000);
    expect(backoff.waiting('c', 'v1', 700_000, 700_000)?.delay).to.equal(10_000);
  });

  it('starts over with another version of the container', () => {
    const backoff = new RestartBackoff();
    for (const now of [0, 1_000, 2_000]) backoff.restarted('c', 'v1', now);
    expect(backoff.waiting('c', 'v2', 3_000, 3_000)).to.equal(undefined);
    backoff.restarted('c', 'v2', 3_000);
    expect(backoff.waiting('c', 'v2', 4_000, 4_000)?.delay).to.equal(10_000);
  });

  it('writes delays as messages show them', () => {
    expect([10_000, 80_000, 300_000].map(delayText)).to.deep.equal(['10s', '1m20s', '5m0s']);
  });
});
