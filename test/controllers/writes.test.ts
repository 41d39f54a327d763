import { expect } from 'chai';
import { daemonSet } from '../../src/api/apps-v1/daemon-set.ts';
import { deployment } from '../../src/api/apps-v1/deployment.ts';
import { replicaSet } from '../../src/api/apps-v1/replica-set.ts';
import { statefulSet } from '../../src/api/apps-v1/stateful-set.ts';
import { node } from '../../src/api/core-v1/node.ts';
import type { Kind } from '../../src/apimachinery/kind.ts';
import type { HttpExchange } from '../../src/base/http-exchange.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Laggard } from './laggard.ts';
import { template } from './objects.ts';
import { World } from './world.ts';

const name = { namespace: 'default', name: 'web' };

/** What was written, as `PUT statefulsets/status 200`, with how often. */
type Writes = Map<string, number>;

function counting(writes: Writes, between: (send: HttpExchange) => HttpExchange) {
  return (send: HttpExchange): HttpExchange => {
    const next = between(send);
    return async (request) => {
      const response = await next(request);
      const [, plural = '', subresource = ''] =
        /\/namespaces\/default\/([a-z]+)(?:\/[^/]+(\/status)?)?(?:\?|$)/.exec(request.url) ?? [];
      const what = `${request.method} ${plural}${subresource} ${response.status}`;
      if (request.method !== 'GET') writes.set(what, (writes.get(what) ?? 0) + 1);
      return response;
    };
  };
}

const cases: readonly {
  kind: Kind<any>;
  only: string[];
  spec: object;
  change?: object;
  most: Record<string, number>;
}[] = [
  {
    kind: replicaSet,
    only: ['replicaset-controller'],
    spec: { replicas: 3 },
    change: { replicas: 5 },
    // One by one, pods become ready.
    most: { 'PUT replicasets/status 200': 12 },
  },
  {
    kind: deployment,
    only: ['deployment-controller', 'replicaset-controller'],
    spec: { replicas: 2 },
    most: { 'PUT deployments/status 200': 10, 'PATCH deployments/status 200': 0 },
  },
  {
    kind: statefulSet,
    only: ['statefulset-controller'],
    spec: { replicas: 3, serviceName: 'web' },
    // That the first was made, each that is ready with the next that is made; then as many for the new template,
    // each time that the old one goes, that it is gone, and that the new one is ready.
    most: { 'PUT statefulsets/status 200': 12 },
  },
  {
    kind: daemonSet,
    only: ['daemonset-controller'],
    spec: {},
    most: { 'PUT daemonsets/status 200': 16 },
  },
];

describe('controllers that see late what they wrote', () => {
  for (const { kind, only, spec, change, most } of cases) {
    it(`${kind.kind}: decide nothing before they see it, and write no state twice`, async () => {
      const writes: Writes = new Map();
      const world = await start(only, writes);
      try {
        for (const one of ['n1', 'n2', 'n3']) await addNode(world, one);
        const selector = { matchLabels: { app: 'web' } };
        await world.client.create(kind, { metadata: name, spec: { selector, template: template(), ...spec } });
        await world.settle(5_000);
        const other = { template: { spec: { containers: [{ name: 'c', image: 'other' }] } } };
        const { metadata } = await world.client.patch(kind, name, 'merge', { spec: change ?? other });
        await world.settle(10_000);
        const { status } = await world.client.get(kind, name);
        expect(status.observedGeneration).to.equal(metadata.generation);
        const conflicts = [...writes].filter(([what]) => /^P(UT|ATCH) .* 409$/.test(what));
        expect(conflicts).to.deep.equal([]);
        for (const [what, count] of Object.entries(most)) expect(writes.get(what) ?? 0, what).to.be.at.most(count);
      } finally {
        await world.stop();
      }
    });
  }
});

async function addNode(world: World, one: string): Promise<void> {
  await world.client.create(node, { metadata: { name: one } });
  // It is not ready at first, which it takes another controller to undo.
  await world.client.patch(node, { name: one }, 'merge', { spec: { taints: null } });
}

async function start(only: string[], writes: Writes): Promise<World> {
  let laggard: Laggard | undefined;
  const between = (send: HttpExchange): HttpExchange => {
    laggard ??= new Laggard(world.clock, seededRandom(3));
    laggard.longest = 30;
    return counting(writes, laggard.between)(send);
  };
  const world = await World.start({ only, between, controlled: false });
  await world.startControllers();
  return world;
}
