import { AssertionError } from 'chai';
import type { Pod } from '../../src/api/core-v1/pod.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import { namespace } from '../../src/api/core-v1/namespace.ts';
import type { AnyObject } from '../../src/apimachinery/object.ts';
import type { Client } from '../../src/client/client.ts';
import type { Controller } from '../../src/client/controller.ts';
import type { Mortal, Sent } from './mortal.ts';
import { differences } from './differences.ts';
import { normalized } from './normalized.ts';
import { World } from './world.ts';

/**
 * What is done to a cluster, and what to compare afterwards.
 *
 *     it('rolls out', () =>
 *       crashTest({
 *         name: 'rollout',
 *         controllers: ['deployment-controller', 'replicaset-controller'],
 *         setUp: (client) => client.create(deployment, { ... }),
 *         act: [(client) => client.patch(deployment, web, 'merge', { spec: { replicas: 5 } })],
 *         kinds: [deployment, replicaSet, pod],
 *         check: ([, sets, pods]) => expect(pods).to.have.length(5),
 *       }));
 *
 * The scenario runs once undisturbed, and then once for each write that the controllers made in that run. In run N the
 * controllers die with their write N: the server carries it out, but they learn of nothing any more, send nothing, clean
 * nothing up. A new manager with an empty memory starts; the scenario goes on; the end must be the same.
 */
export interface CrashScenario {
  /** For the message of a failure. */
  readonly name: string;
  /** Which controllers run: upstream's names, or controllers of one's own. */
  readonly controllers: readonly (string | Controller)[];
  /** What there is before the controllers start. Simulated pods and nodes: see `World`. */
  readonly setUp?: (client: Client, world: World) => Promise<unknown>;
  /** What is done then, one after the other, each when the world has come to rest from the one before. */
  readonly act?: readonly ((client: Client, world: World) => Promise<unknown>)[];
  /** The kinds whose objects are compared, in all namespaces. */
  readonly kinds: readonly Kind<any>[];
  /** Looks at the (normalized) end of the undisturbed run, one list a kind: the comparison alone is content with nothing. */
  readonly check?: (end: AnyObject[][]) => void;
  /** How a pod ends that runs. Default: it never does. */
  readonly podsEnd?: (pod: Pod) => 'Succeeded' | 'Failed' | undefined;
  /** Further paths (dots between names) that may differ, such as `status.observedGeneration`. */
  readonly ignore?: readonly string[];
  /** The world is at rest when nothing was written for so many milliseconds of its time. Default 20 s. */
  readonly quiet?: number;
}

export interface CrashReport {
  /** The writes of the undisturbed run, in order. */
  readonly writes: readonly Sent[];
  readonly end: readonly AnyObject[][];
}

const QUIET = 20_000;
/** Milliseconds of the world's time in which it must have come to rest. */
const LIMIT = 3600_000;
const STEP = 5000;
/** A ConfigMap that the server makes for itself, and that is no part of any scenario. */
const SERVERS_NOTE = 'kube-apiserver-legacy-service-account-token-tracking';

/**
 * Runs a scenario undisturbed and with a crash after every single write.
 * @throws an assertion error that tells with which write the end became another one
 */
export async function crashTest(scenario: CrashScenario): Promise<CrashReport> {
  const undisturbed = await run(scenario, Infinity);
  scenario.check?.(structuredClone(undisturbed.end) as AnyObject[][]);
  for (let last = 1; last <= undisturbed.writes.length; last++) {
    const { end, writes } = await run(scenario, last);
    const other = differences(undisturbed.end, end);
    const message = `${scenario.name}: after a crash with write ${last}, ${writes.at(-1)}, the end is another`;
    if (other.length > 0) throw new AssertionError(`${message}:\n${other.slice(0, 20).join('\n')}`);
  }
  return undisturbed;
}

/** One run, in which the controllers die with write `diesAt`. */
async function run(scenario: CrashScenario, diesAt: number): Promise<CrashReport> {
  const { controllers, setUp, act = [], podsEnd } = scenario;
  const world = await World.start({ controlled: false, ...chosen(controllers) });
  if (podsEnd) world.podsEnd = podsEnd;
  try {
    await setUp?.(world.client, world);
    const first = await world.startControllers(diesAt);
    await rest(world, first, scenario);
    for (const step of act) {
      await step(world.client, world);
      await rest(world, first, scenario);
    }
    return { writes: first.writes, end: await endOf(world.client, scenario) };
  } finally {
    await world.stop();
  }
}

function chosen(controllers: CrashScenario['controllers']): { only: string[]; controllers?: Controller[] } {
  const only = controllers.map((one) => (typeof one === 'string' ? one : one.name));
  const own = controllers.filter((one) => typeof one !== 'string');
  return { only, ...(own.length > 0 && { controllers: own }) };
}

/** Waits until nothing is written any more; controllers that die meanwhile are followed by new ones, at once. */
async function rest(world: World, first: Mortal, { name, quiet = QUIET }: CrashScenario): Promise<void> {
  const until = world.clock.now() + LIMIT;
  let version = '';
  for (let since = world.clock.now(); world.clock.now() - since < quiet;) {
    await world.settle(Math.min(STEP, quiet));
    if (first.dead && !world.controlled) await world.startControllers();
    const { metadata } = await world.client.list(namespace, { limit: 1 });
    if (metadata.resourceVersion !== version) since = world.clock.now();
    version = metadata.resourceVersion;
    if (world.clock.now() > until) throw new Error(`${name}: the world does not come to rest`);
  }
}

async function endOf(client: Client, { kinds, ignore = [] }: CrashScenario): Promise<AnyObject[][]> {
  const lists = await Promise.all(kinds.map((kind) => client.list<AnyObject>(kind)));
  return normalized(
    lists.map(({ items }) => items.filter(({ metadata }) => metadata.name !== SERVERS_NOTE)),
    ignore,
  );
}
