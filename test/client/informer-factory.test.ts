import { expect } from 'chai';
import { pod, type Pod } from '../../src/api/core-v1/pod.ts';
import { noLog } from '../../src/base/log.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Client } from '../../src/client/client.ts';
import { InformerFactory } from '../../src/client/informer-factory.ts';
import type { Informer } from '../../src/client/informer.ts';
import { MemoryApi } from './memory-api.ts';

const path = (name: string) => `/api/v1/namespaces/d/pods/${name}`;
const body = (name: string, more: object = {}) => ({ metadata: { name, namespace: 'd', ...more } });

/** An API, a running informer over its pods, and what the informer told. */
class World {
  readonly api = new MemoryApi();
  readonly clock = new VirtualClock();
  readonly factory = new InformerFactory({
    client: new Client(this.api.exchange),
    clock: this.clock,
    random: () => 0,
    log: noLog,
  });
  readonly told: string[] = [];
  readonly pods: Informer<Pod> = this.factory.of(pod);

  async start(): Promise<void> {
    this.pods.listen({
      added: (o) => this.told.push(`+${o.metadata.name}`),
      updated: (o, old) =>
        this.told.push(`~${o.metadata.name}:${old.metadata.resourceVersion}>${o.metadata.resourceVersion}`),
      deleted: (o) => this.told.push(`-${o.metadata.name}`),
    });
    this.factory.start();
    await this.factory.synced();
    await this.settle();
  }

  put(name: string, more: object = {}): void {
    this.api.put(path(name), body(name, more));
  }

  /** Lets everything happen that can without time passing. */
  async settle(): Promise<void> {
    for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  }
}

describe('informer', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.factory.stop());

  it('lists in pages, then follows', async () => {
    for (let i = 0; i < 1200; i++) world.put(`p${i}`);
    await world.start();
    expect(world.pods.list()).to.have.length(1200);
    expect(world.api.sent('GET', 'limit=500')).to.have.length(3);
    world.told.length = 0;
    world.put('new');
    world.put('p0');
    world.api.drop(path('p1'));
    await world.settle();
    expect(world.told).to.deep.equal(['+new', '~p0:101>1302', '-p1']);
    expect([world.pods.get('d/p1'), world.pods.list('d').length]).to.deep.equal([undefined, 1200]);
  });

  it('keeps only metadata for those who need no more, unless somebody wants whole objects anyway', async () => {
    const configMap = { ...pod, kind: 'Thing', plural: 'things' };
    const things = world.factory.of(configMap, { metadataOnly: true });
    expect(world.factory.of(pod, { metadataOnly: true })).to.equal(world.pods);
    expect(world.factory.of(configMap)).not.to.equal(things);
    const metadata = { labels: { a: 'b' }, annotations: { long: 'text' }, managedFields: [{ manager: 'm' }] };
    world.api.put(path('a').replace('pods', 'things'), { ...body('a', metadata), spec: { nodeName: 'n' } });
    await world.start();
    const [kept] = things.list();
    expect(kept!.metadata)
      .to.include({ name: 'a', namespace: 'd' })
      .and.deep.include({ labels: { a: 'b' } });
    expect(kept!.metadata).not.to.have.any.keys('annotations', 'managedFields');
    expect(kept).not.to.have.property('spec');
  });

  it('resumes a watch that ended behind the last event, telling nothing twice', async () => {
    world.put('a');
    await world.start();
    world.put('b');
    await world.settle();
    world.api.cutWatches();
    world.put('c');
    await world.settle();
    expect(world.told).to.deep.equal(['+a', '+b', '+c']);
    expect(world.api.sent('GET', 'limit=')).to.have.length(1);
    expect(world.api.sent('GET', 'watch=true').map((r) => r.url.match(/resourceVersion=(\d+)/)![1])).to.deep.equal([
      '101',
      '102',
    ]);
  });

  it('resumes behind a bookmark', async () => {
    await world.start();
    world.api.bookmark();
    await world.settle();
    world.api.cutWatches();
    await world.settle();
    expect(world.api.sent('GET', 'watch=true')[1]!.url).to.contain(`resourceVersion=${world.api.version}`);
  });

  it('waits before it resumes a broken watch, longer each time, and not forever', async () => {
    await world.start();
    const watches = () => world.api.sent('GET', 'watch=true').length;
    world.api.intercept = (r) => {
      if (r.url.includes('watch')) throw new Error('refused');
      return undefined;
    };
    world.api.cutWatches(new Error('broken'));
    await world.settle();
    const delays: number[] = [];
    for (let last = watches(), waited = 0; delays.length < 9; waited += 100) {
      await world.clock.advance(100);
      await world.settle();
      if (watches() > last) delays.push(waited + 100);
      if (watches() > last) waited = -100;
      last = watches();
    }
    expect(delays).to.deep.equal([800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000]);
    world.api.intercept = undefined;
    world.put('late');
    await world.clock.advance(30_000);
    await world.settle();
    expect(world.told).to.deep.equal(['+late']);
  });

  it('lists again after 410 and tells exactly the difference', async () => {
    for (const name of ['same', 'changed', 'gone', 'replaced']) world.put(name);
    await world.start();
    world.told.length = 0;
    world.api.intercept = (r) =>
      r.url.includes('watch') ? { status: 410, body: { kind: 'Status', code: 410, reason: 'Expired' } } : undefined;
    world.api.cutWatches();
    world.put('changed');
    world.api.drop(path('gone'));
    world.api.drop(path('replaced'));
    world.put('replaced', { uid: 'another' });
    world.put('new');
    await world.settle();
    world.api.intercept = undefined;
    await world.clock.advance(5000);
    await world.settle();
    expect([...world.told].sort()).to.deep.equal(['+new', '+replaced', '-gone', '-replaced', '~changed:102>105']);
    expect(world.told.indexOf('-replaced')).to.be.lessThan(world.told.indexOf('+replaced'));
  });

  it('keeps trying until the first list succeeds', async () => {
    world.put('a');
    let refusals = 3;
    world.api.intercept = () => {
      if (refusals-- > 0) throw new Error('refused');
      return undefined;
    };
    world.factory.start();
    await world.settle();
    expect(world.pods.synced).to.equal(false);
    await world.clock.advance(20_000);
    await world.factory.synced();
    expect(world.pods.list()).to.have.length(1);
  });

  it('shares one watch per kind and selection', async () => {
    await world.start();
    expect(world.factory.of(pod)).to.equal(world.pods);
    const selected = world.factory.of(pod, { fieldSelector: 'spec.nodeName=a' });
    expect(selected).not.to.equal(world.pods);
    await world.factory.synced();
    expect(selected.synced).to.equal(true);
    expect(world.api.watchers).to.equal(2);
  });

  it('tells late listeners what is there, and is not harmed by one that throws', async () => {
    world.put('a');
    await world.start();
    world.pods.listen({
      added: () => {
        throw new Error('bad listener');
      },
    });
    const late: string[] = [];
    const end = world.pods.listen({ added: (o) => late.push(o.metadata.name) });
    world.put('b');
    await world.settle();
    end();
    world.put('c');
    await world.settle();
    expect([late, world.told]).to.deep.equal([
      ['a', 'b'],
      ['+a', '+b', '+c'],
    ]);
  });

  it('stops for good, and lets go those who wait', async () => {
    await world.start();
    await world.factory.stop();
    expect(world.api.watchers).to.equal(0);
    const abort = new AbortController();
    const waiting = new InformerFactory({
      client: new Client(world.api.exchange),
      clock: world.clock,
      random: () => 0,
      log: noLog,
    });
    waiting.of(pod);
    const synced = waiting.synced(abort.signal).then(
      () => 'synced',
      (error) => error.message,
    );
    abort.abort(new Error('enough'));
    expect(await synced).to.equal('enough');
  });

  it('misses and doubles nothing however often the connection breaks', async () => {
    await world.start();
    const random = (n: number) => Math.floor(Math.abs(Math.sin(n) * 1e4)) % 10;
    for (let i = 1; i < 400; i++) {
      const name = `p${random(i)}`;
      if (random(i * 7) < 3 && world.api.object(path(name))) world.api.drop(path(name));
      else world.put(name);
      if (i % 13 === 0) world.api.cutWatches(i % 2 ? new Error('cut') : undefined);
      if (i % 50 === 0) world.api.oldest = world.api.version;
      if (i % 5 === 0) await world.clock.advance(i % 3 ? 100 : 40_000);
    }
    await world.clock.advance(120_000);
    await world.settle();
    const versions = (objects: any[]) =>
      Object.fromEntries(objects.map((o) => [o.metadata.name, o.metadata.resourceVersion]));
    expect(versions(world.pods.list())).to.deep.equal(versions(world.api.objects('/api/v1/pods')));
    const alive = new Map<string, number>();
    for (const t of world.told) {
      if (t[0] === '+') alive.set(t.slice(1), (alive.get(t.slice(1)) ?? 0) + 1);
      if (t[0] === '-') alive.set(t.slice(1), alive.get(t.slice(1))! - 1);
      for (const count of alive.values()) if (count < 0 || count > 1) throw new Error(`doubled: ${t}`);
    }
    expect([...alive].filter(([, n]) => n === 1).length).to.equal(world.pods.list().length);
  });
});
