import { expect } from 'chai';
import { statefulSet } from '../../../src/api/apps-v1/stateful-set.ts';
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../../src/api/core-v1/persistent-volume-claim.ts';
import { pod } from '../../../src/api/core-v1/pod.ts';
import { isApiError } from '../../../src/apimachinery/api-error.ts';
import type { HttpRequest } from '../../../src/base/http-exchange.ts';
import { seededRandom, type Random } from '../../../src/base/random.ts';
import { Laggard } from '../laggard.ts';
import { template } from '../objects.ts';
import { SlowNodes } from '../slow-nodes.ts';
import { World } from '../world.ts';

const name = { namespace: 'default', name: 'web' };
const controllers = [
  'statefulset-controller',
  'garbage-collector-controller',
  'persistentvolumeclaim-protection-controller',
];
const ACTIONS = 12;
/** More of them find more; hundreds were run when this was written. */
const SEEDS = 6;

interface Chaos {
  readonly seed: number;
  readonly policy: 'OrderedReady' | 'Parallel';
  /** Whether the set may also get smaller. Default true. */
  readonly shrinks?: boolean;
  /** Changes what the controllers send. */
  readonly change?: (request: HttpRequest) => HttpRequest;
}

interface Cluster {
  readonly world: World;
  readonly laggard: Laggard;
  readonly nodes: SlowNodes;
  readonly random: Random;
  /** Lets the controllers die, and others begin that remember nothing. */
  readonly restart: () => Promise<void>;
}

/** What the set should be. */
interface Wanted {
  replicas: number;
  image: string;
}

/**
 * Runs a set whose controllers live in the past, fail now and then, and are restarted with memories of the past, on nodes
 * that take their time; then lets the controllers catch up.
 * @returns what must never be and was
 * @throws when the set does not become what it should be
 */
async function run({ seed, policy, shrinks = true, change }: Chaos): Promise<readonly string[]> {
  const random = seededRandom(seed);
  const cluster = await start(random, change);
  const { world, laggard, nodes } = cluster;
  try {
    const wanted = await create(world, policy);
    const claims = new Map<string, string>();
    await world.settle(60_000);
    Object.assign(laggard, { longest: 90_000, failing: 0.15 });
    for (let i = 0; i < ACTIONS; i++) {
      await disturb(cluster, wanted, shrinks);
      await world.settle(random() * 20_000);
      await laggard.remember();
      if (!shrinks) for (const one of await claimsOf(world)) noteClaim(claims, one, nodes);
    }
    Object.assign(laggard, { longest: 0, failing: 0 });
    await end(world, wanted);
    return nodes.violations;
  } finally {
    await nodes.stop();
    await world.stop();
  }
}

async function start(random: Random, change: Chaos['change']): Promise<Cluster> {
  const between: Laggard['between'] = (send) => laggard.between(send);
  const world = await World.start({ only: controllers, controlled: false, kubelet: false, between });
  const { clock, client } = world;
  const laggard = new Laggard(clock, random);
  if (change) laggard.change = change;
  const nodes = new SlowNodes({ client, clock, random });
  nodes.start();
  let living = await world.startControllers();
  const restart = async () => {
    living.die();
    living = await world.startControllers();
  };
  return { world, laggard, nodes, random, restart };
}

async function create({ client }: World, podManagementPolicy: string): Promise<Wanted> {
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const wanted = { replicas: 2, image: 'nginx:0' };
  await client.create(statefulSet, {
    metadata: name,
    spec: {
      podManagementPolicy,
      replicas: wanted.replicas,
      revisionHistoryLimit: 2,
      serviceName: 'web',
      selector: { matchLabels: { app: 'web' } },
      template: template(wanted.image),
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }],
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
    },
  });
  return wanted;
}

/** Does one of the things that happen to sets. */
async function disturb({ world, random, restart }: Cluster, wanted: Wanted, shrinks: boolean): Promise<void> {
  const { client } = world;
  const any = (limit: number) => Math.floor(random() * limit);
  const patch = (spec: object) => client.patch(statefulSet, name, 'merge', { spec });
  const actions = [
    async () => patch({ replicas: (wanted.replicas = shrinks ? any(5) : Math.max(wanted.replicas, any(5))) }),
    async () => patch({ template: template((wanted.image = `nginx:${any(3)}`)) }),
    async () => client.delete(pod, { ...name, name: `web-${any(3)}` }),
    restart,
  ];
  try {
    await actions[any(actions.length)]!();
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}

const claimsOf = async ({ client }: World) =>
  (await client.list(persistentVolumeClaim, { namespace: 'default' })).items;

/** A set that never gets smaller never loses a claim. */
function noteClaim(claims: Map<string, string>, { metadata }: PersistentVolumeClaim, { violations }: SlowNodes): void {
  const before = claims.get(metadata.name) ?? metadata.uid;
  claims.set(metadata.name, metadata.uid);
  if (metadata.deletionTimestamp || before !== metadata.uid) violations.push(`${metadata.name} was lost`);
}

/** Waits, for at most an hour of the world's time, until the set is what it should be. */
async function end(world: World, { replicas, image }: Wanted): Promise<void> {
  const names = Array.from({ length: replicas }, (_, i) => `web-${i}`);
  const check = async () => {
    const set = await world.client.get(statefulSet, name);
    const { items: pods } = await world.client.list(pod, { namespace: 'default' });
    expect(pods.map((one) => one.metadata.name)).to.deep.equal(names);
    for (const one of pods) expect(one.spec!.containers[0]!.image).to.equal(image);
    // There may be more: of pods that were deleted by others just before the set got smaller.
    expect((await claimsOf(world)).map((one) => one.metadata.name)).to.include.members(
      names.map((one) => `data-${one}`),
    );
    const { currentRevision, updateRevision, ...status } = set.status!;
    expect(status).to.include({ replicas, availableReplicas: replicas, observedGeneration: set.metadata.generation });
    expect(currentRevision).to.equal(updateRevision);
  };
  for (let waited = 0; ; waited += 10_000) {
    try {
      return await check();
    } catch (error) {
      if (waited > 3600_000) throw error;
    }
    await world.settle(10_000);
  }
}

/** Sends every deletion of a pod as somebody in a hurry would. */
function forcing(request: HttpRequest): HttpRequest {
  if (request.method !== 'DELETE' || !request.url.includes('/pods/')) return request;
  const options = JSON.parse(request.body?.toString() || '{}') as object;
  return { ...request, body: Buffer.from(JSON.stringify({ ...options, gracePeriodSeconds: 0 })) };
}

describe('stateful sets whose controller lives in the past', () => {
  for (const policy of ['OrderedReady', 'Parallel'] as const) {
    it(`never run two pods of one identity, and end as they should (${policy})`, async () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        expect(await run({ seed, policy }), `seed ${seed}`).to.deep.equal([]);
      }
    }).timeout(60_000);

    it(`never lose a claim that they still need (${policy})`, async () => {
      for (let seed = 1; seed <= SEEDS / 2; seed++) {
        expect(await run({ seed, policy, shrinks: false }), `seed ${seed}`).to.deep.equal([]);
      }
    }).timeout(60_000);
  }

  it('would be found out if they forced pods away', async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= 4; seed++) found.push(...(await run({ seed, policy: 'OrderedReady', change: forcing })));
    expect(found.join()).to.contain('runs 2 times');
  }).timeout(60_000);
});
