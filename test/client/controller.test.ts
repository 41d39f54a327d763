import { expect } from 'chai';
import { replicaSet, type ReplicaSet } from '../../src/api/apps-v1/replica-set.ts';
import { node } from '../../src/api/core-v1/node.ts';
import { pod } from '../../src/api/core-v1/pod.ts';
import { service } from '../../src/api/core-v1/service.ts';
import { ApiError } from '../../src/apimachinery/api-error.ts';
import { errorMessage, noLog, type Log } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import { controller, type ControllerDefinition, type RunningController } from '../../src/client/controller.ts';
import { InformerFactory } from '../../src/client/informer-factory.ts';
import { MemoryApi } from './memory-api.ts';

const rsPath = '/apis/apps/v1/namespaces/d/replicasets/';
const podPath = '/api/v1/namespaces/d/pods/';
const owned = (owner: string, kind = 'ReplicaSet') => ({
  namespace: 'd',
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name: owner, uid: `uid-of-${owner}`, controller: true }],
});

class World {
  readonly api = new MemoryApi();
  readonly clock = new VirtualClock();
  readonly reconciled: string[] = [];
  readonly warned: string[] = [];
  running: RunningController | undefined;
  #informers: InformerFactory | undefined;

  async start(definition: Partial<ControllerDefinition<ReplicaSet>> = {}): Promise<void> {
    const client = new Client(this.api.exchange);
    const log: Log = { ...noLog, warn: (message) => void this.warned.push(message), child: () => log };
    const base = { client, clock: this.clock, random: () => 0, log };
    this.#informers = new InformerFactory(base);
    const reconcile = async (key: string) => void this.reconciled.push(key);
    const made = controller<ReplicaSet>({ name: 'replicaset', for: replicaSet, owns: [pod], reconcile, ...definition });
    this.running = made.start({ ...base, informers: this.#informers });
    this.#informers.start();
    await this.settle();
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    await this.#informers?.stop();
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  }
}

describe('controller', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.stop());
  const putRs = (name: string) =>
    world.api.put(rsPath + name, { metadata: { name, namespace: 'd', uid: `uid-of-${name}` } });

  it('reconciles what is there, once, and what changes', async () => {
    putRs('a');
    putRs('b');
    await world.start();
    expect(world.reconciled).to.deep.equal(['d/a', 'd/b']);
    putRs('a');
    world.api.drop(`${rsPath}b`);
    await world.settle();
    expect(world.reconciled.slice(2)).to.deep.equal(['d/a', 'd/b']);
  });

  it('waits with the first reconcile until every kind is in sync', async () => {
    putRs('a');
    world.api.put(`${podPath}p`, { metadata: { name: 'p', ...owned('a') } });
    world.api.intercept = (r) => (r.url.startsWith('/api/v1/pods') ? { status: 500, body: 'not yet' } : undefined);
    const seen: number[] = [];
    await world.start({ reconcile: async (_, { reader }) => void seen.push(reader.ownedBy(pod, 'uid-of-a').length) });
    expect(seen).to.deep.equal([]);
    world.api.intercept = undefined;
    await world.clock.advance(5000);
    await world.settle();
    expect(seen).to.deep.equal([1]);
  });

  it('warns of failures, but not of those that a namespace on its way out brings', async () => {
    putRs('a');
    const refused = new ApiError(403, 'Forbidden', 'no', {
      causes: [{ reason: 'NamespaceTerminating', message: 'd' }],
    });
    const failures = [refused, new Error('broken')];
    await world.start({ reconcile: async () => Promise.reject(failures.shift()) });
    expect(world.warned).to.deep.equal([]);
    await world.clock.advance(1000);
    await world.settle();
    expect(world.warned[0]).to.equal('reconcile failed');
  });

  it('reconciles the owner of what it owns, also the former one, and nobody of another kind', async () => {
    await world.start();
    world.api.put(`${podPath}p`, { metadata: { name: 'p', ...owned('a') } });
    await world.settle();
    world.api.put(`${podPath}p`, { metadata: { name: 'p', ...owned('b') } });
    await world.settle();
    world.api.put(`${podPath}q`, { metadata: { name: 'q', ...owned('c', 'StatefulSet') } });
    world.api.drop(`${podPath}p`);
    await world.settle();
    expect(world.reconciled).to.deep.equal(['d/a', 'd/a', 'd/b', 'd/b']);
  });

  it('reconciles the keys that a watch names, and lets it read', async () => {
    putRs('a');
    putRs('b');
    await world.start({
      watches: [
        {
          kind: node,
          keys: (n, reader) =>
            reader
              .list(replicaSet)
              .filter((r) => r.metadata.name === n.metadata.labels?.rs)
              .map((r) => `d/${r.metadata.name}`),
          indexes: { rs: (n) => [n.metadata.labels?.rs ?? ''] },
        },
      ],
      reconcile: async (key, { reader }) =>
        void world.reconciled.push(`${key}:${reader.byIndex(node, 'rs', 'b').length}`),
    });
    world.api.put('/api/v1/nodes/n', { metadata: { name: 'n', labels: { rs: 'b' } } });
    await world.settle();
    expect(world.reconciled).to.deep.equal(['d/a:0', 'd/b:0', 'd/b:1']);
  });

  const moves: [before: string, after: string, woken: string[]][] = [
    ['', 'b', ['b']],
    ['b', '', ['b']],
    ['a', 'a', ['a']],
    ['a', 'b', ['a', 'b']],
    ['a,b', 'b,c', ['a', 'b', 'c']],
    ['', 'a,a', ['a']],
    ['', '', []],
  ];
  for (const [before, after, woken] of moves) {
    it(`reconciles once each whom a change from "${before}" to "${after}" concerns`, async () => {
      const names = (n: any): string[] => (n.metadata.labels?.rs ?? '').split(',').filter(Boolean);
      world.api.put('/api/v1/nodes/n', { metadata: { name: 'n', labels: { rs: before } } });
      await world.start({ watches: [{ kind: node, keys: (n) => names(n).map((name) => `d/${name}`) }] });
      world.reconciled.length = 0;
      world.api.put('/api/v1/nodes/n', { metadata: { name: 'n', labels: { rs: after } } });
      await world.settle();
      expect(world.reconciled).to.deep.equal(woken.map((name) => `d/${name}`));
    });
  }

  it('retries a failure with growing delays, and starts over after a success', async () => {
    putRs('a');
    let failures = 4;
    const at: number[] = [];
    await world.start({
      async reconcile() {
        at.push(world.clock.monotonic());
        if (failures-- > 0) throw new Error('no');
      },
    });
    await world.clock.advance(1000);
    expect(at).to.deep.equal([0, 5, 15, 35, 75]);
    failures = 1;
    putRs('a');
    await world.settle();
    await world.clock.advance(1000);
    expect(at.slice(5).map((t) => t - at[5]!)).to.deep.equal([0, 5]);
  });

  it('lets changes wait for others, but not who wants something else of the object', async () => {
    const putGeneration = (generation: number) =>
      world.api.put(`${rsPath}a`, { metadata: { name: 'a', namespace: 'd', uid: 'uid-of-a', generation } });
    putGeneration(1);
    await world.start({ batch: 1_000 });
    world.reconciled.length = 0;
    putGeneration(1);
    for (const name of ['p', 'q']) world.api.put(podPath + name, { metadata: { ...owned('a'), name } });
    await world.settle();
    expect(world.reconciled).to.deep.equal([]);
    putGeneration(2);
    await world.settle();
    expect(world.reconciled).to.deep.equal(['d/a']);
    await world.clock.advance(1_000);
    await world.settle();
    expect(world.reconciled).to.deep.equal(['d/a', 'd/a']);
  });

  it('comes back when asked to, and at every resync', async () => {
    putRs('a');
    const at: number[] = [];
    await world.start({
      resyncEvery: 10_000,
      async reconcile() {
        at.push(world.clock.monotonic());
        return at.length === 1 ? { after: 3000 } : undefined;
      },
    });
    await world.clock.advance(20_000);
    expect(at).to.deep.equal([0, 3000, 10_000, 20_000]);
  });

  it('works on as many keys at once as it has workers, never twice on one', async () => {
    const running = new Map<string, number>();
    let most = 0;
    for (let i = 0; i < 6; i++) putRs(`r${i}`);
    await world.start({
      workers: 3,
      async reconcile(key) {
        running.set(key, (running.get(key) ?? 0) + 1);
        expect(running.get(key)).to.equal(1);
        most = Math.max(most, running.size);
        putRs(key.slice(2));
        if (world.reconciled.push(key) > 30) world.api.intercept = () => ({ status: 500, body: '' });
        await new Promise(setImmediate);
        running.delete(key);
      },
    });
    await world.running!.stop();
    expect(most).to.equal(3);
  });

  it('ends only when what is under way has ended', async () => {
    putRs('a');
    const gate = Promise.withResolvers<void>();
    let aborted = false;
    await world.start({
      async reconcile(_, { signal }) {
        await gate.promise;
        aborted = signal.aborted;
      },
    });
    let stopped = false;
    const stopping = world.running!.stop().then(() => (stopped = true));
    await world.settle();
    expect(stopped).to.equal(false);
    gate.resolve();
    await stopping;
    expect(aborted).to.equal(true);
  });

  it('says which kind was not declared', async () => {
    putRs('a');
    let message = '';
    await world.start({
      async reconcile(_, { reader }) {
        try {
          reader.list(service);
        } catch (error) {
          message = errorMessage(error);
        }
      },
    });
    expect(message).to.equal('the controller replicaset does not declare that it reads Service');
  });
});
