import { expect } from 'chai';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pod as podKind } from '../../../src/api/core-v1/pod.ts';
import { realClock } from '../../../src/base/clock.ts';
import { Extender } from '../../../src/scheduler/extenders/extender.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { BareCluster } from '../bare-cluster.ts';
import { aPod } from '../objects.ts';

type Answer = (body: any) => unknown;

describe('extenders', () => {
  let server: Server;
  let url: string;
  let world: BareCluster | undefined;
  /** What is answered to each verb; undefined: nothing, ever. */
  let verbs: Record<string, Answer>;
  const seen: { verb: string; body: any }[] = [];

  beforeEach(async () => {
    verbs = {};
    seen.length = 0;
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const verb = request.url!.split('/').at(-1)!;
        const body = JSON.parse(Buffer.concat(chunks).toString());
        seen.push({ verb, body });
        const answer = verbs[verb] ? verbs[verb](body) : 404;
        if (typeof answer === 'number') response.writeHead(answer).end();
        else if (answer !== undefined) response.end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/scheduler/`;
  });
  afterEach(async () => {
    await world?.stop();
    world = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function start(extender: object, nodes = ['n1', 'n2', 'n3']): Promise<BareCluster> {
    const schedulerConfig = {
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      extenders: [{ urlPrefix: url, ...extender }],
    };
    world = await BareCluster.start({ schedulerConfig });
    for (const name of nodes) await world.addNode(name);
    return world;
  }

  it('filter nodes by name, and say why', async () => {
    verbs['filter'] = ({ NodeNames }) => ({
      nodenames: NodeNames.filter((name: string) => name === 'n2'),
      failedNodes: { n1: 'it is too loud', n3: 'it is too loud' },
    });
    const { addPod, nodeOf } = bound(await start({ filterVerb: 'filter', nodeCacheCapable: true }));
    await addPod('p');
    expect(await nodeOf('p')).to.equal('n2');
    expect(seen[0]!.body).to.deep.include({ Nodes: null, NodeNames: ['n1', 'n2', 'n3'] });
    expect(seen[0]!.body.Pod.metadata.name).to.equal('p');
  });

  it('filter whole nodes, and tell which of them no preemption helps', async () => {
    verbs['filter'] = () => ({
      Nodes: { items: [] },
      FailedNodes: { n1: 'it is full' },
      FailedAndUnresolvableNodes: { n2: 'it is too loud', n3: 'it is too loud' },
    });
    const cluster = await start({ filterVerb: 'filter' });
    await cluster.addPod('p');
    await cluster.unschedulable(
      'p',
      '0/3 nodes are available: 1 it is full, 2 it is too loud. preemption: 0/3 nodes are available: ' +
        '1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
    );
    expect(seen[0]!.body.Nodes.items.map((node: any) => node.metadata.name)).to.have.members(['n1', 'n2', 'n3']);
  });

  it('add to the scores', async () => {
    verbs['prioritize'] = ({ NodeNames }) => NodeNames.map((Host: string) => ({ Host, Score: Host === 'n3' ? 10 : 0 }));
    const extender = { prioritizeVerb: 'prioritize', weight: 5, nodeCacheCapable: true };
    const { addPod, nodeOf } = bound(await start(extender));
    await addPod('a', { cpu: '2' });
    expect(await nodeOf('a')).to.equal('n3');
    await addPod('b', { cpu: '2' });
    expect(await nodeOf('b')).to.equal('n3');
  });

  it('are left out when they fail and may, and are waited for when they may not', async () => {
    const ignorable = await start({ filterVerb: 'filter', ignorable: true });
    await ignorable.addPod('p');
    await ignorable.nodeOf('p');
    await ignorable.stop();
    world = undefined;
    const needed = await start({ filterVerb: 'filter' });
    await needed.addPod('p');
    await needed.unschedulable('p', `failed request with extender at URL ${url}filter, code 404`);
    verbs['filter'] = ({ Nodes }) => ({ nodes: Nodes });
    await needed.nodeOf('p');
  });

  it('are not waited for longer than is said', async () => {
    verbs['filter'] = () => undefined;
    const cluster = await start({ filterVerb: 'filter', httpTimeout: '50ms' });
    await cluster.addPod('p');
    await cluster.unschedulable('p', `Post "${url}filter": no answer within 0.05 s`);
  });

  it('see only the pods that ask for what they manage, which others may leave to them', async () => {
    verbs['filter'] = ({ Nodes }) => ({ Nodes: { items: Nodes.items.slice(0, 1) } });
    const name = 'example.com/licence';
    const cluster = await start({ filterVerb: 'filter', managedResources: [{ name, ignoredByScheduler: true }] });
    await cluster.addPod('other');
    await cluster.nodeOf('other');
    expect(seen).to.deep.equal([]);
    await cluster.client.create(podKind, {
      metadata: { name: 'p', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { [name]: '1' } } }] },
    });
    await cluster.nodeOf('p');
    expect(seen.map(({ verb }) => verb)).to.deep.equal(['filter']);
  });

  it('bind', async () => {
    const cluster = await start({ bindVerb: 'bind' }, ['n1']);
    verbs['bind'] = ({ PodName, PodNamespace, Node }) => {
      const target = { apiVersion: 'v1', kind: 'Node', name: Node };
      const at = { name: PodName, namespace: PodNamespace };
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: at, target };
      void cluster.client.createSubresource(podKind, at, 'binding', binding);
      return {};
    };
    const { metadata } = await cluster.addPod('p');
    expect(await cluster.nodeOf('p')).to.equal('n1');
    expect(seen).to.deep.equal([
      { verb: 'bind', body: { PodName: 'p', PodNamespace: 'default', PodUID: metadata.uid, Node: 'n1' } },
    ]);
  });

  it('have a say in whom to preempt', async () => {
    verbs['preempt'] = ({ NodeNameToMetaVictims: { n2 } }) => ({ NodeNameToMetaVictims: { n2 } });
    const cluster = await start({ preemptVerb: 'preempt', nodeCacheCapable: true });
    await cluster.addPriorities({ low: 1, high: 100 });
    for (const name of ['a', 'b', 'c']) await cluster.addPod(name, { cpu: '4' }, { priorityClassName: 'low' });
    for (const name of ['a', 'b', 'c']) await cluster.nodeOf(name);
    await cluster.addPod('vip', { cpu: '4' }, { priorityClassName: 'high' });
    await cluster.podWhen('vip', ({ status }) => status?.nominatedNodeName === 'n2');
    expect(Object.keys(seen[0]!.body.NodeNameToMetaVictims)).to.have.members(['n1', 'n2', 'n3']);
  });

  it('may not invent nodes or victims', async () => {
    const config = { urlPrefix: 'http://x', filterVerb: 'f', preemptVerb: 'p', nodeCacheCapable: true };
    const answers: Record<string, unknown> = {
      'http://x/f': { NodeNames: ['nowhere'] },
    };
    const extender = new Extender(config, realClock, async (at) => answers[at]);
    const error = await extender.filter(podInfo(aPod('p')), []).catch((failure: Error) => failure);
    expect((error as Error).message).to.equal(
      'extender "http://x" claims a filtered node "nowhere" which is not found in the input node list',
    );
  });
});

function bound(cluster: BareCluster): Pick<BareCluster, 'addPod' | 'nodeOf'> {
  return { addPod: cluster.addPod.bind(cluster), nodeOf: cluster.nodeOf.bind(cluster) };
}
