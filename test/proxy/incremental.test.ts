import { expect } from 'chai';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { noLog } from '../../src/base/log.ts';
import { CommandError, type Run } from '../../src/linux/exec.ts';
import { Iptables } from '../../src/linux/iptables.ts';
import { KernelRules } from '../../src/proxy/kernel-rules.ts';
import { ProxyMetrics } from '../../src/proxy/metrics.ts';
import { families, type Family, type ServicePort } from '../../src/proxy/model.ts';
import { tables } from '../../src/proxy/rule-set.ts';
import { MemoryIptables } from './memory-iptables.ts';
import { RandomCluster, Seeded } from './random-cluster.ts';

const clock = new VirtualClock();

class World {
  readonly kernel = new MemoryIptables();
  readonly rules: KernelRules;
  readonly options: ConstructorParameters<typeof KernelRules>[0];
  readonly family: Family;

  constructor(family: Family) {
    this.family = family;
    this.options = {
      family,
      iptables: new Iptables(this.kernel.run, family === 'IPv4' ? 4 : 6),
      rules: { clusterCidr: family === 'IPv4' ? '10.244.0.0/16' : 'fd01::/48' },
      clock,
      log: noLog,
      metrics: new ProxyMetrics(clock),
    };
    this.rules = new KernelRules(this.options);
  }

  put(cluster: RandomCluster, keys: readonly string[]): void {
    for (const key of keys) this.rules.put(key, cluster.ports(key));
  }

  /** Takes in a change of the cluster, and writes it as the proxy does: what failed is repaired. */
  async change(cluster: RandomCluster): Promise<void> {
    this.put(cluster, cluster.step());
    await this.rules.write().catch(() => this.rules.repair());
  }

  /** What a proxy that starts now would write. */
  async fresh(cluster: RandomCluster): Promise<World> {
    const world = new World(this.family);
    world.put(cluster, cluster.keys.toReversed());
    await world.rules.write();
    return world;
  }

  /** Text, for that compares quickly. */
  get state(): string {
    return JSON.stringify(
      tables.map((table) => this.kernel.sorted(table)),
      undefined,
      1,
    );
  }
}

describe('rules that are written as services change', function () {
  this.timeout(60_000);

  it('are those of a fresh sync after each change, in a thousand random sequences', async () => {
    for (let seed = 1; seed <= 1_000; seed++) {
      const family = families[seed % 2]!;
      const cluster = new RandomCluster(seed);
      const world = new World(family);
      await world.rules.write();
      for (let step = 0; step < 3; step++) {
        const keys = cluster.step();
        world.put(cluster, keys);
        await world.rules.write();
        expect(world.state, `seed ${seed}, step ${step}`).to.equal((await world.fresh(cluster)).state);
      }
    }
  });

  it('are repaired to those of a fresh sync, whatever somebody else has done to them', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = new Seeded(seed);
      const cluster = new RandomCluster(seed);
      const world = new World('IPv4');
      world.put(cluster, [...cluster.step(), ...cluster.step()]);
      await world.rules.write();
      const good = world.state;
      expect(await world.rules.repair(), `seed ${seed}: nothing to repair`).to.equal(0);
      damage(world.kernel, random);
      await world.rules.repair();
      expect(world.state, `seed ${seed}`).to.equal(good);
    }
  });

  it('write one change of endpoints in one piece, with the chains of that service and no others', async () => {
    const cluster = new RandomCluster(7);
    const world = new World('IPv4');
    const grown = ({ family, internalLocal, endpoints }: ServicePort) =>
      family === 'IPv4' && !internalLocal && endpoints.length > 1;
    const find = () => cluster.keys.find((k) => cluster.ports(k).some(grown));
    while (find() === undefined) cluster.step();
    const key = find()!;
    world.put(cluster, cluster.keys);
    await world.rules.write();
    const fewer = cluster.ports(key).map((port) => ({ ...port, endpoints: port.endpoints.slice(0, 1) }));
    world.kernel.restored.length = 0;
    world.rules.put(key, fewer);
    await world.rules.write();
    expect(world.kernel.restored).to.have.length(1);
    const named = [...world.kernel.restored[0]!.matchAll(/^:(\S+)/gm)].map(([, chain]) => chain!);
    const shared = named.filter((chain) => !/^COX-(SVC|HAIRPIN-\d+)/.test(chain));
    expect(shared.filter((chain) => chain !== 'COX-HAIRPIN')).to.deep.equal([]);
    expect(named.filter((chain) => chain.startsWith('COX-SVC')).length).to.be.within(1, 3);
  });

  it('are written anew when iptables fails once', async () => {
    const cluster = new RandomCluster(3);
    const world = new World('IPv4');
    await world.rules.write();
    world.kernel.flush('nat');
    world.put(cluster, [...cluster.step(), ...cluster.step(), ...cluster.step()]);
    await world.rules.write().catch((error) => expect(String(error)).to.match(/IPv4: /));
    await world.rules.repair();
    expect(world.state).to.equal((await world.fresh(cluster)).state);
  });

  it('are put back while others are written, whatever was damaged', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = new Seeded(seed);
      const cluster = new RandomCluster(seed);
      const world = new World('IPv4');
      world.put(cluster, [...cluster.step(), ...cluster.step()]);
      await world.rules.write();
      damage(world.kernel, random);
      const writing = seed % 2 ? world.change(cluster) : undefined;
      const looking = world.rules.inspect();
      await (writing ?? world.change(cluster));
      world.put(cluster, cluster.step());
      const seen = await looking;
      if (seen) await world.rules.putBack(seen);
      // What was written meanwhile is left to the next look.
      for (let i = 0; i < 2; i++) await world.rules.putBack((await world.rules.inspect())!);
      expect(world.state, `seed ${seed}`).to.equal((await world.fresh(cluster)).state);
      expect(await world.rules.putBack((await world.rules.inspect())!), `seed ${seed}`).to.equal(0);
    }
  });

  it('are written while a look at all of them takes its time', async () => {
    const world = new World('IPv4');
    const cluster = new RandomCluster(1);
    world.put(cluster, cluster.step());
    await world.rules.write();
    const reading = Promise.withResolvers<void>();
    world.kernel.reading = reading.promise;
    const looking = world.rules.inspect();
    world.put(cluster, cluster.step());
    await world.rules.write();
    expect(world.state).to.equal((await world.fresh(cluster)).state);
    reading.resolve();
    expect(await world.rules.putBack((await looking)!), 'nothing was damaged').to.equal(0);
  });

  it('are written but for those that are refused for what they say', async () => {
    const cluster = new RandomCluster(3);
    const world = new World('IPv4');
    const bad = (line: string) => line.startsWith('-A') && line.includes('-p udp -m udp --dport');
    const { run } = world.kernel;
    const picky: Run = async (command, args, options) => {
      const line = String(options?.stdin ?? '').split('\n').findIndex(bad) + 1; // prettier-ignore
      const stderr = `${command} v1.8.9 (nf_tables): unknown protocol\nError occurred at line: ${line}\nTry it.\n`;
      if (command.endsWith('-restore') && line > 0) throw new CommandError('failed', command, { code: 2, stderr });
      return run(command, args, options);
    };
    const rules = new KernelRules({ ...world.options, iptables: new Iptables(picky) });
    const keys = [...cluster.step(), ...cluster.step(), ...cluster.step()];
    for (const key of keys) rules.put(key, cluster.ports(key));
    const patiently = async () => {
      for (let i = 0; i < 20; i++) if (await rules.repair().then(() => true, () => false)) return; // prettier-ignore
    };
    await patiently();
    const fresh = await world.fresh(cluster);
    const without = fresh.state.split('\n').filter((line) => !bad(`-A ${line}`));
    expect(without.length).to.be.lessThan(fresh.state.split('\n').length);
    expect(parsed(world.state)).to.deep.equal(parsed(fresh.state, (rule) => !bad(`-A ${rule}`)));
    expect(await rules.repair(), 'it does not try them again').to.equal(0);
  });

  it('lose what leads to a chain that there is no more', async () => {
    const world = new World('IPv4');
    await world.rules.write();
    const good = world.state;
    const filter = world.kernel.tables.get('filter')!;
    filter.set('COX-REFUSE-OLD', ['-j DROP']);
    filter.get('INPUT')!.push('-m comment --comment "older" -j COX-REFUSE-OLD');
    await world.rules.repair();
    expect(world.state).to.equal(good);
  });

  it('notice that they were flushed', async () => {
    const world = new World('IPv4');
    expect(await world.rules.isFlushed(), 'nothing was written yet').to.equal(false);
    await world.rules.write();
    expect(await world.rules.isFlushed()).to.equal(false);
    for (const table of tables) {
      world.kernel.flush(table);
      expect(await world.rules.isFlushed(), table).to.equal(true);
      await world.rules.repair();
      world.kernel.tables.get(table)!.set('OUTPUT', []);
      expect(await world.rules.isFlushed(), `what leads there from ${table}`).to.equal(true);
      await world.rules.repair();
    }
    expect(await world.rules.isFlushed()).to.equal(false);
  });

  it('are left alone when iptables shows them in other words', async () => {
    const world = new World('IPv4');
    await world.rules.write();
    const show = world.kernel.save.bind(world.kernel);
    world.kernel.save = (table) => show(table).replace(/0x10000/g, '65536');
    expect(await world.rules.repair(), 'it cannot know better').to.be.greaterThan(0);
    world.kernel.restored.length = 0;
    expect(await world.rules.repair()).to.equal(0);
    expect(world.kernel.restored).to.deep.equal([]);
  });
});

/** Tables as `state` writes them, as far as their rules are wanted. */
function parsed(state: string, wanted: (rule: string) => boolean = () => true): unknown {
  const all = JSON.parse(state) as [string, string[]][][];
  return all.map((table) => table.map(([chain, rules]) => [chain, rules.filter(wanted)]));
}

/** Empties, removes or changes chains, or the rules that lead to them. */
function damage(kernel: MemoryIptables, random: Seeded): void {
  const table = random.one(tables);
  if (random.chance(20)) return kernel.flush(table);
  const chains = kernel.tables.get(table)!;
  for (let i = 0; i < 3; i++) {
    const rules = chains.get(random.one([...chains.keys()]))!;
    const how = random.below(3);
    if (how === 0) rules.length = 0;
    else if (how === 1) rules.splice(random.below(rules.length + 1), 1);
    else rules.unshift('-j DROP');
  }
  const others = [...chains].filter(([chain]) => !chain.startsWith('COX-'));
  for (const [chain, rules] of others)
    chains.set(
      chain,
      rules.filter((rule) => rule !== '-j DROP'),
    ); // not ours to mend
  if (random.chance(50)) chains.set('COX-SVC-LEFTOVER', ['-j DROP']);
}
