import { expect } from 'chai';
import { event, type Event } from '../../src/api/core-v1/event.ts';
import { lease } from '../../src/api/coordination-v1/lease.ts';
import { noLog } from '../../src/base/log.ts';
import { MetricRegistry } from '../../src/base/metrics.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { LeaderElection, leaderStatus } from '../../src/client/leader-election.ts';
import { Cluster } from '../../src/cluster/index.ts';

describe('leader election', () => {
  let clock: VirtualClock;
  let cluster: Cluster;
  let leading: string[];
  let away: Set<string>;
  let hanging: Set<string>;
  let metrics: MetricRegistry;

  beforeEach(async () => {
    clock = new VirtualClock();
    cluster = await Cluster.start({ clock, listen: false, controllers: false, scheduler: false });
    leading = [];
    away = new Set();
    hanging = new Set();
    metrics = new MetricRegistry();
  });
  afterEach(() => cluster.stop());

  /** A candidate whose requests fail while its name is in `away`. */
  const candidate = (identity: string) => {
    const client = Object.create(cluster.client) as typeof cluster.client;
    for (const verb of ['find', 'get', 'create', 'update'] as const) {
      (client as any)[verb] = (...args: unknown[]) => {
        if (hanging.has(identity)) return new Promise(() => {});
        return away.has(identity) ? Promise.reject(new Error('cut off')) : (cluster.client as any)[verb](...args);
      };
    }
    const lead = async () => {
      leading.push(identity);
      const stop = async () => void (leading = leading.filter((name) => name !== identity));
      return { name: identity, start: async () => {}, stop };
    };
    const status = leaderStatus(metrics);
    return new LeaderElection({ client, clock, log: noLog, name: 'job', identity, lead, status });
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

  it('gives up in time when its requests get no answer, and can lead again', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await a.start();
    await b.start();
    await clock.advance(10_000);
    hanging.add('a');
    for (let i = 0; i < 60; i++) {
      await clock.advance(500);
      expect(leading.length).to.be.at.most(1);
    }
    expect(leading).to.deep.equal(['b']);
    hanging.clear();
    await b.stop();
    await clock.advance(20_000);
    expect(leading).to.deep.equal(['a']);
    await a.stop();
  });

  it('ends when another has the lease after all', async () => {
    const a = candidate('a');
    await a.start();
    const current = await cluster.client.get(lease, { namespace: 'kube-system', name: 'job' });
    await cluster.client.update(lease, { ...current, spec: { ...current.spec, holderIdentity: 'thief' } });
    await clock.advance(2000);
    expect(leading).to.deep.equal([]);
    await a.stop();
    expect((await held()).holderIdentity).to.equal('thief');
  });

  it('tells the world who leads', async () => {
    const a = candidate('a');
    await a.start();
    expect(metrics.render()).to.include('leader_election_master_status{name="job"} 1');
    await a.stop();
    expect(metrics.render()).to.include('leader_election_master_status{name="job"} 0');
    let items: Event[] = [];
    while (items.length < 2) ({ items } = await cluster.client.list(event, { namespace: 'kube-system' }));
    const told = items.map((one) => `${one.involvedObject.kind} ${one.type} ${one.reason}: ${one.message}`);
    expect(told).to.have.members([
      'Lease Normal LeaderElection: a became leader',
      'Lease Normal LeaderElection: a stopped leading',
    ]);
  });
});
