import { expect } from 'chai';
import { webService, webSlice } from '../proxy/objects.ts';
import { nameOf, ProxyWorld } from './proxy-world.ts';
import { eventually } from './running-cluster.ts';

describe('the proxies of two nodes', function () {
  this.timeout(60_000);
  const world = new ProxyWorld();
  const { network } = world;
  const nodePort = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] };
  const here = { addresses: ['10.244.0.2'], nodeName: 'n1' };
  const there = { addresses: ['10.244.1.2'], nodeName: 'n2' };

  before(async () => {
    await network.create(2);
    await network.addSecondNode();
    await Promise.all([network.serve(1, 8080), network.serveIn(network.farPod, 'far', 8080)]);
    world.put(webService(nodePort), webSlice([here, there]));
    await Promise.all([world.start('n1'), world.start('n2', network.onNode2)]);
  });

  after(() => world.end());

  /** Changes the service and waits until both nodes have followed. */
  async function change(service: object, slice: object): Promise<void> {
    const farRules = () => network.rules('iptables', network.onNode2);
    const old = await farRules();
    await world.change(service, slice);
    await eventually('the other node follows', async () => {
      await world.clock.advance(25);
      return (await farRules()) !== old;
    });
  }

  it('lead to pods of both nodes from either, by cluster IP and node port', async () => {
    const both = new Set(['pod1', 'far']);
    const asked: [string, string, number][] = [
      [network.pod(2), '10.96.0.10', 80],
      [network.farPod, '10.96.0.10', 80],
      [network.outside, '198.51.100.1', 30080],
      [network.outside, '192.0.2.2', 30080],
    ];
    const answers = await Promise.all(asked.map((to) => world.whoAnswer(...to, 12)));
    expect(answers).to.deep.equal([both, both, both, both]);
  });

  it('show pods elsewhere the pod that asks', async () => {
    await change(webService(nodePort), webSlice([there]));
    expect(await network.ask(network.pod(2), '10.96.0.10', 80)).to.equal('far 10.244.0.3');
  });

  it('show pods elsewhere the node when a client outside asks, for the answer must come back by it', async () => {
    expect(await network.ask(network.outside, '198.51.100.1', 30080)).to.equal('far 192.0.2.1');
  });

  it('keep clients outside to the nodes that have endpoints with external policy Local', async () => {
    await change(webService({ ...nodePort, externalTrafficPolicy: 'Local' }), webSlice([there]));
    const [first, second, pod] = await Promise.all([
      network.askInVain(network.outside, '198.51.100.1', 30080),
      network.ask(network.outside, '192.0.2.2', 30080),
      network.ask(network.pod(2), '10.244.0.1', 30080),
    ]);
    expect([nameOf(first), second, nameOf(pod)]).to.deep.equal(['silence', 'far 198.51.100.2', 'far']);
  });

  it('keep pods to their own node with internal policy Local', async () => {
    await change(webService({ ...nodePort, internalTrafficPolicy: 'Local' }), webSlice([there, here]));
    const answers = await Promise.all([
      world.whoAnswer(network.pod(2), '10.96.0.10', 80, 6),
      world.whoAnswer(network.farPod, '10.96.0.10', 80, 6),
    ]);
    expect(answers).to.deep.equal([new Set(['pod1']), new Set(['far'])]);
  });

  it('lead to the same node where hints say so', async () => {
    const hinted = [here, there].map((e) => ({ ...e, hints: { forNodes: [{ name: e.nodeName }] } }));
    await change(webService(nodePort), webSlice(hinted));
    const answers = await Promise.all([
      world.whoAnswer(network.pod(2), '10.96.0.10', 80, 6),
      world.whoAnswer(network.farPod, '10.96.0.10', 80, 6),
    ]);
    expect(answers).to.deep.equal([new Set(['pod1']), new Set(['far'])]);
  });

  it('go on with an endpoint that terminates while there is no other', async () => {
    const conditions = { ready: false, serving: true, terminating: true };
    await world.change(webService(nodePort), webSlice([{ ...there, conditions }]));
    expect(nameOf(await network.ask(network.pod(2), '10.96.0.10', 80))).to.equal('far');
  });
});
