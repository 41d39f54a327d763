import { expect } from 'chai';
import { lease } from '../../src/api/coordination-v1/lease.ts';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { LeaderElection } from '../../src/client/leader-election.ts';
import { Cluster } from '../../src/cluster/index.ts';

describe('leader election', () => {
  let clock: VirtualClock;
  let cluster: Cluster;
  let leading: string[];
  let away: Set<string>;

  beforeEach(async () => {
    clock = new VirtualClock();
    cluster = await Cluster.start({ clock, listen: false, controllers: false, scheduler: false });
    leading = [];
    away = new Set();
  });
  afterEach(() => cluster.stop());

  /** A candidate whose requests fail while its name is in `away`. */
  const candidate = (identity: string) => {
    const client = Object.create(cluster.client) as typeof cluster.client;
    for (const verb of ['find', 'get', 'create', 'update'] as const) {
      (client as any)[verb] = (...args: unknown[]) =>
        away.has(identity) ? Promise.reject(new Error('cut off')) : (cluster.client as any)[verb](...args);
    }
    const lead = async () => {
      leading.push(identity);
      const stop = async () => void (leading = leading.filter((name) => name !== identity));
      return { name: identity, start: async () => {}, stop };
    };
    return new LeaderElection({ client, clock, log: noLog, name: 'job', identity, lead });
  };
  const held = async () => (await cluster.client.get(lease, { namespace: 'kube-system', name: 'job' })).spec!;

  it('lets one lead at a time, and the next at once when it leaves', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await a.start();
    await b.start();
    await clock.advance(60_000);
    expect(leading).to.deep.equal(['a']);
    expect(await held()).to.deep.include({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    await a.stop();
    expect(leading).to.deep.equal([]);
    expect((await held()).holderIdentity || '').to.equal('');
    await clock.advance(2000);
    expect(leading).to.deep.equal(['b']);
    expect((await held()).leaseTransitions).to.equal(1);
    await b.stop();
  });

  it('never has two at once when the leader is cut off, and goes on with another', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await a.start();
    await b.start();
    await clock.advance(10_000);
    away.add('a');
    for (let i = 0; i < 60; i++) {
      await clock.advance(500);
      expect(leading.length).to.be.at.most(1);
    }
    expect(leading).to.deep.equal(['b']);
    away.delete('a');
    await clock.advance(30_000);
    expect(leading).to.deep.equal(['b']);
    await a.stop();
    await b.stop();
  });
});
